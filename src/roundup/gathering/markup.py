"""The little HTML that gathering reads by itself: which names are tags, and the attributes of a tag. Pure.

Everything here is linear in its input: a hostile page costs no more than a long one.
"""

import html
import re
from collections.abc import Iterator

#: Elements that begin a new line, so that the words on both sides of them are two words (HTML Standard §15.3).
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details",
        "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame", "h1", "h2",
        "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "iframe", "img", "legend", "li", "link",
        "main", "menu", "meta", "nav", "noframes", "noscript", "object", "ol", "option", "p", "pre", "script",
        "section", "select", "style", "summary", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead",
        "title", "tr", "ul", "video",
    }
)  # fmt: skip
#: Elements that stand inside a line.
INLINES = frozenset(
    {
        "a", "abbr", "acronym", "audio", "b", "bdi", "bdo", "big", "blink", "canvas", "cite", "code", "col", "colgroup",
        "data", "datalist", "del", "dfn", "em", "embed", "font", "i", "input", "ins", "kbd", "label", "map", "mark",
        "meter", "nobr", "output", "picture", "progress", "q", "rp", "rt", "ruby", "s", "samp", "slot", "small",
        "source", "span", "strike", "strong", "sub", "sup", "svg", "time", "track", "tt", "u", "var", "wbr",
    }
)  # fmt: skip
_NAMES = "|".join(sorted(BLOCKS | INLINES, key=lambda name: (-len(name), name)))

#: A tag of HTML, open or closed. `<Bleeding>` and `<tag>` in a title are words, not tags.
KNOWN_TAG = re.compile(rf"</?(?:{_NAMES})(?=[\s/>])[^<>]*>", re.IGNORECASE)

_ATTRIBUTE = re.compile(r"""([A-Za-z][\w:-]{0,60})\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")


def attributes(tag: str) -> dict[str, str]:
    """The attributes of one tag, names in lower case, entities of the values resolved; the first of two wins."""
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(tag):
        bare = value[1:-1] if value[:1] in {'"', "'"} else value
        found.setdefault(name.lower(), html.unescape(bare).strip())
    return found


def tags(source: str, name: str) -> Iterator[dict[str, str]]:
    """The attributes of every `<name …>` in `source`, in order."""
    for match in re.finditer(rf"<{name}(?=[\s/])[^<>]*>", source, re.IGNORECASE):
        yield attributes(match[0])


def looks_like_html(text: str) -> bool:
    """Whether the text holds a tag of HTML or an entity, so that it must be read as HTML."""
    return bool(KNOWN_TAG.search(text)) or html.unescape(text) != text
