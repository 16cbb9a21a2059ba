"""The front matter of a content file: YAML between `---`, or TOML between `+++`, known by what the file holds. Pure.

Written by hand because the usual library answers "no metadata", without an error, for a byte order mark, a `...` fence
and formats that it does not know, and a file without metadata must not become a piece without a title.
"""

import re
import tomllib
from dataclasses import dataclass

import yaml


class FrontMatterError(Exception):
    """The front matter can't be read. The message says what is wrong, for an editor; `line` is its line in the file."""

    def __init__(self, what: str, *, line: int) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """A content file, taken apart."""

    #: By keys in lower case. YAML's scalars are text, as they are written; TOML's have its types.
    values: dict[str, object]
    #: What follows the front matter.
    body: str
    #: The body's first line in the file, counted from 1.
    body_line: int


_CLOSING = {"---": re.compile(r"(?:---|\.\.\.)\s*"), "+++": re.compile(r"\+\+\+\s*")}
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def split(text: str) -> FrontMatter:
    """Takes a file's text apart. Raises FrontMatterError when it has no front matter, or a broken one.

    A byte order mark, blank lines before the first fence, blanks after a fence and CR LF are tolerated.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    fence = lines[start].rstrip()
    if fence not in _CLOSING:
        raise FrontMatterError(
            "has no front matter; begin it with --- and lines such as title: and date:", line=start + 1
        )
    closing = _CLOSING[fence]
    end = next((number for number in range(start + 1, len(lines)) if closing.fullmatch(lines[number])), None)
    if end is None:
        raise FrontMatterError(f"has front matter that never ends; close it with {fence}", line=start + 1)
    block = "\n".join(lines[start + 1 : end])
    # The block's first line is the one after the fence, and lines are counted from 1.
    read = _yaml if fence == "---" else _toml
    values = read(block, start + 2)
    lowered = {key.strip().lower(): value for key, value in values.items()}
    return FrontMatter(values=lowered, body="\n".join(lines[end + 1 :]), body_line=end + 2)


def _yaml(block: str, first_line: int) -> dict[str, object]:
    """YAML as text: the base loader leaves `2014-1-2`, `12:30`, `on` and `NO` as they were written.

    The safe loader would make a number of `12:30` and False of `NO`; and an exception without a line of 30 February.
    """
    try:
        # The base loader makes nothing but text, lists and dictionaries.
        values = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
        what = f"has broken front matter: {problem}; put a text with a colon or a sign in it in quotes"
        raise FrontMatterError(what, line=first_line + (mark.line if mark else 0)) from error
    except (RecursionError, ValueError, TypeError) as error:
        raise FrontMatterError("has broken front matter: it is nested too deeply", line=first_line) from error
    if values is None or values == "":
        return {}
    if not isinstance(values, dict):
        raise FrontMatterError("has front matter without keys; write lines such as title: and date:", line=first_line)
    return {str(key): value for key, value in values.items()}


def _toml(block: str, first_line: int) -> dict[str, object]:
    """TOML, with its types."""
    try:
        return tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        problem = _TOML_LINE.sub("", str(error)).strip().rstrip(".")
        line = first_line + (int(place[1]) - 1 if place else block.count("\n"))
        raise FrontMatterError(f"has broken front matter: {problem}", line=line) from error
    except (RecursionError, ValueError) as error:
        raise FrontMatterError("has broken front matter: it can't be read as TOML", line=first_line) from error
