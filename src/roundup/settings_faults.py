"""What is wrong with roundup.toml, in an editor's words, and on which line. Pure."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from roundup.words import mark, say

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*(?:\"([^\"]+)\"|([A-Za-z0-9_-]+))\s*=")

#: What is said of a fault of a kind that speaks for itself.
_SAID = {
    "missing": mark("is missing"),
    "value_error": mark("{error}"),
    "literal_error": mark("“{given}” is not one of {expected}"),
    "string_pattern_mismatch": mark("“{given}” does not have the right form ({pattern})"),
}

#: What is wanted where a value has the wrong type or size, in plainer words than pydantic's.
_WANTED = {
    "int_parsing": mark("write a whole number"),
    "int_type": mark("write a whole number"),
    "int_from_float": mark("write a whole number"),
    "float_parsing": mark("write a number"),
    "float_type": mark("write a number"),
    "bool_parsing": mark("write true or false"),
    "bool_type": mark("write true or false"),
    "string_type": mark("write a text in quotation marks"),
    "string_too_short": mark("write something"),
    "list_type": mark('write a list: ["…", "…"]'),
    "too_short": mark("write at least one"),
    "greater_than_equal": mark("write {ge} or more"),
    "less_than_equal": mark("write {le} or less"),
    "model_type": mark("write a table"),
    "model_attributes_type": mark("write a table"),
}

#: Tables into which people write passwords: what stands in them is not repeated, in case it is one.
_SECRETIVE = ("smtp", "store")


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong setting."""

    line: int
    key: str
    what: str


def faults_of(error: ValidationError, content: str, keys: Mapping[str, Sequence[str]]) -> list[Fault]:
    """Every fault that a validation found, placed in the file's `content`. `keys`: what each table may hold, so that
    a misspelt key can be named; the table of the top level is called ""."""
    return [
        Fault(line=line_of(each["loc"], content), key=_written(each["loc"]), what=_sentence(each, keys))
        for each in error.errors()
    ]


def line_of(path: tuple[str | int, ...], content: str) -> int:
    """The line (from 1) on which a key stands, or else its table, or else the first."""
    best, depth = 1, 0
    for number, here in _keys(content):
        shared = sum(1 for _ in _common(path, here))
        if shared > depth and len(here) <= len(path):
            best, depth = number, shared
    return best


def _keys(content: str) -> list[tuple[int, tuple[str | int, ...]]]:
    """Every table header and key of a TOML text with its line; the tables of an array are numbered."""
    found: list[tuple[int, tuple[str | int, ...]]] = []
    table: tuple[str | int, ...] = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            name = header[1].strip('"')
            if line.lstrip().startswith("[["):
                seen[name] = seen.get(name, -1) + 1
                table = (name, seen[name])
            else:
                table = tuple(name.split("."))
            found.append((number, table))
        elif key:
            found.append((number, (*table, key[1] or key[2])))
    return found


def _common(one: tuple[str | int, ...], other: tuple[str | int, ...]) -> list[str | int]:
    shared: list[str | int] = []
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared.append(left)
    return shared


def _written(loc: tuple[int | str, ...]) -> str:
    """`sources[1].link`, counted from 1 as people do."""
    written = ""
    for part in loc:
        written += f"[{part + 1}]" if isinstance(part, int) else ("." if written else "") + part
    return written or "roundup.toml"


def _sentence(error: Any, keys: Mapping[str, Sequence[str]]) -> str:
    kind, context, given = error["type"], error.get("ctx", {}), error.get("input")
    if kind == "extra_forbidden":
        return _unknown(error["loc"], keys)
    if kind in _SAID:
        return say(_SAID[kind], given=given, **_in_words(context))
    wanted = say(_WANTED[kind], **context) if kind in _WANTED else error["msg"][0].lower() + error["msg"][1:]
    if error["loc"][0] in _SECRETIVE and not isinstance(given, int | float):
        return wanted
    return say("{wanted} (it is {given!r})", wanted=wanted, given=given)


def _in_words(context: Mapping[str, Any]) -> dict[str, Any]:
    """pydantic lists what it expects as `'a', 'b' or 'c'`."""
    told = dict(context)
    if "expected" in told:
        told["expected"] = str(told["expected"]).replace(" or ", say(" or "))
    return told


def _unknown(loc: tuple[int | str, ...], keys: Mapping[str, Sequence[str]]) -> str:
    table = ".".join(part for part in loc[:-1] if isinstance(part, str))
    near = difflib.get_close_matches(str(loc[-1]), keys.get(table, ()), n=1)
    if near:
        return say("is not a key that roundup knows; did you mean {key}?", key=near[0])
    return say("is not a key that roundup knows")
