"""A feed's document, and what it held: its entries as the format tells of them, and the pieces that they are. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from roundup.model import Defect, Picture, Piece, Published, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a feed, in any format; not yet a piece."""

    #: What its feed calls it; empty when it has no name.
    id: str
    #: Absolute http(s) address of its page; None if it has none.
    link: str | None
    #: Its link as the feed writes it, to tell an editor; empty when there is none.
    written_link: str
    #: Plain text; empty when it has none.
    title: str
    #: HTML or text that an excerpt may be made of, the first that says anything.
    texts: Sequence[str]
    published: Published | None
    #: Its date as the feed writes it.
    written_date: str = ""
    authors: tuple[str, ...] = ()
    comments: int | None = None
    tags: tuple[str, ...] = ()
    picture: Picture | None = None
    #: BCP 47; empty when the feed does not say.
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """What a feed's address or file gave."""

    #: Decompressed.
    body: bytes
    #: The name of the source.
    source: str
    #: For dates without a zone.
    zone: tzinfo
    #: Where it came from, or for a file its owner's word for that; empty when nobody knows.
    url: str = ""
    #: What HTTP said of it; empty for a file.
    content_type: str = ""
    #: How it is called when something is wrong with it.
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContent:
    """What one feed's document held."""

    #: False: the octets are no feed at all.
    is_feed: bool = False
    #: The document ends before its root does: its last entry, if that is not whole, was not used.
    cut_off: bool = False
    title: str = ""
    pieces: tuple[Piece, ...] = ()
    defects: tuple[Defect, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    #: Why nothing of it may be used, as a sentence for an editor; empty when it may.
    problem: str = ""
