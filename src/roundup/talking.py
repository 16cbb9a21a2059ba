"""“Still talked about”: what issues of the last days carried, and readers have gone on commenting on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from roundup.identity import identities
from roundup.memory import RememberedPiece
from roundup.model import Issue, TalkedAbout


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What counts as still talked about."""

    #: How many pieces are shown; 0: there is no such block.
    maximum: int = 0
    #: How many comments a piece must have got since its issue.
    growth: int = 5
    #: How far back its issue may lie.
    within: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A piece in an earlier issue, as that issue told of it."""

    day: date
    source: str
    #: The id that it had in its source then.
    id: str
    #: How many comments it had then; None: nobody knew.
    comments: int | None

    @property
    def identity(self) -> str:
        """What the piece is still known by, whatever its source calls it now (see `roundup.identity`)."""
        return f"id {self.source} {self.id}"


def talked_about(
    mentions: Iterable[Mention], remembered: Iterable[RememberedPiece], *, issue: Issue, talk: Talk, zone: tzinfo
) -> tuple[TalkedAbout, ...]:
    """The pieces whose comments have grown most since the issue that had them, the most growth first. Never one of
    today's, nor one that its source took back. Ties: more comments, then the later issue, then the link."""
    known = {identity: each for each in remembered if not each.withdrawn for identity in each.identities(zone)}
    today = {
        identity for each in (*issue.pieces, *issue.more) for identity in identities(each.piece, each.published, zone)
    }
    found: dict[tuple[str, str], TalkedAbout] = {}
    for mention in mentions:
        now = known.get(mention.identity)
        if now is None or now.piece.comments is None or mention.comments is None:
            continue
        if now.piece.comments - mention.comments < talk.growth or not today.isdisjoint(now.identities(zone)):
            continue
        found[now.ref] = TalkedAbout(piece=now.piece, day=mention.day, comments_then=mention.comments)
    return tuple(sorted(found.values(), key=_order)[: talk.maximum])


def mentioned(mentions: Sequence[Mention]) -> frozenset[str]:
    """What the pieces of earlier issues are known by."""
    return frozenset(each.identity for each in mentions)


def _order(each: TalkedAbout) -> tuple[int, int, int, str]:
    comments = each.piece.comments or 0
    return each.comments_then - comments, -comments, -each.day.toordinal(), each.piece.link
