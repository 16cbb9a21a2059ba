"""The files of a content folder: which may be pieces, and by what the file system knows a changed one.

Only names and file states are read. The octets of a file are read by `octets_of`.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from roundup.gathering import exclusions
from roundup.gathering.languages import twins
from roundup.model import Defect, Skipped
from roundup.words import borrowed, say

_SUFFIXES = (".md", ".markdown", ".mdx", ".mdown", ".mkd", ".html", ".htm", ".rst", ".txt")
#: Jekyll keeps its pieces in `_posts`; all other folders with a `_` hold layouts, data and what was built.
_CONTENT_FOLDERS = frozenset({"_posts", "_drafts"})
_MATTER = ".meta"
_NO_CONTENT_FOLDERS = frozenset({"node_modules", "__pycache__"})
#: The most octets of one file; a longer one is no text that somebody wrote.
MAX_BYTES = 5_000_000


class File(NamedTuple):
    """A file that may be a piece."""

    #: Relative to the folder, with forward slashes.
    path: str
    #: By what a changed file is known without being read: its times, size and inode. Nobody can write to it and keep
    #: them all, since the change time is the file system's own, while `cp -p` and `tar` set the other one.
    stamp: str
    #: That change time, in nanoseconds.
    changed: int
    #: The file beside it that holds its front matter (Nikola's `a-piece.meta`); empty: there is none.
    matter_path: str = ""


@dataclass(slots=True)
class Listing:
    """What is in a folder and the folders in it: a folder's own files before those in deeper ones, each sorted."""

    files: list[File] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    #: A folder could not be listed, so that what is missing may be there.
    partial: bool = False


def failure(folder: Path) -> str | None:
    """Why the folder can't be read, as a sentence for an editor; None when it can.

    Believed empty, an unreadable folder would mean that all its pieces are gone.
    """
    try:
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError):
        return say("There is no folder {folder}. Correct the source's folder in roundup.toml.", folder=folder)
    except (OSError, ValueError) as error:
        return say(
            "The folder {folder} can't be read ({reason}). Check its permissions.",
            folder=folder,
            reason=borrowed(getattr(error, "strerror", None) or error),
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
            what = say("The folder can't be read ({strerror}).", strerror=borrowed(error.strerror))
            listing.defects.append(Defect(source=source, where=_shown(prefix.rstrip("/") or "."), what=what))
            listing.partial = True
            continue
        folders = list(_folders(rows, prefix, listing))
        # The last one put in is the first one taken out.
        waiting += [(row.path, f"{prefix}{row.name}/", is_draft or _is_draft(row)) for row in reversed(folders)]
        first = len(listing.files)
        for row in rows:
            if row.name[0] != "." and row.name.lower().endswith(_SUFFIXES):
                _add(row, f"{prefix}{row.name}", root, listing, source=source, is_draft=is_draft)
        matters = {row.name.removesuffix(_MATTER): row for row in rows if row.name.endswith(_MATTER)}
        if matters:
            listing.files[first:] = [_with_matter(file, prefix, matters) for file in listing.files[first:]]
    if not language:
        _tell_languages(listing, source)
    return listing


def _folders(rows: list[os.DirEntry[str]], prefix: str, listing: Listing) -> Iterator[os.DirEntry[str]]:
    """The folders that hold content. Links are not followed: inside, they lead to what is listed anyway."""
    for row in rows:
        name = row.name.lower()
        if name.startswith(".") or name in _NO_CONTENT_FOLDERS or not _is_folder(row):
            continue
        if row.is_symlink():
            listing.skipped.append(Skipped(where=_shown(f"{prefix}{row.name}/"), because=exclusions.LINKED))
        elif name.startswith("_") and name not in _CONTENT_FOLDERS:
            listing.skipped.append(Skipped(where=_shown(f"{prefix}{row.name}/"), because=exclusions.HIDDEN))
        else:
            yield row


def _is_folder(row: os.DirEntry[str]) -> bool:
    """Whether a row is a folder, or a link to one."""
    try:
        return row.is_dir()
    except OSError:
        return False


def _is_draft(row: os.DirEntry[str]) -> bool:
    return exclusions.is_draft_folder(row.name)


def _add(row: os.DirEntry[str], path: str, root: str, listing: Listing, *, source: str, is_draft: bool) -> None:
    """One content file, where it belongs."""
    try:
        state = row.stat()
    except OSError:
        state = None
        if not row.is_symlink():
            listing.skipped.append(Skipped(where=_shown(path), because=exclusions.GONE))
            return
    if state is not None and stat.S_ISDIR(state.st_mode):
        return
    because = exclusions.DRAFT if is_draft else exclusions.by_name(row.name)
    wrong = _what_is_wrong(row, path, state, root)
    if because:
        listing.skipped.append(Skipped(where=_shown(path), because=because))
    elif state is None or wrong:
        listing.defects.append(Defect(source=source, where=_shown(path), what=wrong))
    else:
        listing.files.append(File(path, _stamp(state), state.st_ctime_ns))


def _with_matter(file: File, prefix: str, matters: Mapping[str, os.DirEntry[str]]) -> File:
    """A file with the one beside it that holds its front matter, if there is one: it has changed if either has."""
    row = matters.get(file.path.removeprefix(prefix).rpartition(".")[0])
    try:
        if row is None or row.is_symlink() or not row.is_file():
            return file
        state = row.stat()
    except OSError:
        return file
    stamp, changed = f"{file.stamp} {_stamp(state)}", max(file.changed, state.st_ctime_ns)
    return File(file.path, stamp, changed, f"{prefix}{row.name}")


def _stamp(state: os.stat_result) -> str:
    return f"{state.st_mtime_ns} {state.st_ctime_ns} {state.st_size} {state.st_ino}"


def _what_is_wrong(row: os.DirEntry[str], path: str, state: os.stat_result | None, root: str) -> str:
    """Why a file can't be read, as a sentence for an editor; empty when it can."""
    if not _is_text(path):
        return say("The file's name is not UTF-8. Rename it.")
    if state is None:
        return say("The file is a link that leads nowhere. Correct or delete it.")
    if not stat.S_ISREG(state.st_mode):
        return say("This is no file but a pipe, a socket or a device. Delete it, or move it out of the folder.")
    if row.is_symlink() and not Path(os.path.realpath(row.path)).is_relative_to(root):
        return say("The file is a link that leads out of the folder, so it was not read. Put the file itself here.")
    return ""


def octets_of(file: Path) -> bytes:
    """The octets of a file; of one that is too large one more than are allowed. Raises OSError."""
    # What was a file when it was listed may be a pipe now, and would be waited for.
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError(errno.EINVAL, say("it is no file any more"))
        return opened.read(MAX_BYTES + 1)


def _tell_languages(listing: Listing, source: str) -> None:
    """A defect if the same piece is there in several languages, and nobody has chosen one."""
    pair = twins(file.path for file in listing.files)
    if pair is not None:
        what = say(
            "The files {one} and {other} are one piece in two languages, and both count. Write "
            'language = "en" (or another one) under this source in roundup.toml to take one of them.',
            one=pair[0],
            other=pair[1],
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
