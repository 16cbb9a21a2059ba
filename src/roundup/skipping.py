"""`issues skip`: a person decides against an issue."""

from datetime import datetime

from roundup import lost_issues
from roundup.archive import PROPOSED, IssueRecord, IssueState, Told
from roundup.errors import SettingsError
from roundup.finishing import may_be_had
from roundup.lost_issues import instant_of, read_sources
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey
from roundup.office import Office
from roundup.reports import RunState
from roundup.scheduling import Schedule, due_on
from roundup.store import Ledgers
from roundup.words import say

_MAY_BE_SKIPPED = (IssueState.OPEN, IssueState.MISSED, IssueState.FROZEN, *PROPOSED)


def skip(office: Office, key: IssueKey, *, was_sent: bool = False, now: datetime) -> None:
    """Let an issue not go out at all. Its pieces wait for the next one; with `was_sent` it went out though nobody here
    knows of it, and its pieces wait for none. Raises `SettingsError` if somebody has it, or may have it, and if a run
    is at work; with `was_sent` `HeldError` if what it carried is not known."""
    with office.store.only_run() as ours:
        if not ours:
            raise SettingsError(
                say(
                    "A run is at work. `roundup issues hold {key}` stops it at its next message; then skip the issue.",
                    key=key,
                )
            )
        with office.store.to_write() as ledgers:
            record = ledgers.archive.find(key)
            if record is None and not _is_due_some_time(office.schedule, key):
                raise SettingsError(say("No issue is due on {key}, so there is nothing to skip.", key=key))
            if record is not None and record.state not in _MAY_BE_SKIPPED:
                raise SettingsError(
                    say(
                        "The issue of {key} is {state} already: there is nothing to skip.",
                        key=key,
                        state=say(record.state.value),
                    )
                )
            _check_decided(record, was_sent=was_sent)
            if was_sent:
                until = instant_of(office, key, record)
                read_sources(office, ledgers, now=now)
                lost_issues.was_sent(office, ledgers, key, until=until, now=now)
            elif record is not None and record.state is IssueState.FROZEN:
                _take_back(ledgers, record, now=now)
            elif record is not None and record.state in PROPOSED:
                _decline(ledgers, record, now=now)
            else:
                instant = instant_of(office, key, record)
                told = Told(state=RunState.SKIPPED, because="", issue_state=IssueState.SKIPPED)
                ledgers.archive.hold(key, "", instant=instant, at=now)
                ledgers.archive.tell(key, told, instant=instant, at=now)


def _is_due_some_time(schedule: Schedule, key: IssueKey) -> bool:
    """Whether the calendar has an issue of which nothing is known yet."""
    if key.edition == WEEKLY_EDITION:
        calendar = schedule.of_the_week
    else:
        calendar = schedule if key.edition == MAIN_EDITION else None
    return calendar is not None and due_on(key.day, calendar) is not None


def _check_decided(record: IssueRecord | None, *, was_sent: bool) -> None:
    """What is firmly held asks a question, and "skip" alone is no answer: if it went out, its pieces would go out
    again. Raises `SettingsError`."""
    if record is not None and record.firm and not was_sent:
        raise SettingsError(
            say(
                "The issue of {key} is on hold: {why} If it was sent, say `--was-sent`. If not, release it first; then "
                "it can be skipped.",
                key=record.key,
                why=record.hold,
            )
        )


def _decline(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> None:
    """Close an issue that waited for its editor."""
    if not ledgers.proposals.decline(record, "", at=now):
        raise SettingsError(say("The issue of {key} has changed this very moment. Look again.", key=record.key))


def _take_back(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> None:
    """Close an issue that was written down and that nobody has."""
    ledgers.journal.recover(record.id, at=now)
    if may_be_had(ledgers.journal.tally(record.id)):
        raise SettingsError(
            say(
                "Somebody has the issue of {key}, or may have it, so it cannot be skipped. `roundup issues "
                "hold {key}` keeps it from the others.",
                key=record.key,
            )
        )
    ledgers.journal.expire(record.id, at=now)
    ledgers.archive.close(record.id, IssueState.SKIPPED, at=now)
