"""The issue due next, looked at without writing anything: for the preview, the dry run and the test mail."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from roundup import pipeline, scheduling
from roundup.archive import IssueState
from roundup.errors import HeldError, SettingsError
from roundup.finishing import told
from roundup.following import would_reach
from roundup.journal import Tally
from roundup.model import Issue, IssueKey, RenderedIssue
from roundup.newsroom import Newsroom
from roundup.office import Office, Orders
from roundup.reports import RunReport, RunState
from roundup.scheduling import Due, Schedule
from roundup.store import Ledgers


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """An issue as it would go out now."""

    key: IssueKey
    instant: datetime
    #: None when it is frozen already: then it is shown as it was stored.
    issue: Issue | None
    #: None when there is nothing new.
    rendered: RenderedIssue | None
    fingerprint: str
    explanation: dict[str, Any]
    warnings: tuple[str, ...]
    #: Why it is on hold; empty when it is not.
    hold: str = ""


def upcoming(newsroom: Newsroom, ledgers: Ledgers, *, schedule: Schedule, now: datetime) -> Upcoming:
    """Today's issue if today is a due date and it is not sent, else the next. Raises `HeldError`, `SettingsError`."""
    return look_at(newsroom, ledgers, due=_due(ledgers, schedule, now), now=now)


def look_at(newsroom: Newsroom, ledgers: Ledgers, *, due: Due, now: datetime) -> Upcoming:
    """The issue of `due`, as stored if it is frozen, else as it would be made now."""
    record = ledgers.archive.find(IssueKey(day=due.day))
    return replace(_seen(newsroom, ledgers, due=due, now=now), hold=record.hold if record else "")


def _seen(newsroom: Newsroom, ledgers: Ledgers, *, due: Due, now: datetime) -> Upcoming:
    key = IssueKey(day=due.day)
    stored = ledgers.archive.stored(key)
    if stored is not None:
        return Upcoming(
            key=key, instant=stored.record.instant, issue=None, rendered=stored.rendered,
            fingerprint=stored.record.fingerprint, explanation=stored.told, warnings=(),
        )  # fmt: skip
    gathering = pipeline.gather(
        newsroom, remembered=ledgers.memory, archive=ledgers.archive, instant=due.instant, now=now
    )
    issue = pipeline.choose(newsroom, gathering, key=key, instant=due.instant)
    if not issue.pieces:
        return Upcoming(
            key=key, instant=due.instant, issue=issue, rendered=None, fingerprint="",
            explanation=pipeline.explained(newsroom, gathering, issue, fingerprint=""),
            warnings=pipeline.warnings(gathering),
        )  # fmt: skip
    prepared = pipeline.prepare(newsroom, gathering, issue)
    return Upcoming(
        key=key, instant=due.instant, issue=issue, rendered=prepared.rendered, fingerprint=prepared.fingerprint,
        explanation=prepared.explanation, warnings=prepared.warnings,
    )  # fmt: skip


def _due(ledgers: Ledgers, schedule: Schedule, now: datetime) -> Due:
    today = scheduling.due_on(scheduling.day_of(now, schedule), schedule)
    if today is not None:
        record = ledgers.archive.find(IssueKey(day=today.day))
        if record is None or record.state in (IssueState.OPEN, IssueState.FROZEN, IssueState.MISSED):
            return today
        now = max(now, today.instant)
    following = scheduling.next_due(now, schedule)
    if following is None:
        raise SettingsError("No issue is ever due: [schedule] days is empty, or every day is in skip.")
    return following


def dry_run(office: Office, ledgers: Ledgers, orders: Orders, *, now: datetime) -> RunReport:
    """What a run would do now; writes nothing. Raises `HeldError`, `SettingsError`."""
    if orders.now:
        due = Due(instant=now, day=scheduling.day_of(now, office.schedule))
    else:
        due = _due(ledgers, office.schedule, now)
    record = ledgers.archive.find(IssueKey(day=due.day))
    if record is not None and record.hold:
        return RunReport(state=RunState.HELD, issue=due.day, because=record.hold)
    if record is not None and record.frozen_at is not None:
        state = RunState.DRY_RUN if record.state is IssueState.FROZEN else RunState.ALREADY_SENT
        because = "It is frozen already; a run goes on with its deliveries." if state is RunState.DRY_RUN else ""
        return replace(told(ledgers, record, state), because=because)
    seen = look_at(office.newsroom, ledgers, due=due, now=now)
    if orders.expect and seen.fingerprint != orders.expect:
        raise HeldError(not_expected(seen.fingerprint))
    tally = would_reach(office.list_file(), ledgers.subscribers)
    return RunReport(
        state=RunState.DRY_RUN,
        issue=due.day,
        because=_what_would_keep_it(seen, office.newsroom.selection.minimum, tally),
        fingerprint=seen.fingerprint,
        subject=seen.explanation["subject"],
        pieces=len(seen.explanation["pieces"]),
        left_out=len(seen.explanation["left_out"]),
        tally=tally,
        warnings=seen.warnings,
    )


def _what_would_keep_it(seen: Upcoming, minimum: int, tally: Tally) -> str:
    """Why the issue would not go out as things stand; empty if it would."""
    found = len(seen.explanation["pieces"])
    if not found:
        return "There is nothing new, so no mail would go out."
    if found < minimum:
        return f"{found} new, and [selection] minimum is {minimum}: they would wait."
    return "" if tally.unfinished else "Nobody on the list would get it, so it would be held."


def not_expected(fingerprint: str) -> str:
    """What is said when an issue is not the one that was asked for."""
    return f"The issue is not the expected one: its fingerprint is {fingerprint}. Look at `roundup preview` again."
