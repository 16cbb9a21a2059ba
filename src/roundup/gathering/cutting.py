"""Where a text is cut, and how the cut is shown. Pure; all texts here are plain text on one line."""

import re
import unicodedata

#: How a cut text ends: a blank and one ellipsis.
CUT = " …"
#: WordPress's `excerpt_length`.
WORDS = 55
#: The most characters of an excerpt in a script without blanks, where 55 "words" would have no end.
CHARACTERS_UNSPACED = 350
#: The most characters of any excerpt: 55 words longer than this are not words.
CHARACTERS = 700

# Han, kana, Thai, Lao, Myanmar and Khmer are written without blanks between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# What may not stand before the ellipsis: points, commas and dashes of any script, and brackets that only open.
_LOOSE_END = re.compile(r"""(?:[\s.,;:…\-–—‒―·•،؛、。，；：([{⟨„‚¿¡/|]|(?<=\s)["'“‘«‹»›])+$""")
# A part of the character before it: a joiner, a variation selector, a skin tone, a tag of a flag.
_CONTINUES = re.compile("[\u200c\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e01ef]")
#: The most code points of one character as people see it; a family of emoji has eleven.
_LONGEST_CHARACTER = 32
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")


def shortened(text: str, *, goes_on: bool = False) -> str:
    """The text if it has at most 55 words, and at most the characters its script allows; else its beginning and ` …`.

    `goes_on`: its source said that there is more, so that it ends in ` …` in any case.
    """
    words = text.split(maxsplit=WORDS)
    short = " ".join(words[:WORDS]) if len(words) > WORDS else text
    unspaced = not text.isascii() and len(_UNSPACED.findall(text[:1000])) * 3 > len(text[:1000])
    short = _beginning(short, CHARACTERS_UNSPACED if unspaced else CHARACTERS)
    return with_ellipsis(short) if goes_on or len(short) < len(text) else text


def cut_at(text: str, limit: int) -> str:
    """The text if it has at most `limit` characters; else its beginning and ` …`."""
    return text if len(text) <= limit else with_ellipsis(_beginning(text, limit))


def first_words(text: str, words: int = 10) -> str:
    """The first words of a text, to stand for a title that is missing; ends in ` …` when it was cut."""
    short = _beginning(" ".join(text.split()[:words]), 90)
    return short if short == text else with_ellipsis(short)


def with_ellipsis(text: str) -> str:
    """The text and ` …`, with no other punctuation before that; empty if nothing is left of it."""
    # The end is short: a text that is nothing but points must not be walked through from each of them.
    trimmed = text
    while (match := _LOOSE_END.search(trimmed, max(0, len(trimmed) - 50))) is not None:
        trimmed = trimmed[: match.start()]
    return trimmed + CUT if trimmed else ""


def _beginning(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words if one ends near, and never inside a character as people see it."""
    if len(text) <= limit:
        return text
    blank = text.rfind(" ", limit * 4 // 5, limit + 1)
    end = blank if blank > 0 else limit
    whole = end
    while whole > max(0, end - _LONGEST_CHARACTER) and _is_inside(text, whole):
        whole -= 1
    # What is longer is no character that anybody sees.
    return text[: whole if whole > max(0, end - _LONGEST_CHARACTER) else end].rstrip()


def _is_inside(text: str, end: int) -> bool:
    """Whether a cut before `text[end]` would part what people see as one character (UAX #29, in the main)."""
    before, after = text[end - 1], text[end]
    if unicodedata.category(after)[0] == "M" or _CONTINUES.match(after) or before == "\u200d":
        return True
    # Two letters make a flag: count how many stand before.
    if not _FLAG.match(after):
        return False
    start = end
    while start > 0 and _FLAG.match(text[start - 1]):
        start -= 1
    return (end - start) % 2 == 1
