"""What an issue says of itself in an inbox: its subject and its preheader. Pure."""

from collections.abc import Sequence

from roundup.model import RankedPiece

_SUBJECT_LENGTH = 120
_PREHEADER_LENGTH = 160


def subject(new: Sequence[RankedPiece]) -> str:
    """The first title, and how many more there are. One line of at most 120 characters."""
    if not new:
        return ""
    tail = f", and {len(new) - 1} more" if len(new) > 1 else ""
    return _shortened(new[0].shown.title, _SUBJECT_LENGTH - len(tail)) + tail


def preheader(new: Sequence[RankedPiece]) -> str:
    """What an inbox shows behind the subject: the next titles, or a lone piece's excerpt. At most 160 characters."""
    if not new:
        return ""
    if len(new) == 1:
        return _shortened(new[0].shown.excerpt or f"By {new[0].piece.source}", _PREHEADER_LENGTH)
    line = "Also: " + new[1].shown.title
    for each in new[2:]:
        if len(line) + 3 + len(each.shown.title) > _PREHEADER_LENGTH:
            break
        line += f" · {each.shown.title}"
    return _shortened(line, _PREHEADER_LENGTH)


def _shortened(text: str, length: int) -> str:
    """Cut at a word, with an ellipsis that stands for what is missing."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rsplit(None, 1)[0] if " " in cut else cut).rstrip(" ,;:·–—") + "…"
