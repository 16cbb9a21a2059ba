"""The end of a gathering: the pictures of what may go into the next issue are looked at, each once.

What came of a look stays with the piece: a picture is looked at again only if its address changes, or if it could not
be mailed and its piece still waits, for the site may have put it there since.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from roundup import clock
from roundup.gathering import Probed, Prober
from roundup.gathering.links import host_of
from roundup.joining import with_defects
from roundup.memory import RememberedPiece, Shelf, SourceState
from roundup.model import Defect, Picture

#: How many pictures are looked at in one gathering, how long that may take in seconds, and how many are at once: it is
#: somebody's site.
MOST_PICTURES, PICTURES_SECONDS, _AT_ONCE = 30, 20.0, 6

#: A source's name, and the address of a picture as that source gives it: what one source may be asked for (its own
#: private network), another may not.
_Place = tuple[str, str]


def pictured(
    shelves: Sequence[Shelf], *, prober: Prober, wanted: Callable[[RememberedPiece], bool], seconds: float
) -> tuple[Shelf, ...]:
    """The shelves with what came of looking at the pictures of `wanted` pieces, in `seconds` at most. A picture that
    can't be mailed is taken from its piece; one of which nothing is known stays."""
    ends = clock.stopwatch() + min(seconds, PICTURES_SECONDS)
    asked = _asked(shelves, wanted)
    # Who does not answer for one picture is not waited for thirty times.
    silent: set[str] = set()

    def probed(place: _Place) -> Probed | None:
        source, url = place
        left = ends - clock.stopwatch()
        if left <= 0 or host_of(url) in silent:
            return None
        found = prober.probe(asked[place], source=source, seconds=left)
        if not found.is_known:
            silent.add(host_of(url))
        return found

    if not asked:
        return tuple(shelves)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        given = dict(zip(asked, pool.map(probed, asked), strict=True))
    known = {place: found for place, found in given.items() if found is not None and found.is_known}
    return tuple(_with(shelf, known) for shelf in shelves)


def _asked(shelves: Sequence[Shelf], wanted: Callable[[RememberedPiece], bool]) -> Mapping[_Place, Picture]:
    """The pictures to look at: those that nobody has looked at first, the newest pieces' first."""
    usable = (shelf for shelf in shelves if shelf.record.state in {SourceState.OK, SourceState.STALE})
    open_ones = [each for shelf in usable for each in shelf.pieces if _is_open(each) and wanted(each)]
    open_ones.sort(key=lambda each: (each.offered is None, each.published.at), reverse=True)
    places: dict[_Place, Picture] = {}
    for each in open_ones:
        picture = _offered(each)
        if picture is not None and len(places) < MOST_PICTURES:
            places.setdefault((each.piece.source, picture.url), picture)
    return places


def _is_open(each: RememberedPiece) -> bool:
    """Whether nobody has looked at its picture, or it could not be mailed."""
    return (each.offered is None) is not (each.piece.picture is None)


def _offered(each: RememberedPiece) -> Picture | None:
    return each.offered or each.piece.picture


def _with(shelf: Shelf, known: Mapping[_Place, Probed]) -> Shelf:
    """The shelf with what is known of its pictures now. What was told of them before is told anew, or is over."""
    name = shelf.record.name
    told = {url: found for (source, url), found in known.items() if source == name}
    if not told:
        return shelf
    defects = tuple(Defect(source=name, where=url, what=found.because) for url, found in told.items() if found.because)
    report = shelf.record.report
    earlier = tuple(defect for defect in report.defects if defect.where not in told)
    record = replace(shelf.record, report=with_defects(replace(report, defects=earlier), defects))
    return Shelf(record=record, pieces=tuple(_seen(shelf, told)), defects=(*shelf.defects, *defects))


def _seen(shelf: Shelf, told: Mapping[str, Probed]) -> Iterator[RememberedPiece]:
    for each in shelf.pieces:
        offered = _offered(each)
        found = told.get(offered.url) if offered else None
        if offered is None or found is None or not _is_open(each):
            yield each
        else:
            # Another piece may have other words for the same picture.
            picture = found.picture and replace(found.picture, alt=offered.alt)
            yield replace(each, piece=replace(each.piece, picture=picture), offered=offered)
