"""The beginning of a text, as it is printed under a title: 55 clean words. Pure.

The numbers come from WordPress's `wp_trim_excerpt`, the order of steps from what real feeds hold: the text is cleaned
(`cleaning.py`), what is none of it is dropped (`debris.py`), and the rest is cut (`cutting.py`).
"""

from collections.abc import Iterable

from roundup.gathering.cleaning import head, one_line, text_of
from roundup.gathering.cutting import CHARACTERS, WORDS, shortened
from roundup.gathering.debris import Block, without_debris
from roundup.gathering.markup import BLOCK, ITEM, LINE

#: How much of a text is looked at at most, in characters. An excerpt is at its beginning.
SOURCE_CHARACTERS = 200_000
# How much is looked at first, and if that holds too little text, next: markup can be long.
_HEADS = (4_000, 32_000, SOURCE_CHARACTERS)
# With twice the words of an excerpt, what comes after them changes nothing.
_ENOUGH_WORDS = 2 * WORDS
_ENOUGH_CHARACTERS = 2 * CHARACTERS


def excerpt(source: str, *, title: str = "", authors: Iterable[str] = ()) -> str:
    """The beginning of an HTML or plain text, as one line of plain text.

    At most 55 words, or 350 characters where a script has no blanks; ends in one ` …` exactly when it was cut here, or
    was cut already by its source. What themes and plugins append (`debris.py`) is dropped, and so are the piece's
    `title` and `authors` where the text begins by saying them again. Empty for nothing to say.
    """
    people = tuple(authors)
    for limit in _HEADS:
        is_whole = len(source) <= limit or limit == SOURCE_CHARACTERS
        beginning = head(source, limit)
        blocks = _blocks(text_of(beginning, is_whole=is_whole))
        text, goes_on = without_debris(blocks, title=title, authors=people, is_whole=is_whole)
        if is_whole or len(text) > _ENOUGH_CHARACTERS or text.count(" ") > _ENOUGH_WORDS:
            break
    return shortened(text, goes_on=goes_on)


def _blocks(text: str) -> list[Block]:
    """The blocks of a marked text that say anything."""
    blocks, is_item = [], False
    for part in text.split(BLOCK):
        follows_line = False
        for line in part.split(LINE):
            said = one_line(line)
            # An item's mark may stand alone, before the paragraph in the item.
            is_item = is_item or ITEM in line
            if said:
                blocks.append(Block(said, is_item=is_item, follows_line=follows_line))
                is_item = False
            # After an empty line begins a paragraph: many sources have no other.
            follows_line = bool(said)
    return blocks
