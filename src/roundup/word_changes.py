"""What a command changes in an issue's file: the document is that of tomlkit, which keeps comments and order. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import tomlkit

from roundup.errors import HeldError
from roundup.identity import normal_link
from roundup.model import Issue
from roundup.words import say

Change = Callable[[tomlkit.TOMLDocument], None]
#: What a piece may be called besides, by what it was called: its id, its link.
Names = Callable[[str], Collection[str]]


def names_of(issue: Issue) -> Names:
    """What each piece of an issue, or left out of it, may be called besides: its id by its link, its link by its id."""
    pieces = [each.piece for each in (*issue.pieces, *(each.ranked for each in issue.left_out))]
    by_id = {piece.id: piece.link for piece in pieces}
    by_link = {normal_link(piece.link): piece.id for piece in pieces}

    def also(name: str) -> tuple[str, ...]:
        found = by_id.get(name) or (by_link.get(normal_link(name)) if "://" in name else None)
        return (found,) if found else ()

    return also


def listed(key: str, names: tuple[str, ...], also: Names, *, at: int | None = None) -> Change:
    """Put pieces into the list `key`, at a place counted from 1, else at its end; one that is in it moves."""

    def change(document: tomlkit.TOMLDocument) -> None:
        for name in names:
            _take(document, key, name, also)
        array = document.setdefault(key, tomlkit.array())
        place = len(array) if at is None else min(at - 1, len(array))
        for number, name in enumerate(names):
            array.insert(place + number, name)

    return change


def in_this_order(key: str, names: Sequence[str], also: Names) -> Change:
    """Let the list `key` begin with these pieces. What stands in its place already is left alone, for its comments'
    sake."""

    def change(document: tomlkit.TOMLDocument) -> None:
        for place, name in enumerate(names):
            array = document.get(key, [])
            if place >= len(array) or not _is_called(str(array[place]), name, also):
                listed(key, (name,), also, at=place + 1)(document)

    return change


def unlisted(key: str, names: tuple[str, ...], also: Names) -> Change:
    """Take pieces out of the list `key`. Raises HeldError for one that is not in it."""

    def change(document: tomlkit.TOMLDocument) -> None:
        for name in names:
            if not _take(document, key, name, also):
                raise HeldError(say("“{name}” is not in {key}: there is nothing to take back.", name=name, key=key))

    return change


def _take(document: tomlkit.TOMLDocument, key: str, name: str, also: Names) -> bool:
    """Take a piece out of a list, whatever it is called there. Whether it was in it."""
    array = document.get(key, [])
    found = [place for place in range(len(array)) if _is_called(str(array[place]), name, also)]
    for place in reversed(found):
        del array[place]
    return bool(found)


def _is_called(written: str, name: str, also: Names) -> bool:
    return any(_same(written, each) for each in (name, *also(name)))


def said(values: Mapping[str, object]) -> Change:
    """Say something of the issue as a whole; None takes back what was said."""

    def change(document: tomlkit.TOMLDocument) -> None:
        _put(document, values)

    return change


def credited(values: Mapping[str, object]) -> Change:
    """Say something of the sponsor's credit; None takes back what was said, and the table goes when it says nothing."""

    def change(document: tomlkit.TOMLDocument) -> None:
        table = document.setdefault("credit", tomlkit.table())
        _put(table, values)
        if "text" not in table:
            del document["credit"]

    return change


def edited(name: str, values: Mapping[str, object], also: Names) -> Change:
    """Say something of a piece, in its own table; None takes back what was said, and an empty table goes."""

    def change(document: tomlkit.TOMLDocument) -> None:
        tables = document.setdefault("piece", tomlkit.table(is_super_table=True))
        own = next((each for each in tables if _is_called(each, name, also)), name)
        table = tables.setdefault(own, tomlkit.table())
        _put(table, values)
        if not table:
            del tables[own]
        if not tables:
            del document["piece"]

    return change


def added(values: Mapping[str, object]) -> Change:
    """Add a piece that no source has, or say something else of one that was added."""

    def change(document: tomlkit.TOMLDocument) -> None:
        tables = document.setdefault("item", tomlkit.aot())
        own = next((each for each in tables if _same(str(each.get("link", "")), str(values["link"]))), None)
        if own is None:
            tables.append(tomlkit.table())
            own = tables[-1]
        _put(own, values)

    return change


def taken_out(link: str) -> Change:
    """Take out a piece that was added."""

    def change(document: tomlkit.TOMLDocument) -> None:
        tables = document.get("item", [])
        for place in reversed(range(len(tables))):
            if _same(str(tables[place].get("link", "")), link):
                del tables[place]
        if "item" in document and not tables:
            del document["item"]

    return change


def _put(table: Any, values: Mapping[str, object]) -> None:
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif isinstance(value, str) and "\n" in value:
            table[key] = tomlkit.string(value, multiline=True)
        else:
            table[key] = value


def _same(one: str, other: str) -> bool:
    """Whether two references are the same: word for word, or links that lead to one page."""
    if one == other or "://" not in one or "://" not in other:
        return one == other
    return normal_link(one) == normal_link(other)
