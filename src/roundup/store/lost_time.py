"""What a restored database does not know: the time between its backup and now. Until a person says what happened in
it, nothing that may have been sent is sent again (value 1)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from roundup.archive import PROPOSED, IssueRecord, IssueState, Told
from roundup.model import IssueKey
from roundup.store import Ledgers
from roundup.store.ledgers import ledgers_over
from roundup.store.sqlite_file import open_to_write

#: `run --late` sends what was missed.
_MAY_BE_SENT = (IssueState.OPEN, *PROPOSED, IssueState.MISSED)


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
    """Hold every issue that was being delivered; each delivery that had not come to its end is in doubt. What was on
    the wire just then is so for its own reason, and stays so if somebody says that nothing was sent since."""
    with _ledgers(path) as ledgers:
        records = ledgers.archive.unfinished()
        for record in records:
            ledgers.archive.hold(record.key, _also(record, why(record.key)), instant=record.instant, at=at, firm=True)
            ledgers.journal.recover(record.id, at=at)
            ledgers.journal.lose(record.id, at=at)
    return [record.key for record in records]


def hold_due(path: Path, doubtful: Sequence[Doubtful], *, at: datetime) -> list[IssueKey]:
    """Hold those issues that may have been sent. Returns which."""
    with _ledgers(path) as ledgers:
        return [each.key for each in doubtful if _hold(ledgers, each, at=at)]


def hold_first(path: Path, doubtful: Iterable[Doubtful], *, at: datetime) -> list[IssueKey]:
    """Hold the first of those issues that can still go out. Returns it."""
    with _ledgers(path) as ledgers:
        return [*islice((each.key for each in doubtful if _hold(ledgers, each, at=at)), 1)]


def _hold(ledgers: Ledgers, doubtful: Doubtful, *, at: datetime) -> bool:
    """Hold an issue, unless nobody can have sent it since. Returns whether it waits."""
    record = ledgers.archive.find(doubtful.key)
    if record is not None and record.state not in _MAY_BE_SENT:
        return False
    if record is not None and record.state is IssueState.MISSED:
        # Only what is open can be released; the next run finds it missed again.
        nothing = Told(state="", because="", issue_state=IssueState.OPEN)
        ledgers.archive.tell(doubtful.key, nothing, instant=doubtful.instant, at=at)
    ledgers.archive.hold(doubtful.key, _also(record, doubtful.why), instant=doubtful.instant, at=at, firm=True)
    return True


def _also(record: IssueRecord | None, why: str) -> str:
    """Why an issue waits: what held it when the backup was made holds it still."""
    return f"{record.hold} {why}" if record is not None and record.hold else why


def may_be_tried_again(path: Path, edition: str) -> bool:
    """Whether the last issue of an edition failed, so that `issues retry` may have sent it since."""
    with _ledgers(path) as ledgers:
        stored = [each for each in ledgers.archive.all() if each.key.edition == edition and each.frozen_at is not None]
    return bool(stored) and stored[0].state is IssueState.FAILED


def began(path: Path) -> datetime | None:
    """When the newsletter's calendar began; None: before its first run."""
    with _ledgers(path) as ledgers:
        return ledgers.memory.began()
