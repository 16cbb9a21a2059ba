"""HTML or text becomes the plain text that is mailed: titles, names, excerpts. Pure.

The order of steps and the numbers come from what real feeds hold: WordPress's `wp_trim_excerpt` (55 words), the Yoast
footer, the "read more" links of themes, Windows-1252 read as Latin-1, scripts without blanks.
"""

import html
import re
import unicodedata

import nh3

from roundup.gathering.debris import without_debris
from roundup.gathering.markup import BLOCKS, KNOWN_TAG

#: WordPress's `excerpt_length`.
WORDS = 55
#: The most characters of an excerpt in a script without blanks, where 55 "words" would have no end.
CHARACTERS_UNSPACED = 350
#: The most characters of any excerpt: 55 words longer than this are not words.
CHARACTERS = 700
#: The most characters of a title; longer ones exist only by mistake or malice.
TITLE_CHARACTERS = 300
#: How much of a text is looked at, in characters. An excerpt is at its beginning.
SOURCE_CHARACTERS = 200_000
#: How a cut text ends: a blank and one ellipsis.
CUT = " …"

_SILENT = {"script", "style", "noscript", "iframe", "template", "title", "figcaption", "svg", "object", "textarea"}
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(BLOCKS))})(?=[\s/>])", re.IGNORECASE)
_NO_TAG = re.compile(r"<(?![/!?]?[A-Za-z][^<>]*>|!--)")
_UNFINISHED_TAG = re.compile(r"<(?:/?[A-Za-z][\w:-]*(?:\s+[\w:-]+\s*=[^<>]*)?)$")
_C1 = re.compile(r"[\x80-\x9f]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f"  # controls that are not blanks
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff"  # soft hyphen, zero width, directional marks
    "\u202a-\u202e\u2066-\u206f"  # bidirectional embeddings, overrides, isolates, and deprecated shapes
    "\ufff9-\ufffb\ufffd\ufdd0-\ufdef\ud800-\udfff"  # annotations, replacement, non-characters, surrogates
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
# Han, kana, Thai, Lao, Myanmar and Khmer are written without blanks between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def excerpt(source: str) -> str:
    """The beginning of an HTML or plain text, as one line of plain text.

    At most 55 words, or 350 characters where a script has no blanks; ends in one ` …` exactly when it was cut here, or
    was cut already by its source. What themes and plugins append (`debris.py`) is dropped. Empty for nothing to say.
    """
    text, was_cut = without_debris(_text_of(source))
    shortened = _shortened(text)
    if shortened == text and not was_cut:
        return text
    trimmed = shortened.rstrip(" .,;:…-–—‒")
    return trimmed + CUT if trimmed else ""


def plain(source: str) -> str:
    """A title, a name or a tag as one line of plain text, at most 300 characters.

    Only tags of HTML are taken out: `Internal <Bleeding> Madras` is a title. Entities are resolved at most twice, since
    some sites escape twice; a tag that appears by that is taken out only if it is closed too, for a lone `<b>` is text.
    """
    text = KNOWN_TAG.sub("", _within(source, 10_000))
    once = html.unescape(text)
    text = clean(html.unescape(_without_pairs(once)))
    return text if len(text) <= TITLE_CHARACTERS else _cut_at(text, TITLE_CHARACTERS).rstrip(" .,;:…-–—") + CUT


def first_words(text: str, words: int = 10) -> str:
    """The first words of a plain text, to stand for a title that is missing; ends in ` …` when it was cut."""
    short = _cut_at(" ".join(text.split()[:words]), 90)
    return short if short == text else short.rstrip(" .,;:…-–—") + CUT


def clean(text: str) -> str:
    """The same text on one line: invisible and control characters removed, Windows-1252 repaired, Unicode form C.

    U+200C and U+200D stay: Persian words and emoji are made with them.
    """
    repaired = _C1.sub(_windows_1252, text)
    return " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", repaired)).split())


def storable(text: str) -> str:
    """The text without what no database stores and no encoding knows: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def _text_of(source: str) -> str:
    """The text of an HTML source, tags gone, words of neighbouring blocks apart."""
    marked = _NO_TAG.sub("&lt;", _UNFINISHED_TAG.sub("", storable(_within(source, SOURCE_CHARACTERS))))
    spaced = _BLOCK_TAG.sub(lambda match: " " + match[0], marked)
    stripped = nh3.clean(spaced, tags=set(), attributes={}, clean_content_tags=_SILENT, link_rel=None)
    # The first pass undoes the cleaner's own escaping; the second is for sources that escape twice.
    once = html.unescape(stripped)
    return clean(html.unescape(_without_pairs(once)))


def _within(source: str, limit: int) -> str:
    """The first `limit` characters, but not half a tag."""
    if len(source) <= limit:
        return source
    head = source[:limit]
    opened = head.rfind("<")
    return head[:opened] if opened > head.rfind(">") else head


def _without_pairs(text: str) -> str:
    """The text without HTML elements that are both opened and closed, as they come to light by unescaping."""
    closed = {match[0][2:-1].strip().lower() for match in KNOWN_TAG.finditer(text) if match[0].startswith("</")}
    if not closed:
        return text

    def pair_or_text(match: re.Match[str]) -> str:
        name = re.split(r"[\s/>]", match[0].lstrip("</").lower(), maxsplit=1)[0]
        return " " if name in closed or name in {"br", "img", "hr"} else match[0]

    return KNOWN_TAG.sub(pair_or_text, text)


def _windows_1252(match: re.Match[str]) -> str:
    """The character that Windows-1252 has at this C1 place, where no text means a control character."""
    return bytes([ord(match[0])]).decode("cp1252", "ignore")


def _shortened(text: str) -> str:
    """At most 55 words, and at most the characters its script allows."""
    unspaced = len(_UNSPACED.findall(text[:1000])) * 3 > len(text[:1000])
    return _cut_at(" ".join(text.split()[:WORDS]), CHARACTERS_UNSPACED if unspaced else CHARACTERS)


def _cut_at(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words if one ends near, and never inside a character."""
    if len(text) <= limit:
        return text
    blank = text.rfind(" ", limit * 4 // 5, limit + 1)
    end = blank if blank > 0 else limit
    # A combining mark or a joiner belongs to the character before it.
    while 0 < end < len(text) and (unicodedata.category(text[end])[0] == "M" or "\u200d" in text[end - 1 : end + 1]):
        end -= 1
    return text[:end].rstrip()
