"""What themes, plugins, hosts and aggregators put round a text, and how to know it. Pure.

Every kind was met in real feeds. It is dropped where it stands as a block of its own, and else only at the very end: in
the middle of a text the same words are somebody's sentence.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from roundup.gathering import phrases

#: How far from the end one piece of debris may begin, in characters.
_REACH = 600
#: How much of the end is looked at in all, in characters: debris upon debris must not take forever.
_END = 4_000
#: The longest block that may be debris, in characters: nobody appends more than a long title.
_LONGEST = 500
#: How many blocks at the beginning may be a title and a byline.
_LEADING = 3

#: The source itself says that there is more (WordPress's `excerpt_more`, and what themes make of it).
_ELLIPSIS = re.compile(r"(?:\[ ?(?:…|\.{3,9}) ?\]|\( ?(?:…|\.{3,9}) ?\)|…|\.\.\.)$")
#: An arrow that was a link; but `»` also closes a French quotation.
_ARROW = re.compile(r"\s*(?:»|›|→|>>)\s*$")
_QUOTATION = re.compile(r"[«‹][^«»‹›]*[»›]\s*$")
#: After one of these a list's item needs no other mark.
_ENDS = (".", ",", ";", ":", "!", "?", "…", "–", "—", "。", "、", "！", "？", "：", "；", "।", "؟")
_CLOSING = "\"'”’»)]%"
#: So many words are a sentence; fewer may be a heading, a label, a name.
_PROSE = 6
# A name: each word begins with a capital, or is a particle.
_NAMES = re.compile(
    r"(?:[^\W\d_a-zß-öø-ÿ][\w.'’-]*|and|und|et|y|e|en|von|van|de|der|den|di|da|du|la|le|al|bin|ibn|in|&|,)(?:\s+|,\s*|$)"
)
_CSS_SELECTOR = re.compile(r"\s*[@.#*\w][^{}<>\"]{0,200}")
#: The longest style sheet that is known as one, in characters.
_LONGEST_CSS = 20_000


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading, a cell or an item of a list, as one line of plain text."""

    text: str
    is_item: bool = False
    #: It is a line of the paragraph before it.
    follows_line: bool = False


def without_debris(
    blocks: Sequence[Block], *, title: str = "", authors: Iterable[str] = (), is_whole: bool = True
) -> tuple[str, bool]:
    """The blocks as one line without what is none of the text, and whether the source had cut it (an ellipsis).

    `title` and `authors` are the piece's: a text need not begin by saying them again. `is_whole`: False if the blocks
    are only the beginning of a text, whose last words are not its end.
    """
    kept = [block for block in blocks if not _stands_alone(block.text)]
    cut = _shorten_end(kept) if is_whole else False
    people = tuple(authors)
    del kept[: _leading(kept, title, people)]
    return _without_byline(joined(kept), people), cut


def _shorten_end(blocks: list[Block]) -> bool:
    """Takes debris from the end of a list of blocks. Whether the source had cut its text there."""
    cut = False
    while blocks:
        last = blocks.pop()
        if _is_last(last.text):
            continue
        text, ellipsis = without_tail(last.text)
        cut = cut or ellipsis
        if text:
            blocks.append(replace(last, text=text))
            break
    return cut


def joined(blocks: Iterable[Block]) -> str:
    """The blocks as one line, with a mark between them where layout was the only one.

    Items of a list get a semicolon, or a full stop after the last, if they end in no mark; so does a paragraph of six
    words or more before another. Lines of a paragraph are joined by a blank: most line breaks in feeds are layout, and
    a slash in a sentence that was merely wrapped is worse than a verse that runs on, whose capitals still show it.
    """
    parts: list[str] = []
    previous: Block | None = None
    for block in blocks:
        if previous is not None:
            parts[-1] += _mark_between(previous, block)
        parts.append(block.text)
        previous = block
    return " ".join(parts)


def _mark_between(before: Block, after: Block) -> str:
    """The mark that a block without one needs before the next."""
    if before.text.rstrip(_CLOSING).endswith(_ENDS) or before.text.endswith(_ENDS):
        return ""
    if before.is_item:
        return ";" if after.is_item else "."
    is_prose = before.text.count(" ") >= _PROSE - 1 and before.text.rstrip(_CLOSING)[-1:].isalnum()
    begins_anew = not after.follows_line and not after.is_item and after.text[0].isupper()
    return "." if is_prose and begins_anew else ""


def without_tail(text: str) -> tuple[str, bool]:
    """The text without what was appended to it, and whether its source had cut it (it ended in an ellipsis).

    `text` is plain text on one line.
    """
    start = max(0, len(text) - _END)
    before, tail, cut = text[:start], text[start:], False
    while tail:
        shorter, ellipsis = _one_less(tail)
        if shorter == tail:
            break
        tail, cut = shorter, cut or ellipsis
    return (before + tail).rstrip(), cut


def _one_less(text: str) -> tuple[str, bool]:
    """The text less one piece of debris at its end, and whether that was an ellipsis."""
    start = max(0, len(text) - _REACH)
    before, tail = text[:start], text[start:]
    if (shorter := _without_ellipsis(tail)) is not None:
        return (before + shorter).rstrip(), True
    if match := phrases.TAIL.search(tail):
        return (before + tail[: match.start()]).rstrip(), False
    if (match := _ARROW.search(tail)) and not _QUOTATION.search(tail):
        return (before + tail[: match.start()]).rstrip(), False
    return text, False


def _without_ellipsis(text: str) -> str | None:
    """The text without the ellipses at its end, and the punctuation before them; None if it has none."""
    trimmed, found = text, False
    while True:
        # The last of many points counts as an ellipsis with the two before it.
        points = trimmed.rstrip(" .…")
        if "…" in trimmed[len(points) :] or "..." in trimmed[len(points) :]:
            trimmed, found = points, True
        elif match := _ELLIPSIS.search(points, max(0, len(points) - 20)):
            trimmed, found = points[: match.start()], True
        else:
            return trimmed.rstrip(" .,;:") if found else None


def _stands_alone(text: str) -> bool:
    """Whether a block is debris wherever it stands."""
    if "{" in text and len(text) <= _LONGEST_CSS and _is_css(text):
        return True
    return len(text) <= _LONGEST and phrases.ALONE.fullmatch(text) is not None


def _is_css(text: str) -> bool:
    """Whether a block is a style sheet and nothing else: rules of a selector and, in braces, what it is set to."""
    *rules, rest = text.split("}")
    if rest.strip() or not rules:
        return False
    for rule in rules:
        selector, brace, settings = rule.partition("{")
        if not brace or "{" in settings or _CSS_SELECTOR.fullmatch(selector) is None:
            return False
        if settings.strip() and ":" not in settings:
            return False
    return True


def _is_last(text: str) -> bool:
    """Whether a block is debris where it is the last."""
    return len(text) <= _LONGEST and phrases.LAST.fullmatch(text) is not None


def _leading(blocks: Sequence[Block], title: str, authors: tuple[str, ...]) -> int:
    """How many blocks at the beginning only say the title or the authors again."""
    count = 0
    while count < min(_LEADING, len(blocks)) and _is_known(blocks[count].text, title, authors):
        count += 1
    return count


def _is_known(text: str, title: str, authors: tuple[str, ...]) -> bool:
    """Whether a block says nothing but the title or the byline."""
    if len(text) > _LONGEST:
        return False
    if title and text.rstrip(" .").casefold() == title.rstrip(" .").casefold():
        return True
    byline = phrases.BYLINE.fullmatch(text)
    if byline is None:
        return any(text.casefold() == author.casefold() for author in authors)
    said = byline["names"].casefold()
    # Without an author to compare, "By Design" is a heading and "By Jane Doe" a byline.
    known = any(author.casefold() in said for author in authors) or not authors
    return (known and _are_names(byline["names"])) or any(author.casefold() == said for author in authors)


def _without_byline(text: str, authors: Iterable[str]) -> str:
    """The text without a byline in its first words; `By Jane Doe's account` is none."""
    if not text.startswith(("By ", "by ", "BY ")):
        return text
    for author in authors:
        if text[3 : 3 + len(author)].casefold() == author.casefold():
            rest = text[3 + len(author) :]
            begins = rest.lstrip(" .,:;|–—-")
            if rest[:1] in {" ", ".", ":", "|", "–", "—"} and begins[:1] and not begins[0].islower():
                return begins
    return text


def _are_names(text: str) -> bool:
    """Whether a text looks like a name of two words or more, or several, and nothing else."""
    found = _NAMES.findall(text)
    return 2 <= len(found) <= 8 and "".join(found) == text
