"""`roundup subscribers import` and `export`: list files, taken in and written."""

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

import click

from roundup import clock, wiring
from roundup.cli.newsletter import opened, print_json
from roundup.cli.persons import told_of
from roundup.errors import RoundupError, SettingsError
from roundup.list_changes import FOLLOWED_FILE, Taken, TakingIn
from roundup.list_files import BadRow, Row
from roundup.list_files.reading import ListReading
from roundup.list_files.writing import csv_lines, json_lines
from roundup.newsroom import Watch
from roundup.words import borrowed, figures, say


class _Rows(Protocol):
    """Where rows of CSV are written."""

    def writerow(self, row: Iterable[object], /) -> object:
        """One more."""
        ...


#: Octets that are one step of the progress bar.
_STEP = 1 << 18
#: How many rows are told one by one.
_TOLD = 20


def import_(directory: Path, file: Path, refused: Path | None, *, dry_run: bool, as_json: bool) -> int:
    """What `roundup subscribers import` does. Gives the exit code."""
    _, office = opened(directory)
    path = directory / file
    if not path.is_file():
        raise SettingsError(say("There is no file {path} (a path counts from the newsletter's directory).", path=path))
    read = ListReading(file.name, wiring.list_file(path))
    followed = path.resolve() == (directory / FOLLOWED_FILE).resolve()
    how = TakingIn(
        origin=FOLLOWED_FILE if followed else "import",
        at=clock.now(),
        follows=followed,
        dry=dry_run,
        hashed=office.newsroom.secret.forgotten,
    )
    with (
        office.store.to_read() if dry_run else office.store.to_write() as ledgers,
        _refused_to(directory, refused) as bad,
    ):
        taken = ledgers.subscribers.take_in(_watched(read, office.watch, bad), how, name=read.name, digest=read.digest)
    if as_json:
        print_json(_told(read, taken, dry_run=dry_run))
        return 0
    for line in _summary(read, taken, dry_run=dry_run):
        click.echo(line)
    return 0


def _watched(read: ListReading, watch: Watch, refused: _Rows | None) -> Iterator[Row]:
    """The rows, while a bar shows how far the reading is."""
    steps = _Steps(watch)
    read.seen = steps.seen
    watch.begin("Reading", max(1, read.octets // _STEP))
    try:
        for row in read:
            if refused is not None and isinstance(row, BadRow):
                refused.writerow((row.file, row.line, row.what))
            yield row
    finally:
        watch.end()


class _Steps:
    """Octets as steps of a bar."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._waiting = 0

    def seen(self, octets: int) -> None:
        """More octets were read."""
        self._waiting += octets
        while self._waiting >= _STEP:
            self._waiting -= _STEP
            self._watch.step()


@contextmanager
def _refused_to(directory: Path, file: Path | None) -> Iterator[_Rows | None]:
    """Where refused rows are written; None: nowhere."""
    if file is None:
        yield None
        return
    with _new_file(directory / file) as written:
        writer = csv.writer(written)
        writer.writerow(("file", "line", "what"))
        yield writer


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file that is written anew, for its owner alone: it holds people's addresses. Raises `RoundupError`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as written:
            yield written
    except OSError as error:
        why = borrowed(error.strerror or error)
        raise RoundupError(say("{path} cannot be written: {why}.", path=path, why=why)) from None


def _told(read: ListReading, taken: Taken, *, dry_run: bool) -> dict[str, object]:
    return {
        "written_by": sorted({each for each in read.products.values() if each}),
        "rows": taken.rows,
        "refused": [
            {"line": row.line, "what": row.what} | ({"file": row.file} if row.file else {}) for row in taken.bad
        ],
        "refused_rows": taken.refused,
        "new": {status.value: count for status, count in sorted(taken.new.items())},
        "changed": taken.changed,
        "removed": taken.vanished,
        "unchanged": taken.unchanged,
        "not_brought_back": [row.email for row in taken.kept_away_first],
        "not_brought_back_rows": taken.kept_away,
        "dry_run": dry_run,
    }


def _summary(read: ListReading, taken: Taken, *, dry_run: bool) -> list[str]:
    lines = [
        say(
            "{name}: usable rows: {usable}, refused: {refused}.",
            name=taken.name,
            usable=figures(taken.rows),
            refused=figures(taken.refused),
        )
    ]
    products = sorted({each for each in read.products.values() if each not in ("", "roundup", "addresses")})
    if products:
        lines.append(say("Read as a list of {product}.", product=", ".join(products)))
    counted = [
        *((count, say("new, {status}", status=say(status.value))) for status, count in sorted(taken.new.items())),
        (taken.changed, say("changed")),
        (taken.vanished, say("removed, because they are gone from the file")),
        (taken.unchanged, say("as they were")),
    ]
    if taken.kept_away:
        counted.append((taken.kept_away, say("not brought back: they left, bounced, complained or paused")))
    lines += [f"{figures(count):>9} {what}" for count, what in counted]
    lines += [
        "          " + say("{email} (line {line})", email=row.email, line=row.line)
        for row in taken.kept_away_first[:_TOLD]
    ]
    lines += taken.complaints[:_TOLD] if not dry_run else taken.complaints
    more = len(taken.complaints) + taken.more_complaints - (_TOLD if not dry_run else len(taken.complaints))
    if more > 0:
        lines.append(say("… and {count} more; --refused FILE writes them all.", count=figures(more)))
    return [*lines, say("Nothing was changed (dry run).")] if dry_run else lines


def export(directory: Path, file: Path | None, kind: str | None, person: str | None) -> int:
    """What `roundup subscribers export` does. Gives the exit code."""
    _, office = opened(directory)
    with office.store.to_read() as ledgers:
        if person is not None:
            _write(directory, file, [told_of(ledgers, person)])
            return 0
        everybody = ledgers.subscribers.all()
        kind = kind or ("jsonl" if file is not None and file.suffix == ".jsonl" else "csv")
        _write(directory, file, json_lines(everybody) if kind == "jsonl" else csv_lines(everybody))
    return 0


def _write(directory: Path, file: Path | None, lines: Iterable[str]) -> None:
    if file is None:
        for line in lines:
            sys.stdout.write(line)
        return
    with _new_file(directory / file) as written:
        written.writelines(lines)
    click.echo(say("Written to {path}.", path=directory / file))
