"""The ledgers over one database, the same for every engine."""

from collections.abc import Iterator
from contextlib import contextmanager

from roundup.batches import BATCH
from roundup.store import Ledgers
from roundup.store.batches import Queue, SqlBatches
from roundup.store.database import Database
from roundup.store.deliveries import SqlJournal
from roundup.store.issues import SqlArchive
from roundup.store.notices import SqlNotices
from roundup.store.people import SqlSubscriberBook
from roundup.store.personal import SqlPersonalRecords
from roundup.store.pieces import SqlMemory
from roundup.store.proposals import SqlProposals
from roundup.store.returned import SqlReturnedMail
from roundup.store.signups import SqlSignupBook
from roundup.store.statistics import SqlStatistics


@contextmanager
def ledgers_over(database: Database, *, queue: Queue | None = None, size: int = BATCH) -> Iterator[Ledgers]:
    """The ledgers; the database is closed in the end. `queue`, `size`: see `SqlBatches`."""
    batches = SqlBatches(database, queue=queue, size=size)
    try:
        yield Ledgers(
            memory=SqlMemory(database),
            archive=SqlArchive(database, batches),
            batches=batches,
            proposals=SqlProposals(database, batches),
            journal=SqlJournal(database),
            subscribers=SqlSubscriberBook(database),
            signups=SqlSignupBook(database),
            personal=SqlPersonalRecords(database),
            statistics=SqlStatistics(database),
            returned=SqlReturnedMail(database),
            notices=SqlNotices(database),
        )
    finally:
        database.close()
