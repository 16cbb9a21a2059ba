"""“Still talked about”: what issues of the last days carried, and readers have gone on commenting on. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

from roundup.identity import normal_link
from roundup.memory import RememberedPiece
from roundup.model import TalkedAbout


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
    link: str

    @property
    def identities(self) -> frozenset[str]:
        """What the piece is still known by, whatever its source calls it now, and in other sources (see
        `roundup.identity`)."""
        return frozenset({f"id {self.source} {self.id}", f"link {normal_link(self.link)}"})


def talked_about(
    mentions: Iterable[Mention],
    remembered: Iterable[RememberedPiece],
    *,
    today: frozenset[str],
    talk: Talk,
    zone: tzinfo,
) -> tuple[TalkedAbout, ...]:
    """The pieces whose comments have grown most since the issue that had them, the most growth first. Never one of
    today's (`today` is all that its pieces are known by), nor one that its source took back. Ties: more comments, then
    the later issue, then the link, source and id."""
    known: dict[str, list[RememberedPiece]] = {}
    for each in remembered:
        for identity in () if each.withdrawn else each.identities(zone):
            known.setdefault(identity, []).append(each)
    found: dict[tuple[str, str], TalkedAbout] = {}
    for mention in mentions:
        now = _now(mention, known)
        if now is None or now.piece.comments is None or mention.comments is None:
            continue
        if now.piece.comments - mention.comments < talk.growth or not today.isdisjoint(now.identities(zone)):
            continue
        found[now.ref] = TalkedAbout(piece=now.piece, day=mention.day, comments_then=mention.comments)
    return tuple(sorted(found.values(), key=_order)[: talk.maximum])


def _now(mention: Mention, known: Mapping[str, Sequence[RememberedPiece]]) -> RememberedPiece | None:
    """What is remembered of a piece: as its own source tells it, if that still does, with the most comments that any
    source counts, for so were those counted that its issue told. None: nothing."""
    twins = {each.ref: each for identity in mention.identities for each in known.get(identity, ())}
    if not twins:
        return None
    one = min(twins.values(), key=lambda each: (each.piece.source != mention.source, each.ref))
    counts = [each.piece.comments for each in twins.values() if each.piece.comments is not None]
    return replace(one, piece=replace(one.piece, comments=max(counts, default=None)))


def mentioned(mentions: Sequence[Mention]) -> frozenset[str]:
    """What the pieces of earlier issues are known by."""
    return frozenset().union(*(each.identities for each in mentions))


def _order(each: TalkedAbout) -> tuple[int, int, int, str, str, str]:
    piece, comments = each.piece, each.piece.comments or 0
    return each.comments_then - comments, -comments, -each.day.toordinal(), piece.link, piece.source, piece.id
