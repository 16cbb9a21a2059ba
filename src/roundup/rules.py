"""Standing rules: which pieces a newsletter never takes, or takes alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from roundup.model import Piece
from roundup.words import mark, say

_MATCHES = {"tag": mark("tag {name}"), "author": mark("author {name}"), "source": mark("source {name}")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a rule looks for; a piece matches by any one of them. Case does not count."""

    tags: Sequence[str] = ()
    authors: Sequence[str] = ()
    sources: Sequence[str] = ()
    #: Patterns of addresses: `https://example.org/jobs/*`.
    links: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it looks for nothing, so that nothing can match."""
        return not (self.tags or self.authors or self.sources or self.links)

    def found_in(self, piece: Piece) -> str | None:
        """By what a piece matches, in an editor's words: `tag house-notices`; None if it does not."""
        for kind, wanted, own in (
            ("tag", self.tags, piece.tags),
            ("author", self.authors, piece.authors),
            ("source", self.sources, (piece.source,)),
        ):
            folded = {each.casefold() for each in own}
            found = next((each for each in wanted if each.casefold() in folded), None)
            if found is not None:
                return say(_MATCHES[kind], name=found)
        link = piece.link.casefold()
        pattern = next((each for each in self.links if fnmatchcase(link, each.casefold())), None)
        return None if pattern is None else say("link {name}", name=pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a newsletter takes."""

    #: Nothing but what matches; empty: everything.
    include: Match = Match()
    #: Never what matches, even if it is included.
    exclude: Match = Match()

    def because(self, piece: Piece) -> str | None:
        """Why a piece is not taken; None if it is."""
        excluded = self.exclude.found_in(piece)
        if excluded is not None:
            return say("excluded by {match}", match=excluded)
        if not self.include.is_empty and self.include.found_in(piece) is None:
            return say("included by no rule")
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of an issue with a heading of its own."""

    name: str
    match: Match


def section_of(piece: Piece, sections: Sequence[Section]) -> str:
    """The name of the first section that a piece belongs to; empty if it belongs to none."""
    return next((each.name for each in sections if each.match.found_in(piece) is not None), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many pieces of one kind an issue shows in full; 0: as many as there are."""

    author: int = 0
    source: int = 0
    tag: int = 0
