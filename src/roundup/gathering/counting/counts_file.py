"""An owner's own counts: a CSV or JSON file beside roundup.toml, or at an address, of pieces and how many comments
each has."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.gathering.comments import number
from roundup.gathering.counting.threads import by_piece
from roundup.gathering.fetching import Fetcher, FetchError
from roundup.model import Bookmark, Defect, Piece
from roundup.words import borrowed, figures, say, say_many

#: The most octets of a file.
MAX_BYTES = 5_000_000
#: How many lines without a number are told.
_TOLD = 5
_NAMES = ("url", "link", "address", "permalink", "page", "path", "slug", "id", "guid", "thread", "post")
_COUNTS = ("count", "comments", "comment_count", "comments_count", "commentcount", "total", "replies")
_TABLES = ("counts", "comments", "pages", "posts", "items", "data", "threads")


class _UnreadableError(Exception):
    """The file holds no counts. The message says why, for an editor."""


@dataclass(slots=True)
class _Found:
    """What a file holds."""

    threads: dict[str, int] = field(default_factory=dict)
    #: Lines or entries without a number that can be used, and what they say.
    unusable: list[tuple[str, str]] = field(default_factory=list)

    def take(self, name: object, count: object, where: str) -> None:
        """Take one pair, or note why not."""
        found = number(count)
        if found is None or not isinstance(name, str | int) or not str(name).strip():
            self.unusable.append(
                (where, say("“{count}” is no number of comments", count=count) if found is None else say("no address"))
            )
        else:
            self.threads[str(name)] = max(found, self.threads.get(str(name), 0))


class CountsFile:
    """Implements `Counter`. `place` is the file, or its address; `source` whose pieces it counts, for defects.

    CSV: an address, path, slug or id, and a number, in columns called so (`url,count`), or in the first two; JSON: an
    object of numbers by address, or a list of objects.
    """

    def __init__(self, place: Path | str, *, source: str, fetcher: Fetcher, allow_private: bool = False) -> None:
        self._place = place
        self._source = source
        self._fetcher = fetcher
        self._allow_private = allow_private

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """See `Counter`."""
        name = self._place.name if isinstance(self._place, Path) else self._place
        try:
            found = _read(self._octets(seconds))
        except (_UnreadableError, FetchError) as error:
            return Counts(defects=(Defect(source=self._source, where=name, what=str(error)),))
        defects = [
            Defect(source=self._source, where=f"{name}:{where}", what=f"{what[0].upper()}{what[1:]}.")
            for where, what in found.unusable[:_TOLD]
        ]
        if len(found.unusable) > _TOLD:
            what = say_many(
                "{count} more line holds no number that can be used.",
                "{count} more lines hold no number that can be used.",
                len(found.unusable) - _TOLD,
            )
            defects.append(Defect(source=self._source, where=name, what=what))
        return Counts(by_id=by_piece(found.threads, pieces), defects=tuple(defects))

    def _octets(self, seconds: float) -> bytes:
        """Raises _UnreadableError, FetchError."""
        if not isinstance(self._place, Path):
            return self._fetcher.fetch(
                self._place, bookmark=Bookmark(), allow_private=self._allow_private, seconds=seconds
            ).body
        try:
            with self._place.open("rb") as file:
                octets = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise _UnreadableError(
                say("There is no such file. Correct `file` under comments in roundup.toml.")
            ) from None
        except OSError as error:
            raise _UnreadableError(
                say("It can't be read ({strerror}). Check its permissions.", strerror=borrowed(error.strerror))
            ) from None
        if len(octets) > MAX_BYTES:
            raise _UnreadableError(say("It is larger than {most} bytes, so it was not read.", most=figures(MAX_BYTES)))
        return octets


def _read(octets: bytes) -> _Found:
    """What the file holds. Raises _UnreadableError."""
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(say("It is not written in UTF-8 (line {line}); save it as UTF-8.", line=line)) from None
    if text.lstrip().startswith(("{", "[")):
        return _from_json(text)
    return _from_csv(text)


def _from_json(text: str) -> _Found:
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise _UnreadableError(
            say("It is no whole JSON: line {line}, {what}.", line=error.lineno, what=borrowed(error.msg.lower()))
        ) from None
    except (ValueError, RecursionError):
        raise _UnreadableError(say("It is no JSON that can be read.")) from None
    found = _Found()
    for name, value in _pairs(told):
        found.take(*value, name)
    if not found.threads and not found.unusable and told:
        raise _UnreadableError(
            say('It holds no counts. Write {{"/2026/11/a-piece/": 12}}, or [{{"url": …, "count": …}}].')
        )
    return found


def _pairs(told: Any) -> Iterable[tuple[str, tuple[object, object]]]:
    """Where each pair stands, its name and its number."""
    if isinstance(told, Mapping):
        for table in _TABLES:
            if isinstance(told.get(table), Mapping | list):
                yield from _pairs(told[table])
                return
        for name, value in told.items():
            yield str(name), (name, _field(value, _COUNTS) if isinstance(value, Mapping) else value)
    elif isinstance(told, list):
        for number, value in enumerate(told, start=1):
            if isinstance(value, Mapping):
                yield say("entry {number}", number=number), (_field(value, _NAMES), _field(value, _COUNTS))
            elif isinstance(value, list) and len(value) == 2:
                yield say("entry {number}", number=number), (value[0], value[1])
            else:
                yield say("entry {number}", number=number), (None, None)


def _field(entry: Mapping[str, Any], names: Sequence[str]) -> object:
    folded = {str(key).casefold().replace("-", "_").replace(" ", "_"): value for key, value in entry.items()}
    return next((folded[name] for name in names if name in folded), None)


def _from_csv(text: str) -> _Found:
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise _UnreadableError(say("It can't be read as a table ({error}).", error=borrowed(error))) from None
    has_heading = bool(rows) and number(rows[0][1] if len(rows[0]) > 1 else None) is None
    columns = _columns(rows[0]) if has_heading else (0, 1)
    found = _Found()
    for line, row in list(enumerate(rows, start=1))[has_heading:]:
        if any(cell.strip() for cell in row):
            name, count = (row[column] if column < len(row) else "" for column in columns)
            found.take(name, count, str(line))
    return found


def _columns(heading: Sequence[str]) -> tuple[int, int]:
    """Which columns hold the address and the number. Raises _UnreadableError."""
    told = [cell.strip().casefold().replace("-", "_").replace(" ", "_") for cell in heading]
    name = next((told.index(each) for each in _NAMES if each in told), None)
    count = next((told.index(each) for each in _COUNTS if each in told), None)
    if name is None or count is None:
        raise _UnreadableError(say("Its first line must name the columns, such as url,count."))
    return name, count
