"""Where a piece is ranked: date and comments in, an order with reasons out. Pure.

`hot`: key = published (hours) + H · log2(1 + comments), highest first, H being the setting `doubling`: each time the
number of comments doubles, a piece is treated as H hours newer. "Now" is not in the formula (as in Reddit's and
Lobsters' rankings, where it cancels), so the order that the editor saw is the order that is sent.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from roundup.identity import normal_link
from roundup.model import Piece, Published, RankedPiece
from roundup.words import figures, say, say_many, spoken

HOUR = timedelta(hours=1)


class Order(StrEnum):
    """The orders there are."""

    HOT = "hot"
    NEWEST = "newest"
    MOST_COMMENTED = "most-commented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How pieces are ranked."""

    order: Order = Order.HOT
    #: How much freshness each doubling of comments counts as.
    doubling: timedelta = timedelta(hours=4)
    #: More comments than this count as this many, for they may be a quarrel (Lobsters caps them, too); 0: no cap.
    comment_cap: int = 0

    def counted(self, comments: int | None) -> int:
        """As how many comments a number counts. Unknown counts as 0."""
        return min(comments or 0, self.comment_cap) if self.comment_cap else comments or 0


def rank(pieces: Iterable[tuple[Piece, Published]], *, ranking: Ranking, instant: datetime) -> tuple[RankedPiece, ...]:
    """All the pieces, first to last. `instant` (aware) is only for the reasons: it never changes the order.

    The tie-breaks are total for what differs at all: published later first, then the normalised link, then the title,
    then source and id.
    """
    ranked = [_with_reason(piece, published, ranking=ranking, instant=instant) for piece, published in pieces]
    return tuple(sorted(ranked, key=lambda each: _key(each, ranking)))


def comment_hours(comments: int | None, doubling: timedelta) -> float:
    """How many hours fresher `comments` make a piece. Unknown comments count 0."""
    return doubling / HOUR * math.log2(1 + (comments or 0))


def _key(ranked: RankedPiece, ranking: Ranking) -> tuple[float | str, ...]:
    piece = ranked.piece
    hours = ranked.published.at.timestamp() / 3600
    leading = {
        Order.HOT: -(hours + ranked.comment_hours),
        Order.NEWEST: -hours,
        Order.MOST_COMMENTED: float(-ranking.counted(piece.comments)),
    }[ranking.order]
    # Rounded to a thousandth of a second: far below what any source tells, far above what a float loses,
    # so that equal keys are equal whatever order they were summed in.
    return (round(leading, 6), round(-hours, 6), normal_link(piece.link), piece.title, piece.source, piece.id)


def _with_reason(piece: Piece, published: Published, *, ranking: Ranking, instant: datetime) -> RankedPiece:
    hours = comment_hours(ranking.counted(piece.comments), ranking.doubling) if ranking.order is Order.HOT else 0.0
    why = say(
        "{published}; {comments}",
        published=_published(published, instant),
        comments=_comments(piece.comments, hours, ranking),
    )
    return RankedPiece(piece=piece, published=published, comment_hours=hours, why=why)


def _published(published: Published, instant: datetime) -> str:
    if published.day is not None:
        return say("published on {day}, no time given", day=spoken().day(published.day))
    hours = (instant - published.at) / HOUR
    if hours < 0:
        return say("dated {hours} h after the issue", hours=figures(round(-hours, 1)))
    if hours < 48:
        return say("published {hours} h ago", hours=figures(round(hours, 1)))
    return say_many("published {count} day ago", "published {count} days ago", round(hours / 24))


def _comments(comments: int | None, hours: float, ranking: Ranking) -> str:
    """As what the comments count: as fresher hours in the hot order, as themselves in the others."""
    if comments is None:
        return say("comments unknown") if ranking.order is Order.NEWEST else say("comments unknown, counted as 0")
    counted, fresher = ranking.counted(comments), figures(round(hours, 1))
    is_capped = counted < comments and ranking.order is not Order.NEWEST
    if ranking.order is not Order.HOT or comments == 0:
        if is_capped:
            return say_many(
                "{count} comment, counted as {capped}",
                "{count} comments, counted as {capped}",
                comments,
                capped=figures(counted),
            )
        return say_many("{count} comment", "{count} comments", comments)
    if is_capped:
        return say_many(
            "{count} comment, counted as {capped}, counts as {hours} h fresher",
            "{count} comments, counted as {capped}, count as {hours} h fresher",
            comments,
            capped=figures(counted),
            hours=fresher,
        )
    return say_many(
        "{count} comment counts as {hours} h fresher",
        "{count} comments count as {hours} h fresher",
        comments,
        hours=fresher,
    )
