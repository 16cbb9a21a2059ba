"""A database that a newer roundup made: every command says so in a sentence, and touches nothing."""

import hashlib
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from roundup.cli import group
from roundup.store.migrate import head
from roundup.store.sqlite import SqliteStore
from tests.archives import unpack
from tests.command_lines import Ran, run_lines
from tests.newsletters import THE_DAY, a_newsletter, dump, rows

_PIECE = "https://lantern.example.org/2026/11/bridge/"
#: Every command that opens the database, with what it needs to come so far.
_REFUSING = (
    "preview",
    "preview --out looked-at",
    "preview --json",
    "run",
    "run --dry-run",
    "test-send ann@example.org",
    "sources list",
    "sources accept 'The Lantern'",
    "sources mute 'The Lantern'",
    "pieces list",
    f"pieces pin {_PIECE}",
    f"pieces exclude {_PIECE}",
    f"pieces edit {_PIECE} --title 'A bridge'",
    "pieces edit --subject 'A bridge'",
    "pieces add https://lantern.example.org/2026/11/another/ --title Another",
    "issues list",
    f"issues show {THE_DAY}",
    f"issues approve {THE_DAY}",
    f"issues hold {THE_DAY}",
    f"issues release {THE_DAY}",
    f"issues correct {THE_DAY} --subject Wrong --intro 'It was wrong.'",
    f"issues skip {THE_DAY}",
    f"issues retry {THE_DAY}",
    "subscribers list",
    "subscribers add cy@example.org",
    "subscribers remove ada@example.com",
    "subscribers import subscribers.csv",
    "subscribers export",
    "subscribers export --person ada@example.com",
    "subscribers forget ada@example.com",
    "subscribers stats",
    "bounces",
    "check --offline",
    "backup kept.tar.gz",
    "serve --port 0",
    "store move postgresql://nobody@127.0.0.1:9/nothing",
)
#: They make a newsletter of their own, bring an older database back, or stay until the newer roundup is there again.
_OTHERS = {"init", "demo", "restore", "schedule", "worker"}


def _commands(command: click.Command, *names: str) -> Iterator[str]:
    for name, each in getattr(command, "commands", {}).items():
        yield from _commands(each, *names, name)
    if not hasattr(command, "commands"):
        yield " ".join(names)


def test_every_command_is_tried() -> None:
    untried = {each for each in _commands(group) if not any(f"{line} ".startswith(f"{each} ") for line in _REFUSING)}
    assert _OTHERS == untried


def _a_newer_one(folder: Path) -> Path:
    """A newsletter whose database a roundup of the year 9999 has used."""
    directory = a_newsletter(folder, schedule={"approval": "required"}, bounces={"maildir": "returned"})
    for name in ("cur", "new", "tmp"):
        (directory / "returned" / name).mkdir(parents=True)
    with SqliteStore(path=directory / "roundup.db").to_write():
        pass
    _of_the_year_9999(directory)
    return directory


def _octets(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _is_refused(ran: Ran) -> bool:
    said = ran.out + ran.err
    why = f"made by a newer roundup than this one: its schema is 9999, and this version knows {head()}. Install"
    return ran.code == 1 and why in said and "Traceback" not in said and "fault of its own" not in said


def test_every_command_refuses_it_with_a_sentence_and_touches_nothing(tmp_path: Path) -> None:
    _a_newer_one(tmp_path)
    before = _octets(tmp_path)
    ran = run_lines([f"roundup -C newsletter {line}" for line in _REFUSING], tmp_path)
    assert [] == [each for each in ran if not _is_refused(each)]
    assert before == _octets(tmp_path)


def _of_the_year_9999(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "roundup.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def _as_a_newer_one_writes_it(file: Path, room: Path) -> None:
    """The backup, made one that a roundup of the year 9999 wrote."""
    with tarfile.open(file) as archive:
        names = archive.getnames()
        unpack(archive, room)
    _of_the_year_9999(room)
    manifest = json.loads((room / "manifest.json").read_text(encoding="utf-8"))
    manifest["schema"] = "9999"
    manifest["files"]["roundup.db"] = hashlib.sha256((room / "roundup.db").read_bytes()).hexdigest()
    (room / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with tarfile.open(file, "w:gz") as archive:
        for name in names:
            archive.add(room / name, arcname=name)


def test_a_backup_from_before_can_be_restored_over_it_and_one_of_its_own_is_refused(tmp_path: Path) -> None:
    directory, file, its_own = a_newsletter(tmp_path), tmp_path / "kept.tar.gz", tmp_path / "newer.tar.gz"
    run_lines(
        ["roundup -C newsletter subscribers import subscribers.csv", "roundup -C newsletter backup kept.tar.gz"],
        tmp_path,
    )
    shutil.copy(file, its_own)
    _as_a_newer_one_writes_it(its_own, tmp_path / "room")
    _of_the_year_9999(directory)
    newer = dump(directory)
    refused, restored = run_lines(
        [f"roundup -C newsletter restore {each.name} --hold" for each in (its_own, file)], tmp_path
    )
    assert (1, True) == (refused.code, "newer.tar.gz was made by a newer roundup" in refused.err), refused
    assert (0, True) == (restored.code, "would be mailed again" in restored.out), restored
    assert [(2,)] == rows(directory, "SELECT count(*) FROM subscribers")
    # What a refused one had kept aside would be a second one.
    (kept,) = directory.glob("before-restore-*.tar.gz")
    with tarfile.open(kept) as archive:
        unpack(archive, tmp_path / "aside", "roundup.db")
    assert newer == dump(tmp_path / "aside")
