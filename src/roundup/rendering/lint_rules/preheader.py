"""Rules about the words that an inbox shows behind the subject."""

import re
from collections.abc import Iterator

from roundup.rendering.lint_rules.mail import Mail, is_hidden, squeezed, text_of
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import say

_SHORTEST, _LONGEST, _MOST_HIDDEN = 30, 180, 3
_PADDING = re.compile("[\u200b\u200c\u034f\u00ad\ufeff]{2,}|(?:\u00a0[\u200b\u200c\u034f\u00ad\ufeff]){2,}")


def _hidden(mail: Mail) -> Iterator[str]:
    first = next(iter(mail.body.iterchildren("*")), None) if mail.body is not None else None
    if first is None or not is_hidden(first) or not text_of(first):
        yield say("The first element of <body> must be the hidden preheader: inboxes show what comes first.")
    # An issue of two pieces has little to say there, and that is no template's fault.
    elif not min(_SHORTEST, len(" ".join(mail.preheader.split()))) <= len(text_of(first)) <= _LONGEST:
        yield say(
            "The preheader has {count} characters; inboxes show {least} to {most}.",
            count=len(text_of(first)), least=_SHORTEST, most=_LONGEST,
        )  # fmt: skip


def _many_hidden(mail: Mail) -> Iterator[str]:
    hidden = sum("display:none" in squeezed(each.get("style", "")) for each in mail.tree.iter("*"))
    if hidden > _MOST_HIDDEN:
        yield say("{count} elements are hidden: filters take that for a trick.", count=hidden)


def _repeated(mail: Mail) -> Iterator[str]:
    heading = next((text_of(each) for each in mail.tree.iter("h1")), "")
    told = " ".join(mail.preheader.split()).casefold()
    if told and told in (" ".join(mail.subject.split()).casefold(), heading.casefold()):
        yield say("The preheader only repeats the subject or the name: let it say something more.")
    if _PADDING.search(mail.html.partition("<body")[2][:4000]):
        yield say("The preheader is padded with invisible characters, which mail programs no longer honour.")


RULES = (
    Rule("preheader", 49, Severity.WARNING, _hidden),
    Rule("hidden-elements", 49, Severity.WARNING, _many_hidden),
    Rule("preheader-repeats", 50, Severity.WARNING, _repeated),
)
