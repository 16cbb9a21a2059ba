"""Numbers for the editor: how the list grows and shrinks, and what becomes of sign-ups and issues. Pure; they are
counted in `store/`.

There is nothing here about who opened what: no mail of ours tells (no pixel, no link by way of us).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Protocol

from roundup.model import IssueKey, Status

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What happened to the list in a week, Monday to Sunday of the newsletter's zone."""

    #: Its Monday.
    begins: date
    joined: int = 0
    left: int = 0
    #: The mail server said that the address is none, or its owner complained.
    lost: int = 0
    #: Sign-ups, how many of them were asked by mail, and how many confirmed.
    asked: int = 0
    mailed: int = 0
    confirmed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueNumbers:
    """What became of an issue."""

    key: IssueKey
    subject: str
    #: How many deliveries are in each state.
    deliveries: Mapping[str, int] = field(default_factory=dict)
    #: How many left by the page from its freezing until the next issue's.
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """All of them."""

    now: Mapping[Status, int]
    weekly: int
    with_sections: int
    #: The oldest first, the present one last.
    weeks: Sequence[Week]
    #: The newest first.
    issues: Sequence[IssueNumbers]


def mondays(at: datetime, zone: tzinfo, *, count: int) -> list[date]:
    """The Mondays of the last weeks, the present one last."""
    today = at.astimezone(zone).date()
    this = today - _DAY * today.weekday()
    return [this - 7 * _DAY * number for number in range(count - 1, -1, -1)]


class Statistics(Protocol):
    """Counts."""

    def numbers(self, *, at: datetime, zone: tzinfo, weeks: int, issues: int) -> Numbers:
        """Of the last weeks and issues."""
        ...
