"""Databases are made and migrated by many threads of one process at once: a desk looks while a run begins."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from roundup.model import IssueKey
from roundup.store.ledgers import ledgers_over
from roundup.store.sqlite_file import in_memory, open_to_read, open_to_write
from tests.builders import INSTANT


def test_each_gets_its_own_whole_database(tmp_path: Path) -> None:
    def used(number: int) -> int:
        path = tmp_path / f"{number}.db"
        made = (lambda: open_to_write(path), in_memory, lambda: open_to_read(path))[number % 3]()
        with ledgers_over(made) as ledgers:
            ledgers.subscribers.add(f"ada-{number}@example.com", "Ada", at=INSTANT)
            ledgers.archive.hold(IssueKey(day=INSTANT.date()), "wait", instant=INSTANT, at=INSTANT)
            return sum(1 for _ in ledgers.subscribers.all())

    with ThreadPoolExecutor(12) as pool:
        assert [1] * 48 == list(pool.map(used, range(48)))
