"""Issues that went out though this database does not know it, because a backup was restored: closed, and what they
carried kept from the issues after them (value 1)."""

from datetime import datetime, time, timedelta

from roundup import scheduling
from roundup.archive import IssueRecord, IssueState
from roundup.errors import HeldError
from roundup.finishing import take_back
from roundup.making import Making
from roundup.model import MAIN_EDITION, DeliveryState, IssueKey
from roundup.office import Office, Orders
from roundup.store import Ledgers
from roundup.words import say

#: Somebody certainly had it.
_HAD = {DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED}


def was_sent(office: Office, ledgers: Ledgers, key: IssueKey, *, until: datetime, now: datetime) -> None:
    """Close an issue that went out. If it is not frozen here, it carries every piece that is dated no later than
    `until`, or not at all: that one counts as of when this database saw it first. The caller holds the lock and has
    read the sources (`read_sources`), unless it is frozen."""
    record = ledgers.archive.find(key)
    if record is not None and is_known(record):
        # What it carries is known, and whoever has not got it yet may have it all the same.
        take_back(ledgers, record, now=now)
        ledgers.journal.lose(record.id, at=now)
        ledgers.archive.close(record.id, IssueState.SENT, at=now)
        return
    zone = office.newsroom.zone
    carries = {
        identity
        for source in ledgers.memory.sources()
        for piece in ledgers.memory.pieces(source)
        if piece.piece.published is None or piece.published.at <= until
        for identity in piece.identities(zone)
    }
    because = say("It was sent, though this database did not know of it.")
    ledgers.archive.was_sent(key, carries, because, instant=instant_of(office, key, record), at=now)


def is_known(record: IssueRecord | None) -> bool:
    """Whether what an issue carries is written down here, whatever the sources show by now."""
    return record is not None and record.state is IssueState.FROZEN


def was_not_sent(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> None:
    """What a restore has put in doubt did not go out, says a person. Of an issue that was on its way when the backup
    was made, and that somebody had by then, nobody can say that, so those in doubt stay so: they are treated as
    `[delivery] in_doubt` has it."""
    if record.state is IssueState.FROZEN and not _HAD.intersection(ledgers.journal.tally(record.id).deliveries):
        ledgers.journal.was_not_lost(record.id, at=now)


def instant_of(office: Office, key: IssueKey, record: IssueRecord | None) -> datetime:
    """When an issue is or was due."""
    return (
        record.instant
        if record
        else scheduling.instant_of(key.day, scheduling.of_edition(office.schedule, key.edition))
    )


def sent_by(office: Office, key: IssueKey, record: IssueRecord | None, *, now: datetime) -> datetime:
    """When an issue that went out had gone out: it has nothing of later. At a due time it was made of what there was;
    on a day without one somebody sent it, whenever that was."""
    zone = office.schedule.zone
    if record is None and not scheduling.is_due_some_time(key, office.schedule):
        return min(now, datetime.combine(key.day + timedelta(days=1), time(), tzinfo=zone))
    return min(now, instant_of(office, key, record))


def read_sources(office: Office, ledgers: Ledgers, *, now: datetime) -> None:
    """Read all that is not muted, for what is to be known of what was mailed. Raises `HeldError` if one cannot be
    read."""
    due = scheduling.next_due(now, office.schedule)
    making = Making(office=office, ledgers=ledgers, orders=Orders(), now=now, edition=MAIN_EDITION)
    gathering = making.gather(due.instant if due else now, preparing=False)
    records = [shelf.record for shelf in gathering.shelves]
    unread = [each.name for each in records if not each.muted and not each.was_read_after(now - timedelta(seconds=1))]
    if unread:
        raise HeldError(
            say(
                "Which pieces were mailed is not known, because these sources could not be read: {names}. So "
                "everything stays held. Mend them, then say so once more.",
                names=", ".join(unread),
            )
        )
