"""A content folder as a source: the files that a site's generator makes its pages of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path, PurePosixPath

from roundup import __version__
from roundup.gathering import SOURCE_SECONDS
from roundup.gathering.counting import Counter, counted
from roundup.gathering.documents import Home, Undated, UnusableError, judged, told_by_neighbours
from roundup.gathering.folder_contents import (
    READER,
    Contents,
    Found,
    digest_of,
    newest_change,
    packed,
    row_of,
    unpacked,
)
from roundup.gathering.folder_files import File, failure, listed
from roundup.gathering.frontmatter import FrontMatterError, split
from roundup.gathering.patterns import check_pattern
from roundup.model import Bookmark, Counts, Defect, Piece, Reading, Skipped

__all__ = ["FolderSource", "Habits", "check_pattern"]

#: The most octets of one file; a longer one is no text that somebody wrote.
MAX_BYTES = 5_000_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a site writes its files, where they alone don't say it."""

    #: The names to print, by what the files say (`gray`).
    authors: Mapping[str, str] = field(default_factory=dict)
    #: The language of the pieces, `en` or `pt-BR`; empty: files in all languages count.
    language: str = ""


class _UnreadableError(Exception):
    """The file can't be read. The message is for an editor; `line` is its line, 0 for the whole file."""

    def __init__(self, what: str, *, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


class FolderSource:
    """A content folder. `link` is the pattern of its pieces' addresses; `zone` is for dates without one; `counters` say
    where comments are counted.

    Raises ValueError for a pattern that gives no web address.
    """

    def __init__(
        self,
        *,
        name: str,
        folder: Path,
        link: str,
        zone: tzinfo,
        counters: Sequence[Counter] = (),
        habits: Habits | None = None,
    ) -> None:
        check_pattern(link)
        given = habits or Habits()
        authors = {word.casefold(): printed for word, printed in given.authors.items()}
        self._counters = counters
        self._folder = folder
        self._home = Home(source=name, link=link, zone=zone, authors=authors, language=given.language)

    @property
    def name(self) -> str:
        """What editors call it."""
        return self._home.source

    def read(self, bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:  # noqa: ARG002  waits for nobody
        """Every piece in the folder and the folders in it, in the order of their paths. A folder lists all it has.

        What is no piece (drafts, private files, section pages) is skipped, with the reason. A file that is as it was
        at the reading that gave the bookmark is not read again.
        """
        trouble = failure(self._folder)
        if trouble:
            return Reading(source=self.name, failure=trouble, whole=True)
        listing = listed(self._folder, source=self.name, language=self._home.language)
        before = unpacked(bookmark.contents, self._made_by)
        newest = newest_change(listing.files)
        found: list[Found] = [*listing.skipped, *listing.defects]
        rows: dict[str, str] = {}
        for file in listing.files:
            row, made = before.of_unchanged(file, self.name) or self._read(file, before, newest)
            found.append(made)
            if row is not None:
                rows[file.path] = row
        # The same octets, so that nobody writes megabytes down for nothing.
        is_same = bookmark.contents is not None and rows == before.rows
        contents = bookmark.contents if is_same else packed(Contents(made_by=self._made_by, rows=rows))
        pieces = tuple(each for each in found if isinstance(each, Piece))
        found += told_by_neighbours((each for each in found if isinstance(each, Undated)), pieces, self.name)
        return Reading(
            source=self.name,
            pieces=pieces,
            defects=tuple(each for each in found if isinstance(each, Defect)),
            skipped=tuple(each for each in found if isinstance(each, Skipped)),
            bookmark=Bookmark(contents=contents),
            whole=True,
        )

    def is_gone(self, link: str, *, seconds: float = SOURCE_SECONDS) -> bool:  # noqa: ARG002  a folder lists all it has
        """Always False: a piece is gone when its file is."""
        return False

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """What its counters say."""
        return counted(pieces, self._counters, seconds=seconds)

    @property
    def _made_by(self) -> str:
        """All that a file's result depends on besides the file."""
        home = self._home
        settings = (home.link, str(home.zone), sorted(home.authors.items()), home.language)
        return f"{__version__} {READER} {settings!r}"

    def _read(self, file: File, before: Contents, newest: int) -> tuple[str | None, Found]:
        """What a file gives, and the row to remember that by; None for what may be otherwise next time."""
        try:
            octets = _octets(self._folder / file.path)
        except OSError as error:
            what = f"The file can't be read ({error.strerror}); check its permissions."
            return None, Defect(source=self.name, where=file.path, what=what)
        digest = digest_of(octets)
        found = before.of_same(file.path, digest, self.name) or self._judged(PurePosixPath(file.path), octets)
        return row_of(file, digest, found, newest=newest), found

    def _judged(self, path: PurePosixPath, octets: bytes) -> Found:
        """What a file's octets are: a piece, why they are none, or a defect with file and line."""
        where = path.as_posix()
        try:
            return judged(path, split(_decoded(octets)), self._home)
        except (FrontMatterError, _UnreadableError) as error:
            place = f"{where}:{error.line}" if error.line else where
            return Defect(source=self.name, where=place, what=f"The file {error}.")
        except UnusableError as error:
            return Defect(source=self.name, where=where, what=f"The file {error}.")


def _octets(file: Path) -> bytes:
    """The octets of a file; of one that is too large one more than are allowed. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _decoded(octets: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with the mark that Windows puts before it. Raises _UnreadableError."""
    if len(octets) > MAX_BYTES:
        raise _UnreadableError(f"is larger than {MAX_BYTES:,} bytes, so it was not read")
    try:
        return octets.decode("utf-16" if octets.startswith(_UTF_16) else "utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _UnreadableError("is not written in UTF-8; save it as UTF-8", line=line) from error
