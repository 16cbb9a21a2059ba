"""What a folder's files gave when they were last read, packed into a bookmark, so that only changed files are read.

A file counts as unchanged if its state in the file system (`folder_files.File.stamp`) is that of the last reading. That
alone is not safe: a file that was written, read, and written again within one tick of the file system's clock keeps its
state ("racy git", git's Documentation/technical/racy-git.txt). The newest change in the folder was made before the
folder was listed. So whatever was changed at least a tick before that newest one can't be written again with the same
time; whatever was changed within a tick of it is read again next time. No clock is asked for that, which need not be
that of the file system anyway.

What is read again and holds the same octets is not understood again: a site that is cloned anew for each run has new
states for all its files.

A row is one line of text with marks between its fields. Lists of lists in JSON took twice as long to be read, most of
it for the thousands of small lists, which the collector of garbage walks through.
"""

import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b

from roundup.gathering.documents import Undated
from roundup.gathering.folder_files import File
from roundup.model import Defect, Picture, Piece, Published, Skipped

#: What one file gave.
Found = Piece | Skipped | Undated | Defect

#: Changed whenever the same file would give another result: older bookmarks are then of no use.
READER = 3
#: One tick of the slowest kernels' clocks (HZ=100), in nanoseconds.
_TICK = 10_000_000
#: Where a file's time is in whole seconds, its file system has no finer clock: FAT counts by two.
_COARSE_TICK = 2_000_000_000
_SECOND = 1_000_000_000
_UNSETTLED = "-"
#: Between fields, between the parts of a field, between rows. No cleaned text holds any of them.
_FIELD, _PART, _ROW = "\x1f", "\x1e", "\n"
_SKIPPED, _UNDATED, _DEFECT, _PIECE = "s", "u", "d", "p"
#: How many fields a row has, by what it says.
_LENGTHS = {_UNDATED: 4, _SKIPPED: 5, _DEFECT: 6, _PIECE: 18}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The rows of a folder's files, by their paths."""

    #: Whatever else the results depend on: settings and versions.
    made_by: str
    #: A row: path, stamp, digest, what the file gave.
    rows: Mapping[str, str] = field(default_factory=dict)

    def of_unchanged(self, file: File, source: str) -> tuple[str, Found] | None:
        """The row of a file that is as it was, and what the file gave; None if it must be read."""
        row = self.rows.get(file.path)
        if row is None:
            return None
        fields = row.split(_FIELD)
        found = _found(fields, source) if fields[1] == file.stamp else None
        return None if found is None else (row, found)

    def of_same(self, path: str, digest: str, source: str) -> Found | None:
        """What a file gave that has been read again and holds the same octets; None if it does not."""
        fields = self.rows.get(path, "").split(_FIELD)
        return _found(fields, source) if len(fields) > 3 and fields[2] == digest else None


def unpacked(blob: bytes | None, made_by: str) -> Contents:
    """What `packed` packed; nothing if that was another version, other settings, or is damaged: all is read then."""
    try:
        # Its checksum says whether it is damaged (RFC 1950 §2.2).
        theirs, *rows = zlib.decompress(blob or b"").decode("utf-8").split(_ROW)
    except (zlib.error, ValueError):
        return Contents(made_by=made_by)
    if theirs != _one_line(made_by):
        return Contents(made_by=made_by)
    return Contents(made_by=made_by, rows={row[: row.find(_FIELD)]: row for row in rows})


def packed(contents: Contents) -> bytes:
    """The contents as octets. Level 1: a higher one takes three times as long for a tenth of the size."""
    text = _ROW.join((_one_line(contents.made_by), *contents.rows.values()))
    return zlib.compress(text.encode("utf-8", "replace"), 1)


def digest_of(octets: bytes) -> str:
    """What tells a file's octets from any others."""
    return b64encode(blake2b(octets, digest_size=15).digest()).decode("ascii")


def row_of(file: File, digest: str, found: Found, *, newest: int) -> str | None:
    """What a file gave, to be packed; None if it can't be. `newest` is the newest change in the folder."""
    tick = _COARSE_TICK if file.changed % _SECOND == 0 else _TICK
    fields = [file.path, file.stamp if file.changed < newest - tick else _UNSETTLED, digest, *_fields(found)]
    row = _FIELD.join(fields)
    # A path may hold anything but a slash and NUL.
    return row if row.count(_FIELD) == len(fields) - 1 and _ROW not in row else None


def newest_change(files: Sequence[File]) -> int:
    """The newest change among some files, in nanoseconds of their file system's clock; 0 for none."""
    return max((file.changed for file in files), default=0)


def _fields(found: Found) -> tuple[str, ...]:
    """What a file gave, as texts."""
    if isinstance(found, Skipped):
        return _SKIPPED, found.because
    if isinstance(found, Undated):
        return (_UNDATED,)
    if isinstance(found, Defect):
        return _DEFECT, found.where, found.what
    when, picture = found.published, found.picture
    is_day = when is not None and when.day is not None
    return (
        _PIECE,
        found.title,
        found.link,
        "" if when is None else when.at.isoformat(),
        "" if when is None or not is_day else when.latest.isoformat(),
        "" if when is None or when.day is None else when.day.isoformat(),
        found.excerpt,
        _PART.join(found.authors),
        "" if found.comments is None else str(found.comments),
        _PART.join(found.tags),
        "" if picture is None else picture.url,
        "" if picture is None else picture.alt,
        "" if picture is None or picture.width is None else str(picture.width),
        "" if picture is None or picture.height is None else str(picture.height),
        found.language,
    )


def _found(fields: Sequence[str], source: str) -> Found | None:
    """What some texts tell of; None if they are not what `_fields` makes."""
    if len(fields) < 4 or _LENGTHS.get(fields[3]) != len(fields):
        return None
    try:
        return _made(fields, source)
    except ValueError:
        return None


def _made(fields: Sequence[str], source: str) -> Found:
    """What as many texts as there must be tell of. Raises ValueError for a date or a number that is none."""
    path, _, _, kind, *told = fields
    if kind == _SKIPPED:
        return Skipped(where=path, because=told[0])
    if kind == _UNDATED:
        return Undated(where=path)
    if kind == _DEFECT:
        return Defect(source=source, where=told[0], what=told[1])
    title, link, at, latest, day, excerpt, authors, comments, tags, url, alt, width, height, language = told
    return Piece(
        id=path,
        source=source,
        title=title,
        link=link,
        published=_published(at, latest, day) if at else None,
        excerpt=excerpt,
        authors=_parts(authors),
        comments=int(comments) if comments else None,
        tags=_parts(tags),
        picture=_picture(url, alt, width, height) if url else None,
        language=language,
    )


def _picture(url: str, alt: str, width: str, height: str) -> Picture:
    return Picture(url=url, alt=alt, width=int(width) if width else None, height=int(height) if height else None)


@lru_cache(maxsize=10_000)
def _parts(text: str) -> tuple[str, ...]:
    """Names or tags, which are the same ones for many pieces."""
    return tuple(text.split(_PART)) if text else ()


def _published(at: str, latest: str, day: str) -> Published:
    instant = datetime.fromisoformat(at)
    if not day:
        return Published(at=instant, latest=instant)
    return Published(at=instant, latest=datetime.fromisoformat(latest), day=date.fromisoformat(day))


def _one_line(text: str) -> str:
    """A text that is a row of its own."""
    return text.replace(_ROW, " ").encode("utf-8", "replace").decode("utf-8")
