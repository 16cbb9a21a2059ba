"""The issue due next, looked at without writing anything: for the preview and the test mail."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from roundup import pipeline, scheduling
from roundup.archive import PROPOSED, IssueState
from roundup.audience import Variant
from roundup.errors import SettingsError
from roundup.finishing import will_give_back
from roundup.memory import SourceRecord
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, Issue, IssueKey, RenderedIssue
from roundup.newsroom import Newsroom
from roundup.proposing import current
from roundup.scheduling import Due, Schedule
from roundup.store import Ledgers
from roundup.weekly import of_the_week
from roundup.word import Word
from roundup.words import say

_MAY_GO_OUT = (IssueState.OPEN, IssueState.FROZEN, IssueState.MISSED, *PROPOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """An issue as it would go out now."""

    key: IssueKey
    instant: datetime
    #: None when it is stored already, frozen or waiting for its editor: then it is shown as it was stored.
    issue: Issue | None
    #: None when there is nothing new.
    rendered: RenderedIssue | None
    fingerprint: str
    explanation: dict[str, Any]
    warnings: tuple[str, ...]
    #: The sources as they were just read; none for an issue that is frozen.
    sources: tuple[SourceRecord, ...] = ()
    #: Why it is on hold; empty when it is not.
    hold: str = ""
    #: What readers of some sections have in place of `rendered`.
    variants: tuple[Variant, ...] = ()


def upcoming(
    newsroom: Newsroom, ledgers: Ledgers, *, schedule: Schedule, now: datetime, weekly: bool = False
) -> Upcoming:
    """Today's issue if today is a due date and it is not sent, else the next; with `weekly`, of the weekly edition.
    Raises `HeldError`, `SettingsError`."""
    if not weekly:
        return look_at(newsroom, ledgers, schedule=schedule, due=due_next(ledgers, schedule, now), now=now)
    calendar = schedule.of_the_week
    if calendar is None:
        raise SettingsError(say("There is no weekly edition: [schedule] weekly names no day."))
    due = due_next(ledgers, calendar, now, edition=WEEKLY_EDITION)
    return _look(newsroom, ledgers, due=due, now=now, main=schedule, edition=WEEKLY_EDITION)


def look_at(newsroom: Newsroom, ledgers: Ledgers, *, schedule: Schedule, due: Due, now: datetime) -> Upcoming:
    """The issue of `due`, as stored if it is frozen, or if it waits for its editor and was not edited since; else as it
    would be made now."""
    return _look(newsroom, ledgers, due=due, now=now, main=schedule, edition=MAIN_EDITION)


def _look(newsroom: Newsroom, ledgers: Ledgers, *, due: Due, now: datetime, main: Schedule, edition: str) -> Upcoming:
    key = IssueKey(day=due.day, edition=edition)
    seen = as_stored(newsroom, ledgers, key)
    if seen is not None:
        return seen
    record = ledgers.archive.find(key)
    hold = record.hold if record else ""
    gathering = gathered(newsroom, ledgers, key, due=due, now=now, main=main)
    sources = tuple(shelf.record for shelf in gathering.shelves)
    issue = pipeline.choose(newsroom, gathering, key=key, instant=due.instant)
    if not issue.pieces:
        return Upcoming(
            key=key, instant=due.instant, issue=issue, rendered=None, fingerprint="", hold=hold,
            explanation=pipeline.explained(newsroom, gathering, issue, fingerprint=""),
            warnings=pipeline.warnings(gathering, newsroom.zone), sources=sources,
        )  # fmt: skip
    choices = ledgers.subscribers.choices(pipeline.cadence_of(key))
    prepared = pipeline.prepare(newsroom, gathering, issue, choices=choices)
    return Upcoming(
        key=key, instant=due.instant, issue=issue, rendered=prepared.rendered, fingerprint=prepared.fingerprint,
        explanation=prepared.explanation, warnings=prepared.warnings, sources=sources, variants=prepared.variants,
        hold=hold,
    )  # fmt: skip


def as_stored(newsroom: Newsroom, ledgers: Ledgers, key: IssueKey) -> Upcoming | None:
    """An issue that is frozen, or proposed and not edited since, as it was written down; None: it would be made
    now."""
    stored = ledgers.archive.stored(key)
    if stored is None:
        proposal = current(newsroom, ledgers, key)
        stored = None if proposal is None else proposal.stored
    if stored is None:
        return None
    return Upcoming(
        key=key, instant=stored.record.instant, issue=None, rendered=stored.rendered, hold=stored.record.hold,
        fingerprint=stored.record.fingerprint, explanation=stored.told, warnings=(), variants=stored.variants,
    )  # fmt: skip


def gathered(
    newsroom: Newsroom, ledgers: Ledgers, key: IssueKey, *, due: Due, now: datetime, main: Schedule
) -> pipeline.Gathering:
    """What an issue would be made of, read now and in memory."""
    over = scheduling.latest_due(max(now, due.instant), main)
    occasion = pipeline.Occasion(
        instant=due.instant, now=now, preparing=True, given_back=will_give_back(ledgers, over), edition=key.edition
    )
    gathering = pipeline.gather(newsroom, remembered=ledgers.memory, archive=ledgers.archive, occasion=occasion)
    if key.edition != WEEKLY_EDITION:
        return gathering
    max_age = newsroom.selection.max_age
    return of_the_week(gathering, ledgers.archive, instant=due.instant, max_age=max_age)


def at_hand(
    newsroom: Newsroom, ledgers: Ledgers, *, schedule: Schedule, due: Due, now: datetime
) -> Callable[[Word], Issue]:
    """The issue of `due` that a word of the editor's makes of what the sources hold now; any number may be tried.
    Raises `SettingsError` if the issue is frozen, and `HeldError` as `pipeline.choose` does."""
    key = IssueKey(day=due.day)
    if ledgers.archive.stored(key) is not None:
        raise SettingsError(say("The issue of {key} is frozen: what is sent is sent as it was written down.", key=key))
    over = scheduling.latest_due(max(now, due.instant), schedule)
    occasion = pipeline.Occasion(
        instant=due.instant, now=now, preparing=False, given_back=will_give_back(ledgers, over)
    )
    gathering = pipeline.gather(newsroom, remembered=ledgers.memory, archive=ledgers.archive, occasion=occasion)

    def made(word: Word) -> Issue:
        return pipeline.choose(replace(newsroom, word=lambda _key: word), gathering, key=key, instant=due.instant)

    return made


def due_next(ledgers: Ledgers, schedule: Schedule, now: datetime, *, edition: str = MAIN_EDITION) -> Due:
    """Today's due time if today is a due date and its issue is not sent, else the next that nobody has decided against
    already. Raises `SettingsError`."""
    today = scheduling.due_on(scheduling.day_of(now, schedule), schedule)
    following = today or scheduling.next_due(now, schedule)
    while following is not None and not _may_go_out(ledgers, IssueKey(day=following.day, edition=edition)):
        # Today's may be sent before its time.
        following = scheduling.next_due(max(now, following.instant), schedule)
    if following is None:
        raise SettingsError(say("No issue is ever due: [schedule] days is empty, or every day is in skip."))
    return following


def _may_go_out(ledgers: Ledgers, key: IssueKey) -> bool:
    record = ledgers.archive.find(key)
    return record is None or record.state in _MAY_GO_OUT
