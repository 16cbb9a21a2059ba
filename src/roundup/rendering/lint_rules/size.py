"""Rules about size: what is too long is cut off."""

from collections.abc import Iterator

from roundup.rendering import budget
from roundup.rendering.lint_rules.mail import Mail
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import figures, say

#: From here on an editor is warned, in bytes; `budget.LIMIT` is an error.
LONG = 80_000
#: Gmail drops a style block beyond this, in bytes (email-bugs #90).
_STYLES = 16_384


def _size(mail: Mail) -> Iterator[str | tuple[str, Severity]]:
    size = len(mail.html.encode())
    if size > budget.LIMIT:
        yield say(
            "The HTML part has {size} bytes; Gmail would hide its end. Lower [selection] maximum.", size=figures(size)
        )
    elif size > LONG:
        told = say("The HTML part has {size} bytes; Gmail hides the end of a longer one.", size=figures(size))
        yield told, Severity.WARNING


def _styles(mail: Mail) -> Iterator[str]:
    size = len(mail.styles.encode())
    if size > _STYLES:
        yield say(
            "The style blocks have {size} bytes, and Gmail drops all beyond {most}.",
            size=figures(size),
            most=figures(_STYLES),
        )


def _leave_link(mail: Mail) -> Iterator[str | tuple[str, Severity]]:
    if not mail.leave:
        yield say("Nobody can leave: give [newsletter] public_url or unsubscribe_mailto."), Severity.WARNING
        return
    if not any(link.get("href") == mail.leave for link in mail.links()):
        yield say("The HTML part has no link to leave.")
    elif len(mail.html[: mail.html.rindex(mail.token)].encode()) > budget.LIMIT:
        yield say("The link to leave stands so far down that Gmail would hide it.")
    if mail.leave not in mail.text:
        yield say("The text part has no link to leave.")


RULES = (
    Rule("size", 15, Severity.ERROR, _size),
    Rule("style-size", 16, Severity.WARNING, _styles),
    Rule("leave-link", 17, Severity.ERROR, _leave_link),
)
