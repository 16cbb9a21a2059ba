"""The front matter of a content file, in whichever of the generators' forms it has, known by what it holds. Pure.

Written by hand because the usual library answers "no metadata", without an error, for a byte order mark, a `...` fence
and formats that it does not know, and a file without metadata must not become a piece without a title.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from roundup.gathering.frontmatter_lines import Lines, field_list, html_head, key_lines, nikola
from roundup.gathering.frontmatter_tables import FrontMatterError, json_beginning, json_values, toml_values, yaml_values
from roundup.words import say

__all__ = ["Form", "FrontMatter", "FrontMatterError", "split"]


class Form(StrEnum):
    """How front matter is written."""

    #: `---`: Jekyll, Hugo, Hexo, Eleventy, Astro, MkDocs.
    YAML = "yaml"
    #: `+++`: Hugo, Zola.
    TOML = "toml"
    #: `{ … }`: Hugo; `;;;`: Hexo; `---json`: Eleventy.
    JSON = "json"
    #: `Key: value`: Pelican, MkDocs (MultiMarkdown's form); Hexo without its first fence.
    LINES = "lines"
    #: `:key: value` under a title: Pelican's reStructuredText.
    FIELDS = "fields"
    #: `.. key: value`, in Markdown and HTML inside a comment: Nikola.
    NIKOLA = "nikola"
    #: `<title>` and `<meta name=…>`: Pelican's HTML.
    HTML = "html"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """A content file, taken apart."""

    #: By keys in lower case. YAML's scalars are text, as they are written; TOML's and JSON's have their types.
    values: dict[str, object]
    #: What follows the front matter.
    body: str
    #: The body's first line in the file, counted from 1.
    body_line: int
    form: Form


_OPENING = re.compile(r"(-{3,}|\+{3,}|;{3,})[ \t]*([A-Za-z]{0,10})[ \t]*")
_CLOSING = {"-": re.compile(r"(?:-{3,}|\.{3})\s*"), "+": re.compile(r"\+{3,}\s*"), ";": re.compile(r";{3,}\s*")}
_FORMS = {
    "": None, "yaml": Form.YAML, "yml": Form.YAML, "toml": Form.TOML, "json": Form.JSON, "js": None, "javascript": None,
}  # fmt: skip
_USUAL = {"-": Form.YAML, "+": Form.TOML, ";": Form.JSON}
_READERS: dict[Form, Callable[[str, int], dict[str, object]]] = {
    Form.YAML: yaml_values,
    Form.TOML: toml_values,
    Form.JSON: json_values,
}
_KEY = re.compile(r"[\"']?[A-Za-z_][\w .-]*[\"']?\s*[:=]")
_LINE_FORMS: tuple[tuple[Form, Callable[[Sequence[str], int], Lines | None]], ...] = (
    (Form.NIKOLA, nikola),
    (Form.FIELDS, field_list),
    (Form.LINES, key_lines),
    (Form.HTML, html_head),
)


def split(text: str) -> FrontMatter:
    """Takes a file's text apart. Without front matter there are no values, and all of it is body.

    A byte order mark, blank lines before the first fence, blanks after a fence, longer fences and CR LF are tolerated.
    Raises FrontMatterError for front matter that is broken.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return _fenced(lines, start) or _braced(lines, start) or _in_lines(lines, start) or _none(lines, start)


def _fenced(lines: Sequence[str], start: int) -> FrontMatter | None:
    """Front matter between fences; None if the file does not begin with one."""
    opening = _OPENING.fullmatch(lines[start])
    if opening is None or opening[2].lower() not in _FORMS:
        return None
    sign, word = opening[1][0], opening[2].lower()
    if word in {"js", "javascript"}:
        raise FrontMatterError(
            say("has front matter in JavaScript, which is not run; write it in YAML"), line=start + 1
        )
    closing = _CLOSING[sign]
    end = next((number for number in range(start + 1, len(lines)) if closing.fullmatch(lines[number])), None)
    if not _holds_keys(lines[start + 1 : end], is_closed=end is not None, is_title=len(opening[1]) > 3):
        # A line of dashes with an empty line under it is a line across the page (CommonMark §4.1).
        return None
    if end is None:
        raise FrontMatterError(
            say("has front matter that never ends; close it with {mark}", mark=opening[1]), line=start + 1
        )
    form = _FORMS[word] or _USUAL[sign]
    # The block's first line is the one after the fence, and lines are counted from 1.
    values = _READERS[form]("\n".join(lines[start + 1 : end]), start + 2)
    return _made(values, lines, end + 1, form)


def _holds_keys(block: Sequence[str], *, is_closed: bool, is_title: bool) -> bool:
    """Whether what follows a fence is front matter, be it broken or empty, rather than a text under a line. `is_title`:
    the fence is long enough for a line over a title."""
    first = next((number for number, line in enumerate(block) if line.strip()), None)
    if first is None:
        return is_closed
    if first == 0 and is_closed:
        # One line between two longer ones is the title of a reST document, or a heading in Markdown.
        return not (is_title and len(block) == 1) or bool(_KEY.match(block[0].strip()))
    return bool(_KEY.match(block[first].strip()))


def _braced(lines: Sequence[str], start: int) -> FrontMatter | None:
    """JSON without fences, or with none but the last (Hexo); None if the file does not begin with any."""
    if re.match(r"\"[\w-]+\"\s*:", lines[start]):
        end = next((number for number in range(start, len(lines)) if _CLOSING[";"].fullmatch(lines[number])), None)
        block = lines[start:end]
        return None if end is None else _made(json_values("\n".join(block), start + 1), lines, end + 1, Form.JSON)
    if not re.match(r"\{\s*(?:\"|\}|$)", lines[start]):
        return None
    values, length = json_beginning("\n".join(lines[start:]), start + 1)
    text = "\n".join(lines[start:])
    rest = text[length:].split("\n", 1)
    body_start = start + text.count("\n", 0, length) + 1
    body = [rest[0], *lines[body_start:]] if rest[0].strip() else lines[body_start:]
    return FrontMatter(values=_lowered(values), body="\n".join(body), body_line=body_start + 1, form=Form.JSON)


def _in_lines(lines: Sequence[str], start: int) -> FrontMatter | None:
    """The forms without fences, in which each line says what it is."""
    for form, read in _LINE_FORMS:
        found = read(lines, start)
        if found is not None:
            return _made(found.values, lines, found.end, form)
    return None


def _none(lines: Sequence[str], start: int) -> FrontMatter:
    return _made({}, lines, start, Form.NONE)


def _made(values: dict[str, object], lines: Sequence[str], body_start: int, form: Form) -> FrontMatter:
    body = "\n".join(lines[body_start:])
    return FrontMatter(values=_lowered(values), body=body, body_line=body_start + 1, form=form)


def _lowered(values: dict[str, object]) -> dict[str, object]:
    return {key.strip().lower(): value for key, value in values.items()}
