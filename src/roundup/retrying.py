"""`issues retry`: an issue offered again to exactly those who have not got it."""

from dataclasses import replace

from roundup.archive import IssueState
from roundup.deciding import in_the_way
from roundup.errors import HeldError, SettingsError, StoreError
from roundup.finishing import finish, told
from roundup.model import IssueKey
from roundup.office import Office
from roundup.reports import RunReport, RunState
from roundup.words import say

_HAS_DELIVERIES = (IssueState.FROZEN, IssueState.SENT, IssueState.FAILED)


def retry(office: Office, key: IssueKey, *, in_doubt: bool) -> RunReport:
    """Plan again who was refused or whose delivery expired, and is still on the list, and deliver. `in_doubt`: also
    who may have the issue already. Raises `SettingsError` for an issue that was never on its way."""
    try:
        with office.store.only_run() as ours:
            return _retried(office, key, in_doubt=in_doubt) if ours else RunReport(state=RunState.RUNNING)
    except HeldError as error:
        return RunReport(state=RunState.HELD, issue=key.day, because=str(error))
    except StoreError as error:
        return RunReport(state=RunState.FAILED, issue=key.day, because=str(error))


def _retried(office: Office, key: IssueKey, *, in_doubt: bool) -> RunReport:
    now = office.clock()
    with office.store.to_write() as ledgers:
        record = ledgers.archive.find(key)
        if record is None or record.state not in _HAS_DELIVERIES:
            raise SettingsError(
                say("The issue of {key} was never on its way, so there is nobody to try again.", key=key)
            )
        if record.hold:
            raise HeldError(record.hold)
        waits_for = in_the_way(ledgers)
        if waits_for:
            raise HeldError(waits_for)
        if record.state is not IssueState.FROZEN:
            if not in_doubt:
                # They were left in doubt when the issue was closed, and no run decides otherwise, after a kill either.
                ledgers.journal.leave_in_doubt(record.id)
            ledgers.archive.reopen(record.id, at=now)
        planned = ledgers.journal.retry(record.id, in_doubt=in_doubt, at=now)
        report = finish(office, ledgers, record, now=now)
        if planned:
            return report
        because = say("Nobody to try again: whoever has not got it is no longer on the list, or is in doubt.")
        return replace(told(ledgers, record, report.state), because=because)
