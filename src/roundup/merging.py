"""The same piece in several sources is one piece: which of the twins stands for it, and what it knows. Pure.

A magazine's feed has the comments, a section's feed the picture, an aggregator's the author. The richest of them is
what readers see, completed by what the others know; the others are told as its duplicates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from roundup.memory import RememberedPiece

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Candidates, each of which is a piece of its own or the twin of one."""

    #: Every candidate by its source and id; of twins, the one that stands for them holds what they know together.
    pieces: Mapping[Ref, RememberedPiece] = field(default_factory=dict)
    #: Of each twin, which piece stands for it. One that stands for itself is not here.
    twins: Mapping[Ref, Ref] = field(default_factory=dict)


def merged(candidates: Iterable[RememberedPiece], zone: tzinfo) -> Merged:
    """The candidates, twins found by any identity that they share (plan §2.4). `zone` is the newsletter's.

    What is withdrawn is nobody's twin: another source may still have the piece. Of twins that are equally rich the
    first in order stands for all, so that the order of sources in `roundup.toml` decides.
    """
    everything = list(candidates)
    pieces = {each.ref: each for each in everything}
    standing = [each for each in everything if not each.withdrawn]
    twins: dict[Ref, Ref] = {}
    # What a piece has learnt of its twin, an author's name, may show that it has another.
    while len(groups := _groups(standing, zone)) < len(standing):
        standing = []
        for group in groups:
            one = _one(group, zone)
            pieces[one.ref] = one
            twins.update({each.ref: one.ref for each in group if each.ref != one.ref})
            standing.append(one)
    return Merged(pieces=pieces, twins={ref: _last(ref, twins) for ref in twins})


def _groups(pieces: Sequence[RememberedPiece], zone: tzinfo) -> list[list[RememberedPiece]]:
    """The pieces in groups that share identities, in the order of each group's first."""
    leads: dict[str, int] = {}
    parents = list(range(len(pieces)))

    def root(of: int) -> int:
        while parents[of] != of:
            parents[of] = parents[parents[of]]
            of = parents[of]
        return of

    for number, each in enumerate(pieces):
        for identity in each.identities(zone):
            first, second = sorted((root(leads.setdefault(identity, number)), root(number)))
            parents[second] = first
    groups: dict[int, list[RememberedPiece]] = {}
    for number, each in enumerate(pieces):
        groups.setdefault(root(number), []).append(each)
    return list(groups.values())


def _one(group: Sequence[RememberedPiece], zone: tzinfo) -> RememberedPiece:
    """The one that stands for a group."""
    if len(group) == 1:
        return group[0]
    # The first judgement counts, as within a source: another source's date makes no old piece new, and takes none away
    # that waits. Of judgements made at once the sterner does.
    judged = min(group, key=lambda each: (each.first_seen, each.young))
    if not judged.young:
        return judged
    richest = max((each for each in group if each.young), key=_riches)
    others = [each.piece for each in group if each is not richest]
    piece = richest.piece
    counts = [each.piece.comments for each in group if each.piece.comments is not None]
    dated = [each for each in group if each.young and each.piece.published is not None]
    first = min(dated, key=lambda each: (each.published.latest, each.published.at), default=richest)
    completed = replace(
        piece,
        published=first.piece.published,
        excerpt=piece.excerpt or next((each.excerpt for each in others if each.excerpt), ""),
        authors=piece.authors or next((each.authors for each in others if each.authors), ()),
        picture=piece.picture or next((each.picture for each in others if each.picture), None),
        comments=max(counts, default=None),
        language=piece.language or next((each.language for each in others if each.language), ""),
        tags=tuple(dict.fromkeys(tag for each in (piece, *others) for tag in each.tags)),
    )
    known_as = frozenset().union(*(each.identities(zone) for each in group))
    return replace(richest, piece=completed, published=first.published, former=known_as)


def _riches(each: RememberedPiece) -> tuple[int, int]:
    """How much a source tells of a piece: of how many things, then how much text."""
    piece = each.piece
    told = (piece.published, piece.excerpt, piece.authors, piece.picture, piece.comments is not None)
    return sum(map(bool, told)), len(piece.excerpt)


def _last(ref: Ref, twins: Mapping[Ref, Ref]) -> Ref:
    """Who stands for a twin in the end."""
    while ref in twins:
        ref = twins[ref]
    return ref
