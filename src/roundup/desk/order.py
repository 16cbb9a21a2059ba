"""The order and its reasons, as the desk draws them: how much of a piece's place is freshness and how much comments,
what it jumped over, and what is left out. Pure."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from roundup.choosing import Ref, ref_of
from roundup.identity import normal_link
from roundup.model import BY_HAND, Issue, LeftOut, Omission, RankedPiece
from roundup.ranking import HOUR, Order
from roundup.words import mark, say

#: Of what a piece jumped over, so many titles are named.
_NAMED = 3
_GROUPS = {
    Omission.MORE: mark("Only the title, under “More”"),
    Omission.EXCLUDED: mark("Left out by you"),
    Omission.DUPLICATE: mark("The same piece, from another source"),
    Omission.TOO_OLD: mark("Too old"),
    Omission.OTHER: mark("Other reasons"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How long the two parts of a piece's bar are, in hundredths of the longest bar."""

    freshness: float
    comments: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One piece on the desk."""

    #: What the issue's file calls it, and what the page does.
    name: str
    anchor: str
    ranked: RankedPiece
    #: Counted from 1; 0: it is not in the issue.
    place: int = 0
    bar: Bar = Bar(freshness=0.0, comments=0.0)
    #: The titles of the fresher pieces that stand below it, and how many more there are.
    jumped: Sequence[str] = ()
    jumped_more: int = 0
    #: When its number of comments was first seen; None: unknown.
    counted_at: datetime | None = None
    because: str = ""
    #: It can be put into the issue.
    can_come_in: bool = False

    @property
    def is_by_hand(self) -> bool:
        """Whether the editor added it."""
        return self.ranked.piece.source == BY_HAND


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What is left out for one reason."""

    reason: str
    kind: Omission
    cards: Sequence[Card]


class Cards:
    """Draws the cards of an issue. `counted`: when the number of comments of a piece was first seen; `lost`: what no
    word of the editor's brings in, because it is withdrawn, or of a source that is gone."""

    def __init__(
        self, issue: Issue, order: Order, *, counted: Mapping[Ref, datetime], lost: Collection[Ref] = ()
    ) -> None:
        self._issue = issue
        self._order = order
        self._counted = counted
        self._lost = lost
        # A duplicate has the link of what stands for it, and is called like that.
        every = (*issue.pieces, *(each.ranked for each in issue.left_out if each.kind is not Omission.DUPLICATE))
        self._links = Counter(normal_link(each.piece.link) for each in every)

    def cards(self) -> list[Card]:
        """The pieces of the issue, first to last."""
        pieces = self._issue.pieces
        return [
            replace(self._card(ranked), place=place, bar=bar, **_jumped(ranked, pieces[place:]))
            for place, (ranked, bar) in enumerate(zip(pieces, _bars(pieces, self._order), strict=True), start=1)
        ]

    def groups(self) -> list[Group]:
        """What is left out, by reason: what stands under "More" first, then as it is ranked."""
        kinds = list(_GROUPS)
        told = sorted(self._issue.left_out, key=lambda each: (kinds.index(each.kind), _reason(each)))
        return [
            Group(reason=reason, kind=kind, cards=[self._outside(each) for each in alike])
            for (kind, reason), alike in groupby(told, key=lambda each: (each.kind, _reason(each)))
        ]

    def name(self, ranked: RankedPiece) -> str:
        """What the issue's file calls a piece: its link, which people can read, if that is its own; else its id."""
        piece = ranked.piece
        alone = self._links[normal_link(piece.link)] <= 1
        return piece.link if alone and not piece.link_is_shared else piece.id

    def placed(self, name: str, place: int) -> list[str]:
        """What is to be pinned, in order, so that the piece called `name` stands at `place` (from 1): as few as there
        can be, and no pin that there is gets lost."""
        names = [self.name(each) for each in self._issue.pieces]
        pinned = [self.name(each) for each in self._issue.pieces if each.pinned]
        order = [each for each in names if each != name]
        place = max(1, min(place, len(order) + 1))
        order.insert(place - 1, name)
        one_more = name not in pinned and place <= len(pinned)
        return order[: max(place, len(pinned) + one_more)]

    def _card(self, ranked: RankedPiece) -> Card:
        name = self.name(ranked)
        return Card(name=name, anchor=anchor(name), ranked=ranked, counted_at=self._counted.get(ref_of(ranked)))

    def _outside(self, left_out: LeftOut) -> Card:
        comes_in = left_out.kind is not Omission.DUPLICATE and ref_of(left_out.ranked) not in self._lost
        because = left_out.because if left_out.kind in (Omission.DUPLICATE, Omission.TOO_OLD) else ""
        return replace(self._card(left_out.ranked), because=because, can_come_in=comes_in)


def anchor(name: str) -> str:
    """What the page calls a piece: letters and digits."""
    return f"p{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _jumped(ranked: RankedPiece, below: Sequence[RankedPiece]) -> dict[str, Any]:
    titles = [each.shown.title for each in below if each.published.at > ranked.published.at]
    return {"jumped": titles[:_NAMED], "jumped_more": max(0, len(titles) - _NAMED)}


def _bars(pieces: Sequence[RankedPiece], order: Order) -> Iterable[Bar]:
    """Freshness is counted from the oldest of the pieces: what they have in common tells nothing."""
    if not pieces:
        return []
    oldest = min(each.published.at for each in pieces)
    parts = [_parts(each, oldest, order) for each in pieces]
    longest = max(1e-9, *(sum(each) for each in parts))
    return [
        Bar(freshness=round(100 * fresh / longest, 1), comments=round(100 * more / longest, 1)) for fresh, more in parts
    ]


def _parts(ranked: RankedPiece, oldest: datetime, order: Order) -> tuple[float, float]:
    # So that the oldest without comments has a bar, too.
    freshness = (ranked.published.at - oldest) / HOUR + 1.0
    if order is Order.MOST_COMMENTED:
        return 0.0, float(ranked.piece.comments or 0)
    return freshness, ranked.comment_hours if order is Order.HOT else 0.0


def _reason(left_out: LeftOut) -> str:
    if left_out.kind is not Omission.OTHER:
        return say(_GROUPS[left_out.kind])
    return left_out.because[:1].upper() + left_out.because[1:]
