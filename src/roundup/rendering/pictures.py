"""Which picture of a piece an issue shows, and how large. Pure.

None is needed to understand an issue: where pictures are not loaded, what they show stands there in words. Widths are
given as attributes too, since Outlook obeys no other.
"""

from dataclasses import dataclass

from roundup.model import Piece

#: How wide the lead's picture and one beside a piece are shown at most, in CSS pixels: the column without its margins,
#: and a quarter of it.
LEAD_WIDTH, BESIDE_WIDTH = 560, 144
#: A narrower picture is none for the lead: it would be a stamp, or a blur.
_NARROWEST_LEAD = 280
#: The flattest and the tallest that stand well beside a few lines of text, height by width.
_FLATTEST, _TALLEST = 0.4, 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A picture, always an https one."""

    url: str
    #: What it shows. Of the lead's picture, which is linked, never empty: its title where the source says nothing.
    alt: str
    #: Whole CSS pixels, for the attributes. A height of 0: nobody knows it.
    width: int
    height: int


def lead_picture(piece: Piece, url: str) -> PictureView | None:
    """The picture over the lead piece; None if it has none that is large enough. `url`: its address as it is mailed,
    empty if it may not be.

    It is linked, since Gmail puts a download button on one that is not, and so needs a text (WCAG 2.4.4)."""
    if piece.picture is None or not url or (piece.picture.width or LEAD_WIDTH) < _NARROWEST_LEAD:
        return None
    return _shown(piece, url, LEAD_WIDTH, alt=piece.picture.alt or piece.title)


def beside_picture(piece: Piece, url: str) -> PictureView | None:
    """The picture beside a further piece; None if it has none that stands well there. It is not linked, so that a
    screen reader passes over one of which nobody says what it shows."""
    if piece.picture is None or not url:
        return None
    if piece.picture.width and piece.picture.height:
        shape = piece.picture.height / piece.picture.width
        if piece.picture.width < BESIDE_WIDTH or not _FLATTEST <= shape <= _TALLEST:
            return None
    return _shown(piece, url, BESIDE_WIDTH, alt=piece.picture.alt)


def _shown(piece: Piece, url: str, most: int, *, alt: str) -> PictureView:
    """Never larger than it is: a stretched picture is a blur."""
    own = piece.picture
    width = min(most, own.width or most) if own else most
    height = round(width * own.height / own.width) if own and own.width and own.height else 0
    return PictureView(url=url, alt=alt, width=width, height=height)
