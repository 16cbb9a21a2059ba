"""Front matter without fences, in which each line says what it is: Pelican, MultiMarkdown, Nikola, reST, HTML. Pure.

Each reader answers None when the file does not begin in its form; none of them can fail.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from roundup.gathering.markup import tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What some lines say."""

    #: Texts, or lists of texts where a key's value is written as a list.
    values: dict[str, object]
    #: The number, counted from 0, of the first line that is body.
    end: int


# A text may begin with `Note: …`: only what begins with one of these, and says a title or a date, is front matter.
_FIRST_KEYS = {
    "title", "date", "author", "authors", "slug", "tags", "category", "categories", "status", "template", "lang",
    "summary", "description", "modified", "subtitle", "layout", "published", "keywords", "url", "save_as", "image",
    "cover", "excerpt", "permalink", "type", "draft", "created", "updated", "id",
}  # fmt: skip
_KEY_LINE = re.compile(r"([A-Za-z][\w .-]{0,40}?)[ \t]*:(?:[ \t]+(.*)|[ \t]*)")
_FENCE = re.compile(r"(?:-{3,}|;{3,}|\.{3})\s*")
_NIKOLA_LINE = re.compile(r"\s*\.\. ([A-Za-z][\w-]{0,40}):(?:[ \t]+(.*)|[ \t]*)")
_FIELD_LINE = re.compile(r":([A-Za-z][\w .-]{0,40}):(?:[ \t]+(.*)|[ \t]*)")
_UNDERLINE = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*")
#: How much of a page may be its head, in characters.
_HEAD_CHARACTERS = 20_000
_META = {"article:published_time": "date", "keywords": "tags", "og:description": "description", "og:image": "image"}


def key_lines(lines: Sequence[str], start: int) -> Lines | None:
    """`Key: value` up to an empty line (Pelican, MultiMarkdown) or a fence (Hexo)."""
    first = _KEY_LINE.fullmatch(lines[start])
    if first is None or first[1].lower() not in _FIRST_KEYS:
        return None
    found: dict[str, object] = {}
    key = ""
    end = start
    for end in range(start, len(lines)):
        line = lines[end]
        match = _KEY_LINE.fullmatch(line)
        if not line.strip() or _FENCE.fullmatch(line):
            break
        if match:
            key = match[1].lower()
            found[key] = _unquoted(match[2] or "")
        elif line[0] in " \t-":
            found[key] = _continued(found[key], line)
        else:
            return None
    else:
        end = len(lines)
    if not found.keys() & {"title", "date"}:
        return None
    is_fenced = end < len(lines) and _FENCE.fullmatch(lines[end])
    return Lines(values=found, end=end + 1 if is_fenced else end)


def nikola(lines: Sequence[str], start: int) -> Lines | None:
    """`.. key: value` up to an empty line, or in an HTML comment."""
    in_comment = lines[start].lstrip().startswith("<!--")
    opening = lines[start].lstrip().removeprefix("<!--") if in_comment else ""
    first = start + 1 if in_comment and not opening.strip() else start
    found: dict[str, object] = {}
    for end in range(first, len(lines)):
        line = opening if in_comment and end == start else lines[end]
        match = _NIKOLA_LINE.fullmatch(line.replace("-->", "").rstrip())
        if match:
            found[match[1].lower()] = (match[2] or "").strip()
        if in_comment and "-->" in line:
            return Lines(values=found, end=end + 1) if found else None
        if match is None and (line.strip() or not in_comment):
            return Lines(values=found, end=end) if found and not in_comment else None
    return Lines(values=found, end=len(lines)) if found and not in_comment else None


def field_list(lines: Sequence[str], start: int) -> Lines | None:
    """`:key: value`, under a title with a line under it, or at the very beginning (docutils' bibliographic fields)."""
    title, after = document_title(lines, start)
    first = next((number for number in range(after, len(lines)) if lines[number].strip()), len(lines))
    found: dict[str, object] = {}
    key = ""
    end = first
    while end < len(lines):
        match = _FIELD_LINE.fullmatch(lines[end])
        if match:
            key = match[1].lower()
            found[key] = _continued("", match[2] or "")
        elif key and lines[end].startswith((" ", "\t")) and lines[end].strip():
            found[key] = _continued(found[key], lines[end])
        else:
            break
        end += 1
    # A text may begin with `:tada: We did it`.
    if not found.keys() & (_FIRST_KEYS if title else {"title", "date"}):
        return None
    return Lines(values={"title": title, **found} if title else found, end=end)


def html_head(lines: Sequence[str], start: int) -> Lines | None:
    """`<title>` and `<meta>` of a page that is whole."""
    if not re.match(r"\s*<(?:!doctype|html|head|meta|title)\b", lines[start], re.IGNORECASE):
        return None
    head = "\n".join(lines[start : start + 400])[:_HEAD_CHARACTERS]
    head = re.split(r"</head\s*>|<body\b", head, maxsplit=1, flags=re.IGNORECASE)[0]
    title = re.search(r"<title\b[^>]*>([^<]*)</title", head, re.IGNORECASE)
    found: dict[str, object] = {"title": title[1].strip()} if title and title[1].strip() else {}
    for attributes in tags(head, "meta"):
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        content = attributes.get("content", "").strip()
        if name and content:
            found.setdefault(_META.get(name, name), content)
    # The body is the whole page: what is invisible in it is dropped with the tags.
    return Lines(values=found, end=start) if found else None


def document_title(lines: Sequence[str], start: int) -> tuple[str, int]:
    """The title of a reST document, whose underline, and overline if any, are of one sign; and the line after it."""
    rows = [line.rstrip() for line in lines[start : start + 3]]
    is_line = [bool(_UNDERLINE.fullmatch(row)) for row in rows]
    if is_line == [True, False, True] and rows[0][0] == rows[2][0] and rows[1]:
        return rows[1].strip(), start + 3
    is_title = is_line[:2] == [False, True] and rows[0] and not rows[0].startswith(" ")
    return (rows[0], start + 2) if is_title and len(rows[1]) >= min(len(rows[0]), 4) else ("", start)


def _continued(value: object, line: str) -> object:
    """A value with one more line: a row of a list, or more of a text."""
    text = line.strip()
    if text.startswith("- ") and (value == "" or isinstance(value, list)):
        return [*(value or []), _unquoted(text[2:])] if isinstance(value, list) else [_unquoted(text[2:])]
    if isinstance(value, list):
        return [*value, text]
    return f"{value} {text}".strip()


def _unquoted(text: str) -> str:
    """A value without the quotes that stand round all of it."""
    bare = text.strip()
    is_quoted = len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" and bare[0] not in bare[1:-1]
    return bare[1:-1] if is_quoted else bare
