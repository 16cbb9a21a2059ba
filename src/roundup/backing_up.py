"""A backup: one file with all of a newsletter that nothing else could bring back.

A gzipped tar. `manifest.json` stands first and names every other file with its SHA-256. The database is in it as one
file, whatever it is called in the newsletter. Content folders are not: they belong to the website and its own backup.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from roundup import __version__, scaffold
from roundup.credentials import SECRET_FILE
from roundup.errors import RoundupError, StoreError
from roundup.list_changes import FOLLOWED_FILE
from roundup.settings import FILE
from roundup.store import Store, copies, migrate
from roundup.words import borrowed, say

#: The database's name in a backup.
DATABASE = "roundup.db"
_MANIFEST = "manifest.json"
_FORMAT = 1
_FOLDERS = ("issues", "templates")
_ONLY_OURS = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    newsletter: str
    #: When the copying began; what happened later may be missing. Aware.
    taken_at: datetime
    version: str
    schema: str
    #: Rows of the database, by table.
    rows: dict[str, int]
    #: SHA-256 in hexadecimal, by name.
    files: dict[str, str]


def back_up(directory: Path, store: Store, target: Path, *, newsletter: str, at: datetime) -> Manifest:
    """Write a backup of the newsletter in `directory` to `target`, mode 600, in place of what was there once it has
    been read again and found good. Raises `StoreError`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.with_name(f".{target.name}.partial")
    with scaffold.held(folder) as ours:
        if not ours:
            raise StoreError(say("Another backup is being written to {path}. Nothing was changed.", path=target))
        try:
            scaffold.clear(folder)
            return back_up_by(folder, directory, store, target, newsletter=newsletter, at=at)
        finally:
            scaffold.remove(folder)


def back_up_by(folder: Path, directory: Path, store: Store, target: Path, *, newsletter: str, at: datetime) -> Manifest:
    """The same; it is made ready in `folder`, which is empty, on the disk of `target`, and somebody else's to clear."""
    copied, partial = folder / DATABASE, folder / "backup"
    store.copy(copied)
    schema, rows = copies.counts(copied)
    # What else belongs to such a newsletter is not known here.
    migrate.check_known(schema, store.name)
    files = {**_files(directory), DATABASE: copied}
    manifest = Manifest(
        newsletter=newsletter,
        taken_at=at,
        version=__version__,
        schema=schema,
        rows=rows,
        files={name: _digest(path) for name, path in files.items()},
    )
    _write(partial, manifest, files)
    checked = folder / "again"
    checked.mkdir(mode=0o700)
    if unpack(partial, checked) != manifest:
        raise StoreError(say("{path} could not be read again as it was written. Nothing was kept.", path=target))
    partial.replace(target)
    copies.to_disk(target.parent)
    return manifest


def keep_as_it_is(folder: Path, directory: Path, database: Path, target: Path) -> bool:
    """Write what is there of a newsletter to `target`, octet by octet: no backup, because its database is none or
    cannot be read. Returns whether anything was there. `folder`: see `back_up_by`."""
    found = _files(directory)
    # With what its journals hold, of which somebody may make something.
    beside = [database.with_name(database.name + ending) for ending in ("", "-wal", "-journal")]
    found |= {f"{DATABASE}{path.name.removeprefix(database.name)}": path for path in beside if path.is_file()}
    if not found:
        return False
    partial = folder / "as-it-is"
    _write(partial, None, found)
    partial.replace(target)
    copies.to_disk(target.parent)
    return True


def unpack(file: Path, folder: Path) -> Manifest:
    """Lay the files of a backup into an empty `folder`, and look through every one. Raises `StoreError` if it is no
    backup or is damaged."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            manifest = _manifest_in(archive)
            for member in archive:
                _lay_down(archive, member, folder, manifest)
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            say("{path} is no whole backup: {error}. Nothing was changed.", path=file, error=borrowed(error))
        ) from None
    migrate.check_known(manifest.schema, str(file))
    missing = [name for name in manifest.files if not (folder / name).is_file()]
    if missing or DATABASE not in manifest.files:
        raise StoreError(say("{path} is no whole backup. Nothing was changed.", path=file))
    if copies.counts(folder / DATABASE) != (manifest.schema, manifest.rows):
        raise StoreError(say("{path} holds another database than it says. Nothing was changed.", path=file))
    return manifest


def _files(directory: Path) -> dict[str, Path]:
    """The files of the newsletter by their names in the backup, but for the database."""
    found = [directory / name for name in (FILE, SECRET_FILE, FOLLOWED_FILE)]
    for name in _FOLDERS:
        found += sorted((directory / name).rglob("*"))
    found += _named_in(directory)
    return {path.relative_to(directory).as_posix(): path for path in found if path.is_file()}


def _named_in(directory: Path) -> Iterator[Path]:
    """Files in the directory that roundup.toml names: keys, counts, feeds kept as files."""
    try:
        told = tomllib.loads((directory / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # Settings that nobody can read are kept as they are.
        return
    for text in _texts(told):
        name = PurePosixPath(text)
        is_ours = text and len(text) < 200 and "\0" not in text and not name.is_absolute() and ".." not in name.parts
        if is_ours and "://" not in text and (directory / name).is_file():
            yield directory / name


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(target: Path, manifest: Manifest | None, files: dict[str, Path]) -> None:
    handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _ONLY_OURS)
    with os.fdopen(handle, "wb") as raw:
        with (
            gzip.GzipFile(fileobj=raw, mode="wb", filename="") as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            if manifest is not None:
                told = json.dumps(_as_json(manifest), ensure_ascii=False, indent=2).encode()
                head = tarfile.TarInfo(_MANIFEST)
                head.size, head.mode = len(told), _ONLY_OURS
                archive.addfile(head, io.BytesIO(told))
            for name, path in files.items():
                archive.add(path.resolve(), arcname=name, recursive=False)
        raw.flush()
        os.fsync(raw.fileno())


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "newsletter": manifest.newsletter,
        "taken_at": manifest.taken_at.isoformat(),
        "version": manifest.version,
        "schema": manifest.schema,
        "rows": manifest.rows,
        "files": manifest.files,
    }


def _manifest_in(archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    file = archive.extractfile(first) if first is not None and first.name == _MANIFEST else None
    if file is None:
        raise ValueError(_MANIFEST)
    told = json.loads(file.read())
    if told["format"] != _FORMAT:
        raise RoundupError(say("This backup was made by a newer roundup than this one. Nothing was changed."))
    at = datetime.fromisoformat(told["taken_at"])
    return Manifest(
        newsletter=told["newsletter"],
        taken_at=at,
        version=told["version"],
        schema=told["schema"],
        rows=told["rows"],
        files=told["files"],
    )


def _lay_down(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, manifest: Manifest) -> None:
    """One file. A name that leads out of the folder, or a link, is no file that we wrote."""
    if member.name == _MANIFEST:
        return
    name = PurePosixPath(member.name)
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or name.is_absolute() or ".." in name.parts or member.name not in manifest.files:
        raise ValueError(member.name)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = _ONLY_OURS if member.name in (SECRET_FILE, DATABASE) else member.mode & 0o755
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as laid:
        shutil.copyfileobj(content, laid)
        laid.flush()
        os.fsync(laid.fileno())
    if _digest(path) != manifest.files[member.name]:
        raise ValueError(member.name)
