"""Past issues: what went out, to how many, with what outcome, and how today's compares with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from roundup.archive import IssueRecord, IssueState
from roundup.correcting import CORRECTION
from roundup.desk.looking import Looking
from roundup.desk.outcome import stored_sight
from roundup.desk.sight import Sight
from roundup.editors_copy import editors_copy
from roundup.errors import HeldError
from roundup.journal import Tally
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, DeliveryState, IssueKey
from roundup.store import Ledgers
from roundup.words import mark, say

#: On one page, and in the charts.
_LISTED, _CHARTED = 60, 20
_EDITIONS = (MAIN_EDITION, WEEKLY_EDITION)
_REACHED = (DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED)
_COMPARED = (("pieces", mark("Pieces")), ("sources", mark("Sources")), ("comments", mark("Comments")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An issue in the list."""

    record: IssueRecord
    tally: Tally
    pieces: int
    sources: int
    #: Of all its pieces together, as far as they are known.
    comments: int

    @property
    def reached(self) -> int:
        """How many the next hop took it for."""
        return sum(self.tally.deliveries.get(state, 0) for state in _REACHED)

    @property
    def planned(self) -> int:
        """How many it was for."""
        return sum(self.tally.deliveries.values())

    @property
    def outcomes(self) -> Mapping[DeliveryState, int]:
        """What else became of deliveries."""
        return {state: count for state, count in self.tally.deliveries.items() if state not in _REACHED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One number of the last issues, oldest first, today's at the end."""

    label: str
    values: Sequence[int]
    days: Sequence[str]
    #: The middle of the past ones.
    usual: int
    today: int

    @property
    def most(self) -> int:
        """The largest, and 1 at least."""
        return max(1, *self.values)


def past_issues(looking: Looking) -> list[Past]:
    """The last issues, newest first."""
    with looking.office.store.to_read() as ledgers:
        records = sorted(ledgers.archive.all(), key=lambda each: (each.instant, each.id), reverse=True)
        return [_past(ledgers, record) for record in records[:_LISTED]]


def charts(past: Sequence[Past], sight: Sight) -> list[Chart]:
    """How today's issue compares with the last ones of its edition; none while there is nothing to compare with."""
    sent = [
        each
        for each in past
        if each.record.state in (IssueState.SENT, IssueState.FROZEN)
        and each.record.key.edition == sight.key.edition
        and each.record.key != sight.key
    ][:_CHARTED][::-1]
    if not sent:
        return []
    today = _counts(sight.explanation)
    days = [*(str(each.record.key.day) for each in sent), str(sight.key.day)]
    made = []
    for name, label in _COMPARED:
        values = [int(getattr(each, name)) for each in sent]
        middle = sorted(values)[len(values) // 2]
        made.append(Chart(label=label, values=[*values, today[name]], days=days, usual=middle, today=today[name]))
    return made


def past_sight(looking: Looking, key: IssueKey) -> Sight:
    """One past issue as it went out. Raises `HeldError` if nothing of it was written down."""
    newsroom, email = looking.office.newsroom, looking.settings.editor.email
    with looking.office.store.to_read() as ledgers:
        return stored_sight(
            ledgers, key, copy=lambda rendered: editors_copy(rendered, newsroom, email, date=looking.now)
        )


def key_of(given: str) -> IssueKey:
    """The issue that a path names: `2026-11-20`, `2026-11-20/weekly`. Raises `HeldError`."""
    day, _, edition = given.partition("/")
    number = edition.removeprefix(CORRECTION)
    known = edition in ("", *_EDITIONS) or (edition.startswith(CORRECTION) and number.isdecimal() and len(number) < 5)
    try:
        local = date.fromisoformat(day) if known and len(day) == 10 else None
    except ValueError:
        local = None
    if local is None:
        raise HeldError(say("There is no issue of {key}.", key=given[:40]))
    return IssueKey(day=local, edition=edition or MAIN_EDITION)


def _past(ledgers: Ledgers, record: IssueRecord) -> Past:
    stored = ledgers.archive.stored(record.key)
    counts = _counts(stored.told if stored is not None else {})
    tally = ledgers.journal.tally(record.id)
    return Past(record=record, tally=tally, **counts)


def _counts(told: Mapping[str, Any]) -> dict[str, int]:
    pieces = told.get("pieces", ())
    return {
        "pieces": len(pieces),
        "sources": len({each["source"] for each in pieces}),
        "comments": sum(each["comments"] or 0 for each in pieces),
    }
