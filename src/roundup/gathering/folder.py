"""A content folder as a source: the files that a site's generator makes its pages of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path, PurePosixPath

from roundup import __version__
from roundup.gathering import SOURCE_SECONDS, Counts, exclusions
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
from roundup.gathering.folder_files import MAX_BYTES, File, failure, listed, octets_of
from roundup.gathering.frontmatter import FrontMatterError, split
from roundup.gathering.patterns import check_pattern
from roundup.gathering.sitedata import site_data
from roundup.model import Bookmark, Defect, Piece, Reading, Skipped
from roundup.words import borrowed, figures, say, spoken

__all__ = ["FolderSource", "Habits", "check_pattern"]

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
        site = site_data(self._folder, self.name)
        # What an editor says goes before what the site says.
        home = replace(self._home, authors={**site.authors, **self._home.authors})
        given, contents = self._given(listing.files, bookmark.contents, home)
        pieces = tuple(each for each in given if isinstance(each, Piece))
        undated = told_by_neighbours((each for each in given if isinstance(each, Undated)), pieces, self.name)
        told = (*listing.skipped, *listing.defects, *site.defects, *given, *undated)
        skipped = tuple(each for each in told if isinstance(each, Skipped))
        return Reading(
            source=self.name,
            pieces=pieces,
            defects=tuple(each for each in told if isinstance(each, Defect)),
            skipped=skipped,
            bookmark=Bookmark(contents=contents),
            whole=True,
            # A folder that changes while it is read may be half of what it will be: nothing is gone yet.
            partial=listing.partial or any(each.because == exclusions.GONE for each in skipped),
        )

    def is_gone(self, link: str, *, seconds: float = SOURCE_SECONDS) -> bool:  # noqa: ARG002  a folder lists all it has
        """Always False: a piece is gone when its file is."""
        return False

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """What its counters say."""
        return counted(pieces, self._counters, seconds=seconds)

    def _given(self, files: Sequence[File], blob: bytes | None, home: Home) -> tuple[list[Found], bytes | None]:
        """What each file gives, and the contents of the bookmark to know that by."""
        made_by = _made_by(home)
        before = unpacked(blob, made_by)
        newest = newest_change(files)
        found: list[Found] = []
        rows: dict[str, str] = {}
        for file in files:
            row, made = before.of_unchanged(file, self.name) or self._read(file, before, newest, home)
            found.append(made)
            if row is not None:
                rows[file.path] = row
        # The same octets, so that nobody writes megabytes down for nothing.
        is_same = blob is not None and rows == before.rows
        return found, blob if is_same else packed(Contents(made_by=made_by, rows=rows))

    def _read(self, file: File, before: Contents, newest: int, home: Home) -> tuple[str | None, Found]:
        """What a file gives, and the row to remember that by; None for what may be otherwise next time."""
        try:
            octets = octets_of(self._folder / file.path)
            if file.matter_path:
                octets = octets_of(self._folder / file.matter_path).rstrip() + b"\n\n" + octets
        except FileNotFoundError:
            return None, Skipped(where=file.path, because=exclusions.GONE)
        except OSError as error:
            what = say("The file can't be read ({strerror}); check its permissions.", strerror=borrowed(error.strerror))
            return None, Defect(source=self.name, where=file.path, what=what)
        digest = digest_of(octets)
        found = before.of_same(file.path, digest, self.name) or _judged(PurePosixPath(file.path), octets, home)
        return row_of(file, digest, found, newest=newest), found


def _made_by(home: Home) -> str:
    """All that a file's result depends on besides the file."""
    settings = (home.link, str(home.zone), sorted(home.authors.items()), home.language, spoken().tag)
    return f"{__version__} {READER} {settings!r}"


def _judged(path: PurePosixPath, octets: bytes, home: Home) -> Found:
    """What a file's octets are: a piece, why they are none, or a defect with file and line."""
    where = path.as_posix()
    try:
        return judged(path, split(_decoded(octets)), home)
    except (FrontMatterError, _UnreadableError) as error:
        place = f"{where}:{error.line}" if error.line else where
        return Defect(source=home.source, where=place, what=say("The file {what}.", what=error))
    except UnusableError as error:
        return Defect(source=home.source, where=where, what=say("The file {what}.", what=error))


def _decoded(octets: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with the mark that Windows puts before it. Raises _UnreadableError."""
    if len(octets) > MAX_BYTES:
        raise _UnreadableError(say("is larger than {most} bytes, so it was not read", most=figures(MAX_BYTES)))
    try:
        return octets.decode("utf-16" if octets.startswith(_UTF_16) else "utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(say("is not written in UTF-8; save it as UTF-8"), line=line) from error
