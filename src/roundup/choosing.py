"""Where the cut falls: of the pieces that may go into an issue, those that do, in their order. Pure.

First come the editor's pins, then, where pieces are carried over, those that have waited, the oldest first, then the
rest in their order, up to the maximum and the limits of each author, source and tag. What was chosen is then put in
order (plan §2.3).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from roundup.model import RankedPiece
from roundup.rules import Limits, section_of
from roundup.selection import Overflow, Selection
from roundup.words import mark, say

Ref = tuple[str, str]
#: `because` of a piece that the issue carries by its title alone.
MORE = "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What was chosen, in the order of the issue, and why the others were not."""

    chosen: tuple[RankedPiece, ...]
    left_out: Mapping[Ref, str]


def choose(
    ranked: Sequence[RankedPiece],
    *,
    pins: Sequence[Ref],
    waited: Collection[Ref],
    selection: Selection,
    added: Collection[Ref] = (),
) -> Cut:
    """The cut through pieces in their order. Pins (source and id, in the editor's order) and what the editor added are
    in, whatever the limits are; `waited` are those that an earlier issue had no room for."""
    by_ref = {ref_of(each): each for each in ranked}
    pinned = [
        replace(by_ref[ref], pinned=True, why=say("pinned by the editor; {why}", why=by_ref[ref].why))
        for ref in pins
        if ref in by_ref
    ]
    by_hand = [each for each in ranked if ref_of(each) in added and ref_of(each) not in pins]
    line = [each for each in ranked if ref_of(each) not in {*pins, *added}]
    if selection.overflow is Overflow.CARRY:
        longest = sorted((each for each in line if ref_of(each) in waited), key=lambda each: each.published.at)
        line = [*longest, *(each for each in line if ref_of(each) not in waited)]
    taken = _Taken(selection.limits)
    for each in pinned:
        taken.take(each)
    chosen: set[Ref] = set()
    left_out: dict[Ref, str] = {}
    for each in line:
        why = say("below the cut") if len(pinned) + len(chosen) >= selection.maximum else taken.too_many(each)
        if why is None:
            taken.take(each)
            chosen.add(ref_of(each))
        else:
            left_out[ref_of(each)] = (
                MORE if selection.overflow is Overflow.LIST else say("{why}: it waits for the next issue", why=why)
            )
    rest = [
        replace(each, section=section_of(each.piece, selection.sections)) for each in ranked if ref_of(each) in chosen
    ]
    places = ["", *(section.name for section in selection.sections)]
    # What the editor added stands at the end of what has no heading.
    rest = sorted([*rest, *by_hand], key=lambda each: places.index(each.section))
    return Cut(chosen=(*pinned, *rest), left_out=left_out)


def ref_of(ranked: RankedPiece) -> Ref:
    """A piece's source and its id there."""
    return ranked.piece.source, ranked.piece.id


_TOO_MANY = {
    "by": mark("more than {most} by {name}"),
    "from": mark("more than {most} from {name}"),
    "tagged": mark("more than {most} tagged {name}"),
}


class _Taken:
    """How many pieces of each author, source and tag an issue has."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._counts: Counter[tuple[str, str]] = Counter()

    def take(self, each: RankedPiece) -> None:
        """One more."""
        self._counts.update((kind, name.casefold()) for kind, name, _ in self._kinds(each))

    def too_many(self, each: RankedPiece) -> str | None:
        """Of what there would be too many with this one; None: of nothing."""
        for kind, name, most in self._kinds(each):
            if self._counts[kind, name.casefold()] >= most:
                return say(_TOO_MANY[kind], most=most, name=name)
        return None

    def _kinds(self, each: RankedPiece) -> list[tuple[str, str, int]]:
        """What it counts as, where there is a limit: `by` an author, `from` a source, `tagged` so."""
        piece, limits = each.piece, self._limits
        kinds = [("by", name, limits.author) for name in dict.fromkeys(piece.authors)]
        kinds += [("from", piece.source, limits.source)]
        kinds += [("tagged", tag, limits.tag) for tag in dict.fromkeys(piece.tags)]
        return [kind for kind in kinds if kind[2]]
