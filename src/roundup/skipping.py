"""`issues skip`: a person decides against an issue."""

from datetime import datetime

from roundup import lost_issues
from roundup.archive import PROPOSED, IssueRecord, IssueState, Told
from roundup.errors import SettingsError
from roundup.finishing import may_be_had, take_back
from roundup.lost_issues import instant_of, is_known, read_sources, sent_by
from roundup.model import MAIN_EDITION, IssueKey
from roundup.office import Office
from roundup.reports import RunState
from roundup.scheduling import day_of, is_due_some_time
from roundup.store import Ledgers
from roundup.words import mark, say

_NONE_DUE = mark("No issue is due on {key}, so there is nothing to skip.")
_MAY_BE_SKIPPED = (IssueState.OPEN, IssueState.MISSED, IssueState.FROZEN, *PROPOSED)


def skip(office: Office, key: IssueKey, *, was_sent: bool = False, was_not_sent: bool = False, now: datetime) -> None:
    """Let an issue not go out at all. Its pieces wait for the next one; with `was_sent` it went out though nobody here
    knows of it, and its pieces wait for none. What is firmly held asks for one of these or for `was_not_sent`. Raises
    `SettingsError` if somebody has it, or may have it, and if a run is at work; with `was_sent` `HeldError` if what it
    carried is not known."""
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
            if not (was_sent or was_not_sent):
                _check_undoubted(record)
            if was_sent:
                _check_past(office, key, record, now=now)
            elif record is None:
                _check_to_come(office, ledgers, key)
            _check_open(key, record, was_sent=was_sent)
            if was_sent:
                if not is_known(record):
                    read_sources(office, ledgers, now=now)
                until = sent_by(office, key, record, now=now)
                lost_issues.was_sent(office, ledgers, key, until=until, now=now)
            elif record is None:
                told = Told(state=RunState.SKIPPED, because="", issue_state=IssueState.SKIPPED)
                ledgers.archive.tell(key, told, instant=instant_of(office, key, None), at=now)
            else:
                _leave_out(ledgers, record, now=now)


def _leave_out(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> None:
    """Close an issue that is known. Whatever it waited for, it is off hold the moment it is closed and not before, so
    that no run sends it in between."""
    if record.state is IssueState.FROZEN:
        if record.firm:
            lost_issues.was_not_sent(ledgers, record, now=now)
        _take_back(ledgers, record, now=now)
    elif record.state in PROPOSED:
        _decline(ledgers, record, now=now)
    else:
        told = Told(state=RunState.SKIPPED, because="", issue_state=None)
        ledgers.archive.tell(record.key, told, instant=record.instant, at=now)
        ledgers.archive.close(record.id, IssueState.SKIPPED, at=now)


def _check_past(office: Office, key: IssueKey, record: IssueRecord | None, *, now: datetime) -> None:
    """Raises `SettingsError` for an issue that nobody can have sent. One of the day may have gone out on any day
    that is past (`run --now`)."""
    if key.day > day_of(now, office.schedule) and not (record is not None and record.firm):
        raise SettingsError(say("The issue of {key} is not due yet, so it cannot have been sent.", key=key))
    if record is None and key.edition != MAIN_EDITION and not is_due_some_time(key, office.schedule):
        raise SettingsError(say(_NONE_DUE, key=key))


def _check_to_come(office: Office, ledgers: Ledgers, key: IssueKey) -> None:
    """Raises `SettingsError` for an issue that the calendar has not, or had before it began."""
    began = ledgers.memory.began()
    is_before = began is not None and key.day < day_of(began, office.schedule)
    if is_before or not is_due_some_time(key, office.schedule):
        raise SettingsError(say(_NONE_DUE, key=key))


def _check_open(key: IssueKey, record: IssueRecord | None, *, was_sent: bool) -> None:
    """Raises `SettingsError` for an issue that has come to its end. One that was sent may have been skipped before
    somebody knew that."""
    may_be = (*_MAY_BE_SKIPPED, IssueState.SKIPPED) if was_sent else _MAY_BE_SKIPPED
    if record is not None and record.state not in may_be:
        raise SettingsError(
            say(
                "The issue of {key} is {state} already: there is nothing to skip.",
                key=key,
                state=say(record.state.value),
            )
        )


def _check_undoubted(record: IssueRecord | None) -> None:
    """What is firmly held asks a question, and "skip" alone is no answer: if it went out, its pieces would go out
    again. Raises `SettingsError`."""
    if record is not None and record.firm:
        raise SettingsError(
            say(
                "The issue of {key} is on hold: {why} Skipped as it is, its pieces would be offered to the next one, "
                "also if they were mailed. If it was sent, say `--was-sent`; if nobody got it, `--was-not-sent`.",
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
    rested = ledgers.batches.progress(record.id).rest
    take_back(ledgers, record, now=now)
    if may_be_had(ledgers.journal.tally(record.id)):
        # Workers go on with what they were at; what had been stopped stays so until the next run.
        if rested:
            ledgers.batches.rest(record.id, rested)
        else:
            ledgers.batches.share_out(record.id, at=now)
        raise SettingsError(
            say(
                "Somebody has the issue of {key}, or may have it, so it cannot be skipped. `roundup issues "
                "hold {key}` keeps it from the others.",
                key=record.key,
            )
        )
    ledgers.journal.expire(record.id, at=now)
    ledgers.archive.close(record.id, IssueState.SKIPPED, at=now)
