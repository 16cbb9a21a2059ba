"""The files of a content folder: which may be pieces, and by what the file system knows a changed one. Reads names and
file states only."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from roundup.gathering import exclusions
from roundup.gathering.languages import twins
from roundup.model import Defect, Skipped

_SUFFIXES = (".md", ".markdown", ".mdx", ".mdown", ".mkd", ".html", ".htm", ".rst", ".txt")
#: Jekyll keeps its pieces in `_posts`; all other folders with a `_` hold layouts, data and what was built.
_CONTENT_FOLDERS = frozenset({"_posts", "_drafts"})
_NO_CONTENT_FOLDERS = frozenset({"node_modules", "__pycache__"})


class File(NamedTuple):
    """A file that may be a piece."""

    #: Relative to the folder, with forward slashes.
    path: str
    #: By what a changed file is known without being read: its times, size and inode. Nobody can write to it and keep
    #: them all, since the change time is the file system's own, while `cp -p` and `tar` set the other one.
    stamp: str
    #: That change time, in nanoseconds.
    changed: int


@dataclass(slots=True)
class Listing:
    """What is in a folder and the folders in it: a folder's own files before those in deeper ones, each sorted."""

    files: list[File] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)


def failure(folder: Path) -> str | None:
    """Why the folder can't be read, as a sentence for an editor; None when it can.

    Believed empty, an unreadable folder would mean that all its pieces are gone.
    """
    try:
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError):
        return f"There is no folder {folder}. Correct the source's folder in roundup.toml."
    except (OSError, ValueError) as error:
        return (
            f"The folder {folder} can't be read ({getattr(error, 'strerror', None) or error}). Check its permissions."
        )
    return None


def listed(folder: Path, *, source: str, language: str) -> Listing:
    """All content files below a folder. Never raises: what can't be listed is a defect."""
    listing = Listing()
    root = os.path.realpath(folder)
    waiting: list[tuple[str, str, bool]] = [(str(folder), "", False)]
    while waiting:
        place, prefix, is_draft = waiting.pop()
        try:
            with os.scandir(place) as found:
                rows = sorted(found, key=lambda row: row.name)
        except OSError as error:
            what = f"The folder can't be read ({error.strerror})."
            listing.defects.append(Defect(source=source, where=ascii(prefix or ".").strip("'"), what=what))
            continue
        folders = list(_folders(rows, prefix, listing))
        # The last one put in is the first one taken out.
        waiting += [(row.path, f"{prefix}{row.name}/", is_draft or _is_draft(row)) for row in reversed(folders)]
        for row in rows:
            if row.name[0] != "." and row.name.lower().endswith(_SUFFIXES):
                _add(row, f"{prefix}{row.name}", root, listing, source=source, is_draft=is_draft)
    if not language:
        _tell_languages(listing, source)
    return listing


def _folders(rows: list[os.DirEntry[str]], prefix: str, listing: Listing) -> Iterator[os.DirEntry[str]]:
    """The folders that hold content. Links are not followed: inside, they lead to what is listed anyway."""
    for row in rows:
        name = row.name.lower()
        if not row.is_dir(follow_symlinks=False) or name.startswith(".") or name in _NO_CONTENT_FOLDERS:
            continue
        if name.startswith("_") and name not in _CONTENT_FOLDERS:
            listing.skipped.append(Skipped(where=_shown(f"{prefix}{row.name}/"), because=exclusions.HIDDEN))
        else:
            yield row


def _is_draft(row: os.DirEntry[str]) -> bool:
    return exclusions.is_draft_folder(row.name)


def _add(row: os.DirEntry[str], path: str, root: str, listing: Listing, *, source: str, is_draft: bool) -> None:
    """One content file, where it belongs."""
    try:
        is_link = row.is_symlink()
        if not row.is_file():
            return
        leads_out = is_link and not Path(row.path).resolve().is_relative_to(root)
        state = row.stat()
    except (OSError, RuntimeError):
        # It went while it was listed, or is a link to itself.
        return
    because = exclusions.DRAFT if is_draft else exclusions.by_name(row.name)
    if not _is_text(path):
        what = "The file's name is not UTF-8. Rename it."
        listing.defects.append(Defect(source=source, where=_shown(path), what=what))
    elif because:
        listing.skipped.append(Skipped(where=path, because=because))
    elif leads_out:
        what = "The file is a link that leads out of the folder, so it was not read. Put the file itself here."
        listing.defects.append(Defect(source=source, where=path, what=what))
    else:
        changed = state.st_ctime_ns
        stamp = f"{state.st_mtime_ns} {changed} {state.st_size} {state.st_ino}"
        listing.files.append(File(path, stamp, changed))


def _tell_languages(listing: Listing, source: str) -> None:
    """A defect if the same piece is there in several languages, and nobody has chosen one."""
    pair = twins(file.path for file in listing.files)
    if pair is not None:
        what = (
            f"The files {pair[0]} and {pair[1]} are one piece in two languages, and both count. "
            f'Write language = "en" (or another one) under this source in roundup.toml to take one of them.'
        )
        listing.defects.append(Defect(source=source, where=pair[1], what=what))


def _shown(path: str) -> str:
    """A path that can be stored and mailed; a file system's octets need not be text."""
    return path if _is_text(path) else ascii(path)


def _is_text(name: str) -> bool:
    if name.isascii():
        return True
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
