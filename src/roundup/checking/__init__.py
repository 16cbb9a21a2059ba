"""The port of checking: a check looks at one area of a newsletter and tells what is wrong there, a sentence each. Pure.

Nothing is written, and no message is sent unless that is what was asked for. What a finding weighs stands in
`catalogue.py`, in one table in order of damage; `looking.py` lets all checks look, side by side; `areas.py` says which
there are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from roundup.words import mark

#: The words of the enums, for the catalogues.
_WORDS = (
    mark("settings"), mark("secrets"), mark("templates"), mark("sources"), mark("issue"), mark("database"),
    mark("disk"), mark("clock"), mark("calendar"), mark("list"), mark("mail server"), mark("mailbox"), mark("DNS"),
    mark("public pages"), mark("received message"), mark("error"), mark("warning"), mark("note"),
)  # fmt: skip


class Area(StrEnum):
    """What a finding is about."""

    SETTINGS = "settings"
    SECRETS = "secrets"
    TEMPLATES = "templates"
    SOURCES = "sources"
    ISSUE = "issue"
    DATABASE = "database"
    DISK = "disk"
    CLOCK = "clock"
    CALENDAR = "calendar"
    LIST = "list"
    MAIL_SERVER = "mail server"
    MAILBOX = "mailbox"
    DNS = "DNS"
    PUBLIC_PAGES = "public pages"
    RECEIVED = "received message"


class Severity(StrEnum):
    """What a finding means. ERROR: harm, or mail that does not come; it makes `check` fail. WARNING: worse for some
    readers, or harm to come. NOTE: good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that can be wrong."""

    #: Its own short name, stable: `smtp-size`.
    id: str
    area: Area
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    rule: Rule
    #: One sentence for an editor, with what to do.
    what: str

    def to_json(self) -> dict[str, str]:
        """What `check --json` prints of it."""
        return {
            "id": self.rule.id,
            "severity": self.rule.severity.value,
            "area": self.rule.area.value,
            "what": self.what,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One area after a look at it."""

    area: Area
    findings: Sequence[Finding] = ()
    #: What was seen there, a phrase each: told also when all is well.
    seen: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A look at some areas, to be taken beside others."""

    areas: Sequence[Area]
    look: Callable[[], Iterable[Looked]]
    #: The most time that it may take.
    seconds: float
