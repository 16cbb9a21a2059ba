"""The little HTML that gathering reads by itself: tags and their attributes, and a source without them. Pure.

Everything here is linear in its input: a hostile page costs no more than a long one. That is why tags are taken out
here, and the sanitiser only judges what is left: a real HTML parser takes seconds over ten thousand nested elements.
"""

import html
import re
from collections.abc import Iterator
from functools import lru_cache

#: Stands in flat text where one block ends and another begins.
BLOCK = "\f"
#: Stands in flat text where a line ends inside a block (`<br>`).
LINE = "\x1f"
#: Stands in flat text at the beginning of a list's item.
ITEM = "\x1e"

#: Elements that begin a new line, so that the words on both sides of them are two words (HTML Standard §15.3).
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details",
        "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame", "frameset",
        "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "iframe", "img", "legend", "li",
        "link", "listing", "main", "menu", "meta", "nav", "noframes", "noscript", "object", "ol", "optgroup", "option",
        "p", "pre", "script", "search", "section", "select", "style", "summary", "table", "tbody", "td", "template",
        "textarea", "tfoot", "th", "thead", "title", "tr", "ul", "video", "xmp",
    }
)  # fmt: skip
#: Elements that stand inside a line.
INLINES = frozenset(
    {
        "a", "abbr", "acronym", "applet", "area", "audio", "b", "base", "bdi", "bdo", "big", "blink", "canvas", "cite",
        "code", "col", "colgroup", "data", "datalist", "del", "dfn", "em", "embed", "font", "i", "input", "ins", "kbd",
        "label", "map", "mark", "marquee", "math", "meter", "nobr", "output", "param", "picture", "progress", "q", "rb",
        "rp", "rt", "ruby", "s", "samp", "slot", "small", "source", "span", "strike", "strong", "sub", "sup", "svg",
        "time", "track", "tt", "u", "var", "wbr",
    }
)  # fmt: skip
#: Elements without an end tag (HTML Standard §13.1.2).
VOIDS = frozenset(
    {
        "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source", "track",
        "wbr",
    }
)  # fmt: skip
#: Elements whose text nobody reads in a line of prose: programs, forms, menus, captions, the small print of ruby.
SILENT = frozenset(
    {
        "button", "figcaption", "iframe", "nav", "noembed", "noframes", "noscript", "object", "rp", "rt", "script",
        "select", "style", "svg", "template", "textarea", "title",
    }
)  # fmt: skip
# Their contents are no markup (HTML Standard §13.2.5): they end at the first end tag, or with the document.
_RAW = frozenset({"iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title"})
# What ends an element whose end tag may be left out, beside that tag.
_ENDED_BY = {
    "p": r"</?(?:p|div|h[1-6]|ul|ol|dl|table|blockquote|section|article|figure|pre)",
    "rt": r"</?(?:rt|rp|rb|ruby)",
    "rp": r"</?(?:rt|rp|rb|ruby)",
}
# What publishing systems put round a text and mark by a class: captions, share buttons, labels of fields, the title
# and the byline again, footnotes and their marks, anchors of headings, words for screen readers ("Continue reading X").
_ASIDES = frozenset(
    {
        "a2a_kit", "addthis", "anchor-link", "anchorjs-link", "caption", "caption-text", "ez-toc-container",
        "feedflare", "field-label", "field-name-field-image", "field-name-field-tags", "field-name-title",
        "field-type-taxonomy-term-reference", "field--name-created", "field--name-field-image",
        "field--name-field-tags", "field--name-title", "field--name-uid", "field__label", "footnote",
        "footnote-backref", "footnote-ref", "footnote-reference", "footnoteref", "footnotes", "header-anchor",
        "headerlink", "heading-anchor", "image-caption", "image-credit", "image-link-expand", "jp-post-flair",
        "jp-relatedposts",
        "media-caption", "mw-editsection", "photo-caption", "photo-credit", "post-flair", "screen-reader-text",
        "share-button", "share-buttons", "sharedaddy", "sharing", "sr-only", "table-of-contents", "toc",
        "toc_container", "tr-caption", "visually-hidden", "visuallyhidden", "wp-block-button", "wp-caption-text",
    }
)  # fmt: skip
_ASIDE_PREFIXES = ("addtoany_", "addthis_", "sd-sharing", "sd-like", "social-share", "ssba", "subscription-widget")
_CLASS = re.compile(r"""(?<![\w-])(?:class|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_HIDING_STYLE = re.compile(r"display:\s*none|mso-hide:\s*all", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|\s)hidden(?=[\s=/]|$)", re.IGNORECASE)
_VALUE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
#: How much of a tag's attributes is looked at, in characters: those that matter here are short.
_ATTRIBUTES_READ = 1_000
# Attributes: a quoted value may hold `<` and `>`; a quote that is never closed is a letter. Atomic, hence linear.
_ATTRIBUTES = r"""(?>[^<>="']+|=\s*+(?:"[^"]*+"|'[^']*+')|[="'])*+"""
_TAG = re.compile(
    rf"<(?:(?P<end>/?)(?P<name>[A-Za-z][\w.:-]*)(?=[\s/>])(?P<rest>{_ATTRIBUTES})>|(?P<comment>!--)"
    r"|(?P<cdata>!\[CDATA\[)|[!?/][^<>]*>)",
    re.ASCII,
)
_END_TAG = re.compile(r"</([A-Za-z][\w.:-]*)\s*>", re.ASCII)
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


def flat(source: str, *, is_whole: bool = True) -> str:
    """The source without its tags, comments and silent elements, still escaped: each `<` left in it is `&lt;`.

    `BLOCK` stands where blocks meet, `LINE` where lines do, `ITEM` where a list's item begins; inline tags leave
    nothing, for `<b>W</b>ord` is one word. Only elements of HTML are tags, and others that behave like elements:
    closed, with attributes, or with a prefix. `The <tag> Element` is text. `is_whole`: False if the source goes on, so
    that an element may end later.
    """
    return _Flattening(source, is_whole=is_whole).text()


def flat_again(text: str) -> str:
    """A text whose tags came to light by decoding, without those elements of HTML that it closes; else as it is.

    A lone `<b>` in such a text is what the author writes about; `<i>…</i>` is markup that was escaped twice.
    """
    closed = {name.lower() for name in _END_TAG.findall(text)} & (BLOCKS | INLINES)
    if not closed:
        return text
    closed |= VOIDS

    def mark_or_text(match: re.Match[str]) -> str:
        name = (match["name"] or "").lower()
        return _mark(name) if name in closed else match[0]

    return _TAG.sub(mark_or_text, text)


class _Flattening:
    """One pass over a source, from its beginning to its end."""

    def __init__(self, source: str, *, is_whole: bool) -> None:
        self._source = source
        self._is_whole = is_whole
        self._never_closed: set[str] = set()
        self._closed: frozenset[str] | None = None

    def text(self) -> str:
        """The flat text."""
        source, position, parts = self._source, 0, list[str]()
        while match := _TAG.search(source, position):
            parts.append(source[position : match.start()].replace("<", "&lt;"))
            mark, position = self._read(match)
            parts.append(mark)
        parts.append(source[position:].replace("<", "&lt;"))
        text = "".join(parts)
        # Its beginning was a tag; its end need not be one where a feed escaped it again.
        return text.replace("]]>", "").replace("]]&gt;", "") if "<![CDATA[" in source else text

    def _read(self, match: re.Match[str]) -> tuple[str, int]:
        """What a tag leaves in the text, and where the text goes on."""
        if match["name"] is None:
            if match["comment"]:
                end = self._source.find("-->", match.end())
                return "", end + 3 if end >= 0 else len(self._source)
            return "", match.end()
        name, rest = match["name"].lower(), match["rest"]
        if name not in BLOCKS and name not in INLINES and not self._is_element(name, rest):
            return match[0].replace("<", "&lt;"), match.end()
        if not match["end"]:
            if name == "li":
                return BLOCK + ITEM, match.end()
            if self._is_silent(name, rest):
                return _mark(name), self._end_of(name, match.end())
        return _mark(name), match.end()

    def _is_element(self, name: str, rest: str) -> bool:
        """Whether a tag that is none of HTML's behaves like one: `<o:p>`, `<path d="">`, `<user>…</user>`."""
        if name.endswith(":"):
            return False
        if ":" in name or "-" in name or "=" in rest or rest.endswith("/"):
            return True
        if self._closed is None:
            self._closed = frozenset(found.lower() for found in _END_TAG.findall(self._source))
        return name in self._closed

    def _is_silent(self, name: str, rest: str) -> bool:
        """Whether nobody reads what is in this element."""
        if name in VOIDS or rest.endswith("/"):
            return False
        if name in SILENT:
            return True
        return len(rest) > len("hidden") and _is_aside(name, rest[:_ATTRIBUTES_READ])

    def _end_of(self, name: str, start: int) -> int:
        """Where the element ends that begins at `start`; where it began, if it is never closed."""
        if name in self._never_closed:
            return start
        end = _end(self._source, name, start)
        if end is None:
            if name in _RAW or not self._is_whole:
                return len(self._source)
            # Whoever forgot an end tag did not mean to say nothing. To look once for each name keeps this linear.
            self._never_closed.add(name)
            return start
        return end


def _mark(name: str) -> str:
    """What a tag of this name leaves in a flat text."""
    if name == "br":
        return LINE
    return BLOCK if name in BLOCKS else ""


def _is_aside(name: str, rest: str) -> bool:
    """Whether the attributes say that an element is not part of the text, or is not shown."""
    if "hid" in rest and _HIDDEN.search(_VALUE.sub("= ", rest)):
        return True
    if _HIDING_STYLE.search(rest) and _HIDING_STYLE.search(attributes(rest).get("style", "")):
        return True
    for values in _CLASS.findall(rest):
        for word in "".join(values).lower().split():
            # Wikipedia's numbers of notes; for Docutils every link is a "reference".
            if word in _ASIDES or word.startswith(_ASIDE_PREFIXES) or (name == "sup" and word == "reference"):
                return True
    return False


def _end(source: str, name: str, start: int) -> int | None:
    """Where an element's end is, elements of its name inside it counted; None if nowhere."""
    if name in _ENDED_BY:
        match = _pattern(_ENDED_BY[name]).search(source, start)
        return match.start() if match else None
    if name in _RAW:
        match = _pattern(f"</{re.escape(name)}").search(source, start)
        return match.end() if match else None
    depth = 1
    for match in _pattern(f"</?{re.escape(name)}").finditer(source, start):
        depth += -1 if match[0].startswith("</") else 1
        if depth == 0:
            return match.end()
    return None


@lru_cache(maxsize=256)
def _pattern(beginning: str) -> re.Pattern[str]:
    """A tag that begins so."""
    return re.compile(rf"{beginning}(?=[\s/>])[^<>]*>?", re.IGNORECASE)
