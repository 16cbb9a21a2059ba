"""How much goes into an issue, and of what: a newsletter's standing choice. Pure."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from roundup.rules import Limits, Rules, Section


class Overflow(StrEnum):
    """What becomes of pieces beyond the maximum."""

    #: They are in the issue by their titles, under "More".
    LIST = "list"
    #: They wait, and are first in line for the next issue.
    CARRY = "carry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How much goes into an issue, and of what."""

    #: How far before the last issue a piece may have been published.
    max_age: timedelta = timedelta(hours=24)
    minimum: int = 1
    maximum: int = 20
    overflow: Overflow = Overflow.LIST
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    #: In the order of the issue.
    sections: tuple[Section, ...] = ()
