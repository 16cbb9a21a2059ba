"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from roundup.rendering.lint_rules.mail import Mail


class Severity(StrEnum):
    """What a finding means for the issue."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that the rendered issue breaks."""

    #: The rule's own short name, stable: `table-role`.
    id: str
    severity: Severity
    #: A sentence for an editor.
    what: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `docs/email-rules.md` tells it, with its source, under its number."""

    id: str
    number: int
    severity: Severity
    #: A sentence for each fault, with the severity where it is another than the rule's.
    check: Callable[[Mail], Iterator[str | tuple[str, Severity]]]

    def findings(self, mail: Mail) -> Iterator[Finding]:
        """What it finds in a mail."""
        for told in self.check(mail):
            what, severity = (told, self.severity) if isinstance(told, str) else told
            yield Finding(id=self.id, severity=severity, what=what)
