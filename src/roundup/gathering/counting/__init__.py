"""The port of counting: where comments are counted besides the source itself. The adapters are the files beside this
one."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from roundup import clock
from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.model import Defect, Piece


class Counter(Protocol):
    """A place where comments are counted: a file, a folder, another server."""

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """The comments of those pieces that it knows; other servers are waited for no longer than `seconds`. Never
        raises: what cannot be asked is a `Defect`."""
        ...


def counted(pieces: Sequence[Piece], counters: Iterable[Counter], *, seconds: float = SOURCE_SECONDS) -> Counts:
    """What several counters say, asked for `seconds` in all: of each piece the largest number."""
    ends = clock.stopwatch() + seconds
    by_id: dict[str, int] = {}
    defects: list[Defect] = []
    for counter in counters:
        counts = counter.count(pieces, seconds=max(0.0, ends - clock.stopwatch()))
        defects += counts.defects
        for key, number in counts.by_id.items():
            by_id[key] = max(number, by_id.get(key, 0))
    return Counts(by_id=by_id, defects=tuple(defects))
