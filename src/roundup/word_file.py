"""The file with the editor's word on one issue, `issues/DATE.toml`: read, and written with its comments kept."""

import hashlib
import os
import re
import stat
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from roundup.errors import ChangedElsewhereError, HeldError
from roundup.model import BY_HAND, Credit, Edit, IssueKey, Picture, Piece
from roundup.settings_faults import faults_of
from roundup.word import Reference, Word
from roundup.word_settings import AddedWord, CreditWord, PieceWord, WordSettings
from roundup.words import borrowed, figures, say

#: More than anybody writes by hand.
_LONGEST = 1_000_000
_TABLE = re.compile(r"\s*\[{1,2}\s*(?P<name>[^\]]*?)\s*\]{1,2}\s*(?:#.*)?$")
_KEYS = {
    "": [field.alias or name for name, field in WordSettings.model_fields.items()],
    "item": list(AddedWord.model_fields),
    "credit": list(CreditWord.model_fields),
}


def path_of(directory: Path, key: IssueKey) -> Path:
    """The file of an issue: `issues/2026-11-21.toml`, of another edition `issues/2026-11-21.weekly.toml`."""
    return directory / "issues" / f"{str(key).replace('/', '.')}.toml"


def read(directory: Path, key: IssueKey) -> Word:
    """The editor's word on an issue; one that says nothing if there is no file. Raises HeldError with a sentence for
    each fault, which names file and line."""
    path = path_of(directory, key)
    where = path.relative_to(directory).as_posix()
    _check_names(path.parent, directory)
    content = _content(path, where)
    return Word() if content is None else parsed(content, where)


def parsed(content: str, where: str) -> Word:
    """The word that a file's content says. `where` names the file. Raises HeldError."""
    try:
        told = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise HeldError(
            say("{where}: {syntax}. Mend it, or take the file away.", where=where, syntax=_syntax(error))
        ) from None
    except RecursionError:
        raise HeldError(
            say("{where}: its brackets are too many. Mend it, or take the file away.", where=where)
        ) from None
    try:
        given = WordSettings.model_validate(told)
    except ValidationError as error:
        lines = _Lines(content)
        keys = _KEYS | {f"piece.{name}": list(PieceWord.model_fields) for name in told.get("piece", {})}
        faults = [
            f"{where}:{lines.of(tuple(each['loc']), fault.line)}: {fault.key}: {fault.what}"
            for each, fault in zip(error.errors(), faults_of(error, content, keys), strict=True)
        ]
        raise HeldError("\n".join(faults)) from None
    return _word(given, where, _Lines(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A change of an issue's file: what is there now, and what was there before; None: no file."""

    path: Path
    before: str | None
    after: str | None


def content_of(directory: Path, key: IssueKey) -> str | None:
    """What is in the file of an issue, as it stands there; None if there is none. Raises HeldError."""
    path = path_of(directory, key)
    return _content(path, path.relative_to(directory).as_posix())


def tag_of(content: str | None) -> str:
    """What tells one content of a file from every other; empty: no file."""
    return "" if content is None else hashlib.sha256(content.encode()).hexdigest()[:24]


def change(
    directory: Path,
    key: IssueKey,
    edit: Callable[[tomlkit.TOMLDocument], None],
    *,
    check: Callable[[Word], object],
    tag: str | None = None,
) -> Written:
    """Change the file of an issue, or begin one; comments and order stay. What comes out must be a word that `check`
    does not refuse (it raises HeldError): else nothing is written. With `tag`, the file must be the one that has it:
    raises ChangedElsewhereError if somebody has written it meanwhile. Raises HeldError."""
    path = path_of(directory, key)
    where = path.relative_to(directory).as_posix()
    before = _content(path, where)
    _check_tag(before, tag, where)
    content = before or say("# The editor's word on the issue of {key}.\n\n", key=key)
    parsed(content, where)
    try:
        document = tomlkit.parse(content)
        edit(document)
        changed = tomlkit.dumps(document)
    except (TOMLKitError, ValueError, TypeError, AttributeError) as error:
        # What is written in TOML's shorter forms (`piece = {…}`) is beyond what a command can change.
        raise HeldError(
            say(
                "{where}: a command can't change what stands there ({error}). Do it by hand.",
                where=where,
                error=borrowed(error),
            )
        ) from None
    check(parsed(changed, where))
    if changed == content:
        return Written(path=path, before=before, after=before)
    # An editor's program may have saved it while the issue was tried with the change.
    _check_tag(_content(path, where), tag_of(before), where)
    _replace(path, changed)
    return Written(path=path, before=before, after=changed)


def put_back(directory: Path, written: Written) -> None:
    """Undo a change. Raises ChangedElsewhereError if the file is no longer as the change left it, and HeldError."""
    path, where = written.path, written.path.relative_to(directory).as_posix()
    _check_tag(_content(path, where), tag_of(written.after), where)
    if written.before is not None:
        _replace(path, written.before)
    else:
        path.unlink(missing_ok=True)


def _check_tag(content: str | None, tag: str | None, where: str) -> None:
    if tag is not None and tag_of(content) != tag:
        raise ChangedElsewhereError(
            say(
                "{where} was changed elsewhere meanwhile, so nothing was written. Look at it, and do it again.",
                where=where,
            )
        )


def _word(given: WordSettings, where: str, lines: "_Lines") -> Word:
    def called(kind: str, names: list[str]) -> tuple[Reference, ...]:
        return tuple(
            Reference(text=name, where=f"{where}:{line}")
            for name, line in zip(names, lines.of_values(kind, names), strict=True)
        )

    return Word(
        subject=given.subject,
        preheader=given.preheader,
        intro=given.intro.strip(),
        pin=called("pin", given.pin),
        exclude=called("exclude", given.exclude),
        edits=tuple(
            (Reference(text=name, where=f"{where}:{lines.of(('piece', name), 1)}"), _edit(each))
            for name, each in given.piece.items()
        ),
        added=tuple(
            (Reference(text=each.link, where=f"{where}:{lines.of(('item', number), 1)}"), _added(each))
            for number, each in enumerate(given.added)
        ),
        appeal=given.appeal,
        sponsor=given.sponsor,
        credit=Credit(text=given.credit.text, link=given.credit.link) if given.credit else None,
    )


def _edit(given: PieceWord) -> Edit:
    picture = Picture(url=given.picture, alt=given.alt) if given.picture else None
    excerpt = None if given.excerpt is None else " ".join(given.excerpt.split())
    return Edit(title=given.title, excerpt=excerpt, picture=picture)


def _added(given: AddedWord) -> Piece:
    return Piece(
        id=given.link,
        source=BY_HAND,
        title=given.title,
        link=given.link,
        published=None,
        excerpt=" ".join(given.excerpt.split()),
        authors=(given.author,) if given.author else (),
    )


def _check_names(folder: Path, directory: Path) -> None:
    """Raises HeldError for a file that no issue is called by: whoever wrote it meant one."""
    try:
        names = sorted(each.name for each in folder.glob("[!.]*.toml"))
    except OSError:
        return
    wrong = next((name for name in names if not _is_issues(name)), None)
    if wrong is not None:
        place = (folder / wrong).relative_to(directory).as_posix()
        raise HeldError(
            say("{place}: its name is no issue's. Call it by the issue's date, such as 2026-11-20.toml.", place=place)
        )


def _is_issues(name: str) -> bool:
    try:
        return date.fromisoformat(name[:10]).isoformat() == name[:10] and name[10] == "."
    except ValueError:
        return False


def _content(path: Path, where: str) -> str | None:
    """What is in the file; None if there is none. Raises HeldError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise HeldError(say("{where}: it is no file that can be read. Take it away.", where=where))
        with path.open("rb") as file:
            octets = file.read(_LONGEST + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise HeldError(
                say("{where}: it is a link that leads nowhere. Mend it, or take it away.", where=where)
            ) from None
        return None
    except OSError as error:
        raise HeldError(
            say(
                "{where}: it can't be read ({strerror}). Check its permissions.",
                where=where,
                strerror=borrowed(error.strerror),
            )
        ) from None
    if len(octets) > _LONGEST:
        raise HeldError(
            say(
                "{where}: it is larger than {longest} bytes, which is no editor's word. Look into it.",
                where=where,
                longest=figures(_LONGEST),
            )
        )
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise HeldError(
            say("{where}:{line}: it is not written in UTF-8. Save it as UTF-8.", where=where, line=line)
        ) from None


def _replace(path: Path, content: str) -> None:
    """Put the content in the file's place at once: whoever reads it meanwhile finds the old one or the new one."""
    try:
        path.parent.mkdir(exist_ok=True)
        # The file that a link leads to, and with the rights that it has.
        path = path.resolve()
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False, newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    except OSError as error:
        raise HeldError(
            say(
                "{path}: it can't be written ({strerror}). Check the folder's permissions.",
                path=path,
                strerror=borrowed(error.strerror),
            )
        ) from None


def _syntax(error: tomllib.TOMLDecodeError) -> str:
    """`line 3: what is wrong`, as a file's other faults are told."""
    found = re.fullmatch(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", str(error))
    if found is None:
        return borrowed(error)
    place = say("line {line}", line=found["line"]) if found["line"] else say("at its end")
    what = borrowed(found["what"][0].lower() + found["what"][1:])
    return f"{place}: {what}"


class _Lines:
    """Where things stand in a file."""

    def __init__(self, content: str) -> None:
        self._places: dict[tuple[str | int, ...], int] = {}
        self._lines = content.splitlines()
        table: tuple[str | int, ...] = ()
        added = -1
        for number, line in enumerate(self._lines, start=1):
            header = _TABLE.match(line)
            if header:
                name = header["name"]
                if name == "item":
                    added += 1
                table = ("item", added) if name == "item" else tuple(_dotted(name))
                self._places.setdefault(table, number)
            elif "=" in line and not line.lstrip().startswith("#"):
                key = next(iter(_dotted(line.partition("=")[0].strip())), "")
                self._places.setdefault((*table, key), number)

    def of(self, place: tuple[str | int, ...], otherwise: int) -> int:
        """The line of a key or table, or of the nearest around it."""
        for depth in range(len(place), 0, -1):
            if place[:depth] in self._places:
                return self._places[place[:depth]]
        return otherwise

    def of_values(self, key: str, values: list[str]) -> list[int]:
        """The line of each text in a list that may go over several lines."""
        if not values:
            return []
        line = self.of((key,), 1)
        found: list[int] = []
        rest = self._lines[line - 1]
        for value in values:
            there = line
            text = rest
            while value not in text and there < len(self._lines):
                there += 1
                text = self._lines[there - 1]
            if value in text:
                line, rest = there, text.partition(value)[2]
            found.append(line)
        return found


def _dotted(name: str) -> Iterator[str]:
    """The parts of a table's name: `piece."https://a.example/b.html"`."""
    for part in re.finditer(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([A-Za-z0-9_-]+)", name):
        yield next(each for each in part.groups() if each is not None)
