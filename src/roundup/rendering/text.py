"""How the text part is set: the filters of its templates (pure).

Lines are at most 72 columns wide (RFC 3676 §4.2 asks for 78 or less, and 72 leaves room to be quoted). There is no
`format=flowed`: the large mail services ignore it. An address stands alone on its line and is never broken, because
half an address is a link to nowhere.
"""

import re
import unicodedata
from collections.abc import Iterator

#: The widest line, in columns; a wide East Asian character takes two.
WIDTH = 72

#: White space at which a line may break; a no-break space holds its neighbours together (Unicode Annex 14, class GL).
_BREAKS = re.compile(r"[ \t\r\n\f\v\x1c-\x1f\x85\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]+")
_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+")


def wrap(text: str, indent: str = "") -> str:
    """`text` as lines of at most WIDTH columns, each after `indent`. White space of any kind, line breaks too, becomes
    one space; an address stands alone on its line, unbroken; any other word too long for a line is cut."""
    lines = _filled(_words(text, WIDTH - len(indent)), WIDTH - len(indent))
    return "\n".join(indent + line for line in lines)


def tidy(text: str) -> str:
    """A rendered text part without its templates' loose ends: no blanks at line ends (RFC 5322 lines are often
    trimmed on the way, which would break a signature), never two empty lines together, one line end last."""
    lines = (line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def columns(text: str) -> int:
    """How many columns of a fixed-width font `text` takes (Unicode Standard Annex 11)."""
    return len(text) if text.isascii() else sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _filled(words: Iterator[str], width: int) -> Iterator[str]:
    line = ""
    for word in words:
        if _ADDRESS.match(word):
            yield from filter(None, (line, word))
            line = ""
        elif line and columns(line) + 1 + columns(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line


def _words(text: str, width: int) -> Iterator[str]:
    """The words of `text`, none but an address wider than `width`: Chinese has no spaces to break at."""
    for word in filter(None, _BREAKS.split(text)):
        if _ADDRESS.match(word) or columns(word) <= width:
            yield word
        else:
            yield from _cut(word, width)


def _cut(word: str, width: int) -> Iterator[str]:
    part, taken = "", 0
    for character in word:
        if taken + _columns_of(character) > width:
            yield part
            part, taken = "", 0
        part += character
        taken += _columns_of(character)
    yield part
