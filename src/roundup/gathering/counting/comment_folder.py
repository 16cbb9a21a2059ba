"""Comments that are kept as files in a folder for each piece: Staticman, Jekyll's and Hugo's data folders."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.gathering.counting.threads import by_piece, names
from roundup.model import Defect, Piece
from roundup.words import borrowed, say

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
_ENDINGS = {".yml", ".yaml", ".json"}
#: The most octets of one comment, or of a file of comments.
MAX_BYTES = 1_000_000
#: How deep the folders of one piece are followed: replies lie in folders of their own.
_DEPTH = 3


class CommentFolder:
    """Implements `Counter`. `folder` holds, for each piece, a folder of comments (`comments/a-piece/1.yml`) or a file
    with a list of them (`comments/a-piece.yml`), called by its slug. Comments that are hidden do not count."""

    def __init__(self, folder: Path, *, source: str) -> None:
        self._folder = folder
        self._source = source

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:  # noqa: ARG002  no server
        """See `Counter`."""
        try:
            entries = sorted(os.scandir(self._folder), key=lambda entry: entry.name)
        except OSError as error:
            reason = (
                say("There is no such folder") if isinstance(error, FileNotFoundError) else borrowed(error.strerror)
            )
            what = say("{reason}. Correct `folder` under comments in roundup.toml.", reason=reason)
            return Counts(defects=(Defect(source=self._source, where=str(self._folder.name), what=what),))
        asked = {name for piece in pieces for name in names(piece)}
        threads: dict[str, int] = {}
        defects: list[Defect] = []
        for entry in entries:
            name = entry.name if entry.is_dir() else Path(entry.name).stem
            if name.casefold() in asked:
                counted = self._comments(Path(entry.path), defects)
                if counted is not None:
                    threads[name] = threads.get(name, 0) + counted
        return Counts(by_id=by_piece(threads, pieces), defects=tuple(defects))

    def _comments(self, path: Path, defects: list[Defect]) -> int | None:
        """How many comments a thread has, by its folder or its file; None if nothing of it can be read."""
        count, troubles = 0, len(defects)
        for file in self._files(path, defects):
            try:
                told = _loaded(file)
            except OSError as error:
                defects.append(
                    self._defect(file, say("It can't be read ({strerror}).", strerror=borrowed(error.strerror)))
                )
                continue
            except (ValueError, yaml.YAMLError, RecursionError):
                defects.append(
                    self._defect(file, say("It is no YAML or JSON that can be read, so it was not counted."))
                )
                continue
            comments = told if isinstance(told, list) else [told]
            count += sum(isinstance(each, Mapping) and not _is_hidden(each) for each in comments)
        return count if count or len(defects) == troubles else None

    def _files(self, path: Path, defects: list[Defect]) -> list[Path]:
        """The files of comments at a path; a defect if they can't be listed."""
        try:
            return list(_files(path, _DEPTH))
        except OSError as error:
            defects.append(
                self._defect(path, say("It can't be listed ({strerror}).", strerror=borrowed(error.strerror)))
            )
            return []

    def _defect(self, path: Path, what: str) -> Defect:
        # A file system's octets need not be text; what is told must be.
        where = path.relative_to(self._folder).as_posix().encode("utf-8", "backslashreplace").decode()
        return Defect(source=self._source, where=where, what=what)


def _files(path: Path, depth: int) -> Iterator[Path]:
    """The files of comments at a path, links not followed."""
    if path.is_symlink():
        return
    if path.is_file():
        if path.suffix.lower() in _ENDINGS and not path.name.startswith("."):
            yield path
    elif path.is_dir() and depth:
        for inner in sorted(path.iterdir()):
            yield from _files(inner, depth - 1)


def _loaded(file: Path) -> Any:
    """What a file says. JSON is YAML, too. Raises OSError, ValueError, yaml.YAMLError."""
    with file.open("rb") as opened:
        octets = opened.read(MAX_BYTES + 1)
    if len(octets) > MAX_BYTES:
        raise ValueError(say("too large"))
    # Nothing but texts is made of it: a date that is none, or a word that means something to YAML, spoils no comment.
    return yaml.load(octets.decode("utf-8-sig"), Loader=_LOADER)  # noqa: S506  makes texts, lists and tables alone


def _are_texts(*told: object) -> bool:
    return all(isinstance(each, str) for each in told)


def _is_hidden(comment: Mapping[Any, Any]) -> bool:
    """Whether readers do not see it: it waits for its editor, or was thrown out."""
    told = {key.casefold(): value.strip().casefold() for key, value in comment.items() if _are_texts(key, value)}
    if any(told.get(key) in _YES for key in ("hidden", "spam", "deleted", "draft")):
        return True
    if any(told.get(key) in _NO for key in ("approved", "published", "visible")):
        return True
    return told.get("status") in {"spam", "pending", "hold", "hidden", "deleted", "trash", "draft"}
