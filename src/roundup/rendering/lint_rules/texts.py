"""Rules about the text part and the subject."""

import re
from collections.abc import Iterator

from roundup.rendering.lint_rules.mail import Mail, squeezed
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.rendering.text import columns
from roundup.rendering.views import address
from roundup.words import say

#: RFC 5322 §2.1.1.
_WIDEST = 78
#: The share of the HTML part's words that the text part must have; less looks like a mask (SpamAssassin
#: MPART_ALT_DIFF).
_LEAST_SHARE = 0.3


def _width(mail: Mail) -> Iterator[str]:
    for number, line in enumerate(mail.text.splitlines(), start=1):
        if (
            columns(line) > _WIDEST
            and not re.search(r"(?:https?://|mailto:)\S+|\S+@\S+", line)
            and mail.nonce not in line
        ):
            yield say("Line {number} of the text part is wider than {most} columns.", number=number, most=_WIDEST)
            return


def _tags(mail: Mail) -> Iterator[str]:
    for found in dict.fromkeys(re.findall(r"</?[a-z][^<>]*>|&(?:nbsp|amp|lt|gt|quot|#\d+);", mail.text)):
        if squeezed(found) not in mail.written:
            yield say("The text part has HTML in it: {found}", found=found[:60])


def _complete(mail: Mail) -> Iterator[str]:
    lines, text = set(mail.text.split("\n")), squeezed(mail.text)
    shown = [ranked.shown for ranked in (*mail.issue.pieces, *mail.issue.more)]
    for piece in (*shown, *(each.piece for each in mail.issue.talked_about)):
        if squeezed(piece.title) not in text:
            yield say("The text part lacks the title “{title}”.", title=piece.title)
        if address(piece.link) not in lines:
            yield say("The text part lacks the address {address} on a line of its own.", address=piece.link)


def _order(mail: Mail) -> Iterator[str]:
    wanted = [link for ranked in mail.issue.pieces if (link := address(ranked.piece.link)) in mail.text]
    lines = mail.text.split("\n")
    found = [lines.index(link) for link in dict.fromkeys(wanted) if link in lines]
    if found != sorted(found):
        yield say("The text part has the pieces in another order than the HTML part.")


def _share(mail: Mail) -> Iterator[str]:
    html, text = len(mail.seen.split()), len(mail.text.split())
    if text < html * _LEAST_SHARE:
        yield say("The text part says much less than the HTML part: filters take it for a mask.")


def _subject(mail: Mail) -> Iterator[str | tuple[str, Severity]]:
    if not mail.subject.strip() or re.search(r"[\r\n]", mail.subject):
        yield say("The subject is empty, or has a line break.")
    elif mail.subject.isupper() and len(mail.subject.split()) > 1:
        yield say("The subject is all in capitals, which filters count against it."), Severity.WARNING


RULES = (
    Rule("text-width", 52, Severity.WARNING, _width),
    Rule("text-tags", 53, Severity.ERROR, _tags),
    Rule("text-complete", 54, Severity.ERROR, _complete),
    Rule("text-order", 54, Severity.WARNING, _order),
    Rule("text-share", 55, Severity.WARNING, _share),
    Rule("subject", 57, Severity.ERROR, _subject),
)
