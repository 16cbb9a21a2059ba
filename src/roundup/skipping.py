"""`issues skip`: a person decides against an issue."""

from datetime import datetime

from roundup.archive import PROPOSED, IssueRecord, IssueState, Told
from roundup.errors import SettingsError
from roundup.finishing import may_be_had, take_back
from roundup.model import IssueKey
from roundup.office import Office
from roundup.reports import RunState
from roundup.scheduling import due_on, instant_of, of_edition
from roundup.store import Ledgers
from roundup.words import say

_MAY_BE_SKIPPED = (IssueState.OPEN, IssueState.MISSED, IssueState.FROZEN, *PROPOSED)


def skip(office: Office, key: IssueKey, *, now: datetime) -> None:
    """Let an issue not go out at all. Its pieces wait for the next one. Raises `SettingsError` if somebody has it, or
    may have it, and if a run is at work."""
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
            schedule = of_edition(office.schedule, key.edition)
            if record is None and due_on(key.day, schedule) is None:
                raise SettingsError(say("No issue is due on {key}, so there is nothing to skip.", key=key))
            if record is not None and record.state not in _MAY_BE_SKIPPED:
                raise SettingsError(
                    say(
                        "The issue of {key} is {state} already: there is nothing to skip.",
                        key=key,
                        state=say(record.state.value),
                    )
                )
            if record is not None and record.state is IssueState.FROZEN:
                _take_back(ledgers, record, now=now)
            elif record is not None and record.state in PROPOSED:
                _decline(ledgers, record, now=now)
            else:
                instant = record.instant if record else instant_of(key.day, schedule)
                told = Told(state=RunState.SKIPPED, because="", issue_state=IssueState.SKIPPED)
                ledgers.archive.hold(key, "", instant=instant, at=now)
                ledgers.archive.tell(key, told, instant=instant, at=now)


def _decline(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> None:
    """Close an issue that waited for its editor."""
    if not ledgers.proposals.decline(record, "", at=now):
        raise SettingsError(say("The issue of {key} has changed this very moment. Look again.", key=record.key))


def _take_back(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> None:
    """Close an issue that was written down and that nobody has."""
    take_back(ledgers, record, now=now)
    if may_be_had(ledgers.journal.tally(record.id)):
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
