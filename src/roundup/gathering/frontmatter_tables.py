"""Front matter in YAML, TOML and JSON. Pure.

YAML that real sites write is often broken in one way only: a text that should stand in quotes (`title: a: b`, `@x`,
a tab). Such a line can mean but one thing, and the site shows the piece, so an editor wants it, too: it is read as it
is written. Where it can't be known what is meant (a list or a quotation that never ends, a key that belongs nowhere),
the file is a defect, with its line: half-read front matter would show a draft, or a wrong date.
"""

import json
import re
import tomllib
from typing import Any

import yaml

from roundup.words import borrowed, figures, say

#: Nobody writes more than this as front matter, and what parsers make of more takes them seconds.
MAX_CHARACTERS = 100_000
#: Longer front matter, or such that may be nested deeper, is left to the parser that knows its own limits.
_SIMPLE_CHARACTERS = 20_000
_SIMPLE_MARKS = 500

# `a.a.a.a … = 1` takes tomllib the square of its length: half a minute for 100,000 characters.
_DEEP_KEY = re.compile(r"(?:[\w\"'-]{1,64}[ \t]{0,9}\.[ \t]{0,9}){50}")
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TOP_KEY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:(?!//)[ \t]*(.*)")
_UNKNOWN_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class FrontMatterError(Exception):
    """The front matter can't be read. The message says what is wrong, for an editor; `line` is its line in the file."""

    def __init__(self, what: str, *, line: int) -> None:
        super().__init__(what)
        self.line = line


def yaml_values(block: str, first_line: int) -> dict[str, object]:
    """YAML as text: the base loader leaves `2014-1-2`, `12:30`, `on` and `NO` as they were written.

    The safe loader would make a number of `12:30` and False of `NO`; and an exception without a line of 30 February.
    Raises FrontMatterError.
    """
    _check_length(block, first_line)
    try:
        values = _loaded(block)
    except yaml.YAMLError as error:
        repaired = _repaired(block)
        if isinstance(repaired, dict):
            return repaired
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark and repaired < 0 else max(repaired, 0))
        raise FrontMatterError(_broken_yaml(error), line=line) from error
    except (RecursionError, ValueError, TypeError) as error:
        raise FrontMatterError(say("has broken front matter: it is nested too deeply"), line=first_line) from error
    if values is None or values == "":
        return {}
    if not isinstance(values, dict):
        raise FrontMatterError(
            say("has front matter without keys; write lines such as title: and date:"), line=first_line
        )
    return {str(key): value for key, value in values.items()}


def toml_values(block: str, first_line: int) -> dict[str, object]:
    """TOML, with its types. Raises FrontMatterError."""
    _check_length(block, first_line)
    deep = _DEEP_KEY.search(block)
    if deep is not None:
        line = first_line + block.count("\n", 0, deep.start())
        raise FrontMatterError(say("has broken front matter: it is nested too deeply"), line=line)
    try:
        return tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        problem = _TOML_LINE.sub("", str(error)).strip().rstrip(".")
        line = first_line + (int(place[1]) - 1 if place else block.count("\n"))
        raise FrontMatterError(
            say("has broken front matter: {problem}", problem=borrowed(problem)), line=line
        ) from error
    except (RecursionError, ValueError) as error:
        raise FrontMatterError(say("has broken front matter: it can't be read as TOML"), line=first_line) from error


def json_values(block: str, first_line: int) -> dict[str, object]:
    """JSON between fences; Hexo leaves its braces out. Raises FrontMatterError."""
    has_braces = block.lstrip().startswith("{")
    return json_beginning(block if has_braces else f"{{{block.rstrip().rstrip(',')}}}", first_line)[0]


def json_beginning(text: str, first_line: int) -> tuple[dict[str, object], int]:
    """The JSON object at the beginning of a text, and where it ends. Raises FrontMatterError."""
    start = len(text) - len(text.lstrip())
    try:
        # Not strict: line ends and tabs in texts do no harm.
        values, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    except json.JSONDecodeError as error:
        what = say("has broken front matter: this is not JSON ({msg})", msg=borrowed(error.msg))
        raise FrontMatterError(what, line=first_line + error.lineno - 1) from error
    except (RecursionError, ValueError) as error:
        raise FrontMatterError(say("has broken front matter: it is nested too deeply"), line=first_line) from error
    return values, end


def _check_length(block: str, first_line: int) -> None:
    """Raises FrontMatterError for a text that is too long to be front matter."""
    if len(block) > MAX_CHARACTERS:
        what = say(
            "has front matter of more than {most} characters, so it was not read; shorten it",
            most=figures(MAX_CHARACTERS),
        )
        raise FrontMatterError(what, line=first_line)


def _loaded(block: str) -> object:
    """What a text in YAML holds: nothing but text, lists and dictionaries. Raises yaml.YAMLError and others."""
    marks = sum(block.count(mark) for mark in ("[", "{", "- ", "? "))
    is_simple = len(block) <= _SIMPLE_CHARACTERS and marks <= _SIMPLE_MARKS
    # The parser in C is ten times as fast, but nothing stops it at the end of the stack.
    return yaml.load(block, Loader=_UNKNOWN_LOADER if is_simple else yaml.BaseLoader)  # noqa: S506


def _broken_yaml(error: yaml.YAMLError) -> str:
    problem = borrowed(getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML")
    return say("has broken front matter: {problem}; put a text with a colon or a sign in it in quotes", problem=problem)


def _repaired(block: str) -> dict[str, object] | int:
    """Broken YAML, key by key; or the line, counted from 0, of what can't be understood; -1 if there are no keys."""
    chunks: list[tuple[int, list[str]]] = []
    for number, line in enumerate(block.split("\n")):
        if _TOP_KEY.fullmatch(line):
            chunks.append((number, [line]))
        elif line.strip() and not line.startswith("#"):
            if not chunks:
                return number
            chunks[-1][1].append(line)
    found: dict[str, object] = {}
    for number, lines in chunks:
        made = _chunk(lines)
        if isinstance(made, int):
            return number + made
        found.update(made)
    return found or -1


def _chunk(lines: list[str]) -> dict[str, object] | int:
    """The value of one key; or the line in it that can't be understood."""
    place = 0
    whole = "\n".join(lines)
    for text in (whole, whole.replace("\t", "  ")):
        try:
            values = _loaded(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = min(mark.line, len(lines) - 1) if mark else 0
        except (RecursionError, ValueError, TypeError):
            return 0
        else:
            if isinstance(values, dict) and len(values) == 1:
                return {str(key): value for key, value in values.items()}
    match = _TOP_KEY.fullmatch(lines[0])
    value = _as_written(match[2].strip()) if match and len(lines) == 1 else None
    return place if match is None or value is None else {match[1]: value}


def _as_written(text: str) -> object:
    """What a line means that is no YAML; None if that can't be known."""
    first, last = text[:1], text[-1:]
    if first in {'"', "'"}:
        if len(text) > 1 and first == last:
            return text[1:-1]
        return text if text.count(first) > 1 else None
    if first == "[":
        if last == "]":
            return [row.strip().strip("\"'") for row in text[1:-1].split(",") if row.strip()]
        return text if "]" in text else None
    # A template's tag, in a file that new pieces are copied from, is a table to YAML.
    is_unknown = first in {"{", "|", ">"} and not text.startswith(("{{", "{%"))
    return None if is_unknown else text
