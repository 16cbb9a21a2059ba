"""A content folder as a source: the files that a site's generator makes its pages of."""

import os
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from pathlib import Path, PurePosixPath

from roundup.gathering.bodytext import render
from roundup.gathering.counting import Counter, counted
from roundup.gathering.documents import Home, UnusableError, is_unpublished, piece
from roundup.gathering.frontmatter import FrontMatterError, split
from roundup.gathering.patterns import check_pattern
from roundup.model import Bookmark, Counts, Defect, Piece, Reading

__all__ = ["FolderSource", "check_pattern"]

_MARKDOWN = {".md", ".markdown"}
_HTML = {".html", ".htm"}
#: The most octets of one file; a longer one is no text that somebody wrote.
MAX_BYTES = 5_000_000


class _SkippedError(Exception):
    """The file can't be used. The message is for an editor; `line` is its line, 0 for the whole file."""

    def __init__(self, what: str, *, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


class FolderSource:
    """A content folder. `link` is the pattern of its pieces' addresses; `zone` is for dates without one; `counters` say
    where comments are counted.

    Raises ValueError for a pattern that gives no web address.
    """

    def __init__(self, *, name: str, folder: Path, link: str, zone: tzinfo, counters: Sequence[Counter] = ()) -> None:
        check_pattern(link)
        self._counters = counters
        self._folder = folder
        self._home = Home(source=name, link=link, zone=zone)

    @property
    def name(self) -> str:
        """What editors call it."""
        return self._home.source

    def read(self, bookmark: Bookmark) -> Reading:  # noqa: ARG002  a folder has no validators
        """Every piece in the folder and the folders in it, in the order of their paths. A folder lists all it has.

        Drafts, private and unlisted files, and names that begin with `_` or `.`, are no pieces and no defects.
        """
        failure = _failure(self._folder)
        if failure:
            return Reading(source=self.name, failure=failure, whole=True)
        pieces: list[Piece] = []
        defects: list[Defect] = []
        for found in _files(self._folder, self.name):
            made = found if isinstance(found, Defect) else self._piece(found)
            if isinstance(made, Defect):
                defects.append(made)
            elif made is not None:
                pieces.append(made)
        return Reading(source=self.name, pieces=tuple(pieces), defects=tuple(defects), whole=True)

    def is_gone(self, link: str) -> bool:  # noqa: ARG002  a folder lists all it has, so nobody need ask
        """Always False: a piece is gone when its file is."""
        return False

    def count(self, pieces: Sequence[Piece]) -> Counts:
        """What its counters say."""
        return counted(pieces, self._counters)

    def _piece(self, path: PurePosixPath) -> Piece | Defect | None:
        """The piece of one file; None if it is none; a defect, with file and line, if it should be and can't."""
        where = path.as_posix()
        if not _is_text(where):
            return Defect(source=self.name, where=ascii(where), what="The file's name is not UTF-8. Rename it.")
        try:
            file = split(_content(self._folder / path))
            if is_unpublished(file.values):
                return None
            rendered = render(file.body, is_markdown=path.suffix.lower() in _MARKDOWN)
            return piece(path, file.values, rendered, self._home)
        except (FrontMatterError, _SkippedError) as error:
            place = f"{where}:{error.line}" if error.line else where
            return Defect(source=self.name, where=place, what=f"The file {error}.")
        except UnusableError as error:
            return Defect(source=self.name, where=where, what=f"The file {error}.")


def _failure(folder: Path) -> str | None:
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


def _is_text(name: str) -> bool:
    """Whether a path is text that can be stored and mailed; a file system's octets need not be."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _files(folder: Path, source: str) -> Iterator[PurePosixPath | Defect]:
    """The content files below the folder, relative to it and sorted; a defect for what may not be followed."""
    root = folder.resolve()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        relative = PurePosixPath(current.relative_to(folder).as_posix())
        try:
            rows = sorted(os.scandir(current), key=lambda row: row.name)
        except OSError as error:
            yield Defect(source=source, where=str(relative), what=f"The folder can't be read ({error.strerror}).")
            continue
        # The last one put in is the first one taken out.
        waiting += [Path(row.path) for row in reversed(rows) if _is_content_folder(row)]
        for row in rows:
            if _is_content_file(row):
                path = relative / row.name
                if row.is_symlink() and not Path(row.path).resolve().is_relative_to(root):
                    what = (
                        "The file is a link that leads out of the folder, so it was not read. Put the file itself here."
                    )
                    yield Defect(source=source, where=path.as_posix(), what=what)
                else:
                    yield path


def _is_content_folder(row: os.DirEntry[str]) -> bool:
    """Whether a folder holds content. Links are not followed: inside, they lead to what is listed anyway.

    Jekyll keeps its pieces in `_posts`; all other folders with a `_` hold layouts, data and drafts.
    """
    name = row.name.lower()
    hidden = name.startswith((".", "_")) and name != "_posts"
    return row.is_dir(follow_symlinks=False) and not hidden and name not in {"drafts", "node_modules"}


def _is_content_file(row: os.DirEntry[str]) -> bool:
    """Whether a file is Markdown or HTML, and no partial or section page (`_index.md`)."""
    suffix = Path(row.name).suffix.lower()
    return suffix in _MARKDOWN | _HTML and not row.name.startswith((".", "_")) and row.is_file()


def _content(file: Path) -> str:
    """The text of a file. Raises _SkippedError."""
    try:
        with file.open("rb") as opened:
            body = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise _SkippedError(f"can't be read ({error.strerror}); check its permissions") from error
    if len(body) > MAX_BYTES:
        raise _SkippedError(f"is larger than {MAX_BYTES:,} bytes, so it was not read")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _SkippedError("is not written in UTF-8; save it as UTF-8", line=line) from error
