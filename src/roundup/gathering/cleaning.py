"""HTML or text becomes plain text: the one pipeline behind titles, names, tags and excerpts. Pure.

The steps, in order: tags out (`markup.py`), judged by nh3, which lets nothing pass that a browser takes for an element;
entities decoded until stable, at most twice, since some sites escape twice; template tags out; Windows-1252 repaired;
what is invisible out; Unicode form C.
"""

import html
import re
import unicodedata
from html.entities import html5

import nh3

from roundup.gathering.cutting import cut_at
from roundup.gathering.markup import BLOCK, ITEM, LINE, flat, flat_again

#: The most characters of a title; longer ones exist only by mistake or malice.
TITLE_CHARACTERS = 300
#: How much of a title's source is looked at, in characters.
_TITLE_SOURCE = 10_000

# Only what ends in a semicolon is an entity, but for the few that people write without: `?a=1&section=2` is an address.
_ENTITY = re.compile(
    r"&(?:#(?:\d{1,7}|[xX][0-9A-Fa-f]{1,6})(?:;|(?![\w&]))|[A-Za-z][A-Za-z0-9]{1,31};"
    r"|(?:amp|lt|gt|quot|nbsp)(?![\w;=]))"
)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,32};)")
# What is left of a tag or an entity where a source was cut by the character.
_UNFINISHED = re.compile(
    r"(?:<(?:/?[A-Za-z][\w:-]*(?:\s+[\w:-]+\s*=[^<>]*|\s+[\w:-]{0,12})?|!-{0,2}|/)?"
    r"|&(?:\#[xX]?[0-9A-Fa-f]{0,6}|nbs?p?|amp?|quo?t?|hell?i?p?|[lr][sd]qu?o?|[mn]da?s?h?))$"
)
# Liquid, Nunjucks, Jinja and Hugo, where a site mailed its template in place of its text; last, one that was cut off.
_TEMPLATE = re.compile(
    r"\{%(?:[^{}]|\{[^{}]{0,200}\}){0,500}?%\}|\{\{(?:[^{}]|\{[^{}]{0,200}\}){0,500}?\}\}|\{(?:\{|%)[^{}]{0,500}$"
)
_LONE_OPENING = re.compile(r"\{+(?=[{%])")
# WordPress's shortcodes whose plugin is gone; a text in other brackets is a text.
_SHORTCODE = re.compile(
    r"\[/?(?:caption|gallery|embed|audio|video|playlist|youtube|vimeo|soundcloud|sourcecode|vc_\w{1,40}|et_pb_\w{1,40}"
    r"|contact-form(?:-7)?|wpvideo|tweet|polldaddy|slideshow|includeme)\b[^\[\]]{0,1000}\]",
    re.IGNORECASE,
)
# Without these, printable ASCII is plain text already.
_SPECIAL = re.compile(r"[<&\[{]")
_MARKS = {ord(mark): " " for mark in (BLOCK, LINE, ITEM)}
_C1 = re.compile(r"[\x80-\x9f]")
_NON_CHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b\x0e-\x1d\x7f"  # controls that are no blanks; \f, \x1e and \x1f are this pipeline's marks
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff\u3164\uffa0"  # soft hyphen, zero width, fillers
    "\u202a-\u202e\u2066-\u206f"  # bidirectional embeddings, overrides, isolates, and deprecated shapes
    "\ufff9-\ufffd\ufdd0-\ufdef\ud800-\udfff"  # annotations, replacement, non-characters, surrogates
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # controls of shorthand and of musical notes
    f"{_NON_CHARACTERS}]"
)
# Letters and marks of scripts in which U+200C and U+200D change how neighbours join: Arabic, Syriac, Mongolian, those
# of India, Myanmar, Khmer (The Unicode Standard §23.2; RFC 5892 appendix A).
_JOINING = (
    "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af\ua840-\ua8ff\ua9e0-\uaa7f"
    "\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
)
_PICTOGRAPH = (
    "\u00a9\u00ae\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINER_OR_TAG = re.compile("[\u200c\u200d\U000e0000-\U000e007f]")
_KEPT_OR_STRAY = re.compile(
    f"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    f"|(?<=[{_PICTOGRAPH}\ufe0f])\u200d(?=[{_PICTOGRAPH}])"
    # The flags of England, Scotland and Wales (UTS #51, emoji tag sequences); elsewhere such tags hide a text.
    "|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,16}\U000e007f"
    "|([\u200c\u200d\U000e0000-\U000e007f])"
)
_EAST_ASIAN = "\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uffef"
# A line's end between ideographs is no blank (CSS Text 3 §4.1.3).
_EAST_ASIAN_LINE_END = re.compile(f"(?<=[{_EAST_ASIAN}])[ \t\r]*\n[ \t\r]*(?=[{_EAST_ASIAN}])")


def plain(source: str) -> str:
    """A title, a name or a tag as one line of plain text, at most 300 characters and ` …` where it was cut.

    Only tags of HTML are taken out: `Internal <Bleeding> Madras` is a title. Entities are resolved at most twice; a tag
    that appears by that is taken out only if it is closed too, for a lone `<b>` is what the title is about.
    """
    beginning = head(source, _TITLE_SOURCE)
    if beginning.isascii() and beginning.isprintable() and not _SPECIAL.search(beginning):
        return cut_at(" ".join(beginning.split()), TITLE_CHARACTERS)
    return cut_at(one_line(text_of(beginning)), TITLE_CHARACTERS)


def text_of(source: str, *, is_whole: bool = True) -> str:
    """The text of a source, decoded and visible, with the marks of `markup.py` between its blocks.

    `is_whole`: False if the source is only the beginning of one.
    """
    text = source if source.isprintable() else storable(source).translate(_MARKS)
    if "<" in text or "&" in text:
        text = _UNFINISHED.sub("", text)
        if "<" in text:
            text = _judged(flat(text, is_whole=is_whole))
        once = decoded(text)
        again = flat_again(once)
        # A source that escapes twice may be cut, too.
        text = decoded(again if again is once else _UNFINISHED.sub("", again))
    if "[" in text:
        text = _SHORTCODE.sub(" ", text)
    if "{" in text:
        text = _LONE_OPENING.sub("", _TEMPLATE.sub(" ", text))
    return visible(text)


def decoded(text: str) -> str:
    """The text with its entities resolved once."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def one_line(text: str) -> str:
    """The text with one blank for each run of blanks and marks."""
    return " ".join(text.split())


def visible(text: str) -> str:
    """The same text with invisible and control characters removed, Windows-1252 repaired, in Unicode form C.

    U+200C and U+200D stay where they shape something: Persian words, Indian ligatures, emoji. Variation selectors stay.
    """
    if text.isascii():
        return _INVISIBLE.sub("", text) if not text.isprintable() else text
    text = _INVISIBLE.sub("", _C1.sub(_windows_1252, text))
    if _JOINER_OR_TAG.search(text):
        text = _KEPT_OR_STRAY.sub(lambda match: "" if match[1] else match[0], text)
    if "\n" in text:
        text = _EAST_ASIAN_LINE_END.sub("", text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def clean(text: str) -> str:
    """The same text on one line, without what is invisible; tags and entities in it are text."""
    return one_line(visible(text))


def storable(text: str) -> str:
    """The text without what no database stores and no encoding knows: NUL and lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "ignore").decode("utf-8")


def head(source: str, limit: int) -> str:
    """The first `limit` characters, but not half a tag."""
    if len(source) <= limit:
        return source
    beginning = source[:limit]
    opened = beginning.rfind("<")
    return beginning[:opened] if opened > beginning.rfind(">") else beginning


def _judged(text: str) -> str:
    """Flat text as nh3 sees it with no tag allowed. Nothing is left for it to remove, or else it is removed here."""
    return nh3.clean(_BARE_AMPERSAND.sub("&amp;", text), tags=set(), attributes={}, link_rel=None)


def _character(match: re.Match[str]) -> str:
    """What an entity stands for; itself where it is none."""
    entity = match[0]
    if entity[1] == "#":
        return html.unescape(entity)
    name = entity[1:].rstrip(";") + ";"
    return html5.get(name, entity)


def _windows_1252(match: re.Match[str]) -> str:
    """The character that Windows-1252 has at this C1 place, where no text means a control character."""
    return bytes([ord(match[0])]).decode("cp1252", "ignore")
