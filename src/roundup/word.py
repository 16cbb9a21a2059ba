"""The editor's word on one issue: what it may say. Pure. `word_file.py` reads it, `hearing.py` finds its pieces."""

from dataclasses import dataclass

from roundup.model import Credit, Edit, Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """How the editor calls a piece: by its id or its link."""

    text: str
    #: The file and line where that stands.
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the editor says of one issue. Empty texts say nothing."""

    subject: str = ""
    preheader: str = ""
    #: Words of the editor's own at the top, paragraphs apart by an empty line.
    intro: str = ""
    #: What comes first, in this order.
    pin: tuple[Reference, ...] = ()
    exclude: tuple[Reference, ...] = ()
    edits: tuple[tuple[Reference, Edit], ...] = ()
    #: Pieces that no source has, in this order.
    added: tuple[tuple[Reference, Piece], ...] = ()
    #: Whether appeals, and sponsors' credits, are shown; None: as their dates say.
    appeal: bool | None = None
    sponsor: bool | None = None
    #: A sponsor's credit for this issue alone, in place of the settings'.
    credit: Credit | None = None
