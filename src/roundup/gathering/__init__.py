"""The port of gathering: a `Source` is read and gives a `Reading`. The adapters are the files beside this one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from roundup.model import Bookmark, Defect, Picture, Piece, Reading

#: How long one source may take in all, in seconds: its redirects, its answer, the reading of it, and every page and
#: server that is asked besides. The slowest real feeds answer within ten.
SOURCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many comments some pieces of a source have, from wherever its owner said that they are counted."""

    #: By the pieces' ids. A piece that is not here has an unknown number.
    by_id: Mapping[str, int] = field(default_factory=dict)
    #: What could not be asked or read: it changes no count.
    defects: tuple[Defect, ...] = ()


class Source(Protocol):
    """A feed or a folder."""

    @property
    def name(self) -> str:
        """What editors call it; unique among a newsletter's sources."""
        ...

    def read(self, bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:
        """Read everything the source holds now, in about `seconds` at most. Never raises for what
        the source holds or fails to hold: a failed read is a `Reading` with a `failure`, an unusable entry is a
        `Defect`."""
        ...

    def is_gone(self, link: str, *, seconds: float = SOURCE_SECONDS) -> bool:
        """Whether the page of a piece that the source no longer lists answers 404 or 410 within `seconds`.
        False when it cannot be asked, and always False for a folder."""
        ...

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """The comments of some of its pieces, from where its owner said that they are counted besides the source
        itself: files, or other servers, which are waited for no longer than `seconds`. Never raises; empty when there
        is no such place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What came of a look at a picture."""

    #: As it may be mailed, with its size; None: it may not be.
    picture: Picture | None
    #: Why it may not, as a sentence for an editor; empty when there is nothing to be done about it.
    because: str = ""
    #: False: nobody answered, so that nothing is known, and the picture is as it was.
    is_known: bool = True


class Prober(Protocol):
    """Looks at pictures before they are mailed."""

    def probe(self, picture: Picture, *, source: str, seconds: float) -> Probed:
        """What is at a picture's address, asked for `seconds` at most; `source` names whose picture it is. Never
        raises."""
        ...


class Unprobed:
    """Implements `Prober`: nobody looks, and nothing is known."""

    def probe(self, picture: Picture, *, source: str, seconds: float) -> Probed:  # noqa: ARG002  nobody is asked
        """See `Prober`."""
        return Probed(picture=picture, is_known=False)


class Visitor(Protocol):
    """Looks at single addresses for an editor who asks."""

    def picture(self, url: str) -> tuple[str, bytes] | None:
        """The media type and the octets of a picture; None if there is none to be had. Never raises."""
        ...

    def trouble(self, url: str) -> str:
        """Why readers would not come to a page, as a sentence; empty if they would. Never raises."""
        ...
