"""`issues hold` and `issues release`: a person lets an issue wait, or go."""

from datetime import datetime

from roundup import scheduling
from roundup.archive import MAY_WAIT, IssueRecord, IssueState, Told
from roundup.errors import SettingsError
from roundup.lost_issues import was_not_sent
from roundup.model import MAIN_EDITION, IssueKey
from roundup.office import Office
from roundup.reports import RunState
from roundup.words import mark, say

_NOTHING_TO_HOLD = mark("The issue of {key} is {state} already: nothing to hold.")
_NOTHING_TO_RELEASE = mark("The issue of {key} is {state} already: nothing to release.")
_HELD_BY_HAND = mark("Held by hand. `roundup issues release {key}` lets it go.")


def hold(office: Office, key: IssueKey, *, now: datetime) -> None:
    """Let an issue wait for a person; a delivery under way stops at its next claim. Raises `SettingsError` for one
    that has come to its end."""
    _set(office, key, held=True, now=now)


def release(office: Office, key: IssueKey, *, now: datetime) -> None:
    """Let a held issue go; the next run goes on with it. Raises `SettingsError` for one that is not on hold."""
    _set(office, key, held=False, now=now)


def _set(office: Office, key: IssueKey, *, held: bool, now: datetime) -> None:
    with office.store.to_write() as ledgers:
        record = ledgers.archive.find(key)
        _check_may_wait(record, held=held)
        if not held and (record is None or not record.hold):
            raise SettingsError(say("There is no issue of {key} on hold.", key=key))
        if record is None and key.edition != MAIN_EDITION and not scheduling.is_due_some_time(key, office.schedule):
            # On any other day there may be an issue of the day: `run --now` makes one.
            raise SettingsError(say("No issue is due on {key}, so there is nothing to hold.", key=key))
        if held and record is not None and record.firm:
            # It waits already, for a better reason, which must not be forgotten.
            return
        calendar = scheduling.of_edition(office.schedule, key.edition)
        instant = record.instant if record else scheduling.instant_of(key.day, calendar)
        why = say(_HELD_BY_HAND, key=key) if held else ""
        if record is not None and not held:
            was_not_sent(ledgers, record, now=now)
        if not ledgers.archive.hold(key, why, instant=instant, at=now):
            # A run has ended it meanwhile.
            _check_may_wait(ledgers.archive.find(key), held=held)
        # Whoever did it need not be told by the next run; and one that is released too late is missed.
        told = Told(state=RunState.HELD, because=why, issue_state=None)
        ledgers.archive.tell(key, told, instant=instant, at=now)


def _check_may_wait(record: IssueRecord | None, *, held: bool) -> None:
    """Raises `SettingsError` for an issue that has come to its end."""
    if record is not None and record.state not in MAY_WAIT:
        late = " " + say("`roundup run --late` sends it.") if record.state is IssueState.MISSED else ""
        nothing = _NOTHING_TO_HOLD if held else _NOTHING_TO_RELEASE
        raise SettingsError(say(nothing, key=record.key, state=say(record.state.value)) + late)
