"""What a restored database does not know: the time between its backup and now. Until a person says what happened in
it, nothing that may have been sent is sent again (value 1)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roundup.archive import PROPOSED, IssueState
from roundup.model import IssueKey
from roundup.store import Ledgers
from roundup.store.ledgers import ledgers_over
from roundup.store.sqlite_file import open_to_write

_OPEN = (IssueState.OPEN, *PROPOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """An issue that may have been sent, and why it waits, in words."""

    key: IssueKey
    instant: datetime
    why: str


@contextmanager
def _ledgers(path: Path) -> Iterator[Ledgers]:
    with ledgers_over(open_to_write(path)) as ledgers:
        yield ledgers


def hold_frozen(path: Path, why: Callable[[IssueKey], str], *, at: datetime) -> list[IssueKey]:
    """Hold every issue that was being delivered; each delivery that had not come to its end is in doubt."""
    with _ledgers(path) as ledgers:
        records = ledgers.archive.unfinished()
        for record in records:
            ledgers.archive.hold(record.key, why(record.key), instant=record.instant, at=at, firm=True)
            ledgers.journal.lose(record.id, at=at)
    return [record.key for record in records]


def hold_due(path: Path, doubtful: Sequence[Doubtful], *, at: datetime) -> list[IssueKey]:
    """Hold those issues that the database knows no end of. Returns which."""
    held = []
    with _ledgers(path) as ledgers:
        for each in doubtful:
            record = ledgers.archive.find(each.key)
            if record is None or record.state in _OPEN:
                # What held it when the backup was made holds it still.
                why = f"{record.hold} {each.why}" if record is not None and record.hold else each.why
                ledgers.archive.hold(each.key, why, instant=each.instant, at=at, firm=True)
                held.append(each.key)
    return held


def began(path: Path) -> datetime | None:
    """When the newsletter's calendar began; None: before its first run."""
    with _ledgers(path) as ledgers:
        return ledgers.memory.began()
