"""The port of counting: where comments are counted besides the source itself. The adapters are the files beside this
one."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from roundup.model import Counts, Defect, Piece


class Counter(Protocol):
    """A place where comments are counted: a file, a folder, another server."""

    def count(self, pieces: Sequence[Piece]) -> Counts:
        """The comments of those pieces that it knows. Never raises: what cannot be asked is a `Defect`."""
        ...


def counted(pieces: Sequence[Piece], counters: Iterable[Counter]) -> Counts:
    """What several counters say: of each piece the largest number."""
    by_id: dict[str, int] = {}
    defects: list[Defect] = []
    for counter in counters:
        counts = counter.count(pieces)
        defects += counts.defects
        for key, number in counts.by_id.items():
            by_id[key] = max(number, by_id.get(key, 0))
    return Counts(by_id=by_id, defects=tuple(defects))
