"""What choosing costs: 10,000 candidates merged, ranked, chosen and explained, against 1,000, in one process."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from benchmarks.reading import Finding, Readings
from roundup.explanation import explanation
from roundup.identity import identities
from roundup.memory import RememberedPiece
from roundup.merging import merged
from roundup.model import IssueKey, Piece, Published
from roundup.ranking import Ranking, rank
from roundup.rules import Limits, Match, Rules, Section
from roundup.selecting import Past, Selecting, select
from roundup.selection import Selection
from roundup.word import Reference, Word

_FEW, _MANY = 1_000, 10_000
_INSTANT = datetime(2026, 11, 20, 17, tzinfo=UTC)
_LONDON = ZoneInfo("Europe/London")


def measure(found: Readings, *, rounds: int, tell: Callable[[str], None]) -> None:
    """Add what was measured."""
    few, many = [], []
    for _ in range(rounds):
        few.append(_seconds(_FEW))
        many.append(_seconds(_MANY))
    found.findings.append(
        Finding(
            what=f"choosing: {_MANY:,} candidates against {_FEW:,}: merged, ranked, chosen, explained",
            took=many,
            against=few,
            most=15.0,
        )
    )
    tell("choosing")


def _seconds(number: int) -> float:
    pieces = [_piece(each, number) for each in range(number)]
    # Each run of the program makes them anew.
    identities.cache_clear()
    began = time.perf_counter()
    together = merged(pieces, _LONDON)
    ranked = rank(
        ((each.piece, each.published) for each in together.pieces.values()), ranking=Ranking(), instant=_INSTANT
    )
    by = Selecting(
        key=IssueKey(day=date(2026, 11, 20)),
        instant=_INSTANT,
        zone=_LONDON,
        selection=Selection(
            rules=Rules(exclude=Match(tags=["house"])),
            limits=Limits(author=2),
            sections=(Section(name="Books", match=Match(tags=["books"])),),
        ),
        past=Past(last_sent=_INSTANT - timedelta(days=1), carried=frozenset()),
        twins=together.twins,
        word=Word(pin=(Reference(text=pieces[number // 2].piece.link, where="x:1"),)),
    )
    issue = select(ranked, remembered=together.pieces, by=by)
    explanation(issue, order=Ranking().order, fingerprint="", shelves=(), zone=_LONDON)
    return time.perf_counter() - began


def _piece(number: int, of: int) -> RememberedPiece:
    """One in ten is in a second source, too; one in two is old."""
    own = number if number % 10 else number + 1
    at = _INSTANT - timedelta(minutes=number % 2_800)
    published = Published(at=at, latest=at)
    piece = Piece(
        id=str(number),
        source="Planet" if own != number else "Lantern",
        title=f"What happened in place {own}",
        link=f"https://lantern.example/{own}/",
        published=published,
        excerpt="It took an evening of debate to file it. " * 6,
        authors=(f"Author {own % (of // 20)}",),
        comments=number % 40,
        tags=(("books", "house", "arts")[number % 3],),
    )
    return RememberedPiece(
        piece=piece, published=published, first_seen=_INSTANT, young=number % 2 == 0, listed=True, recorded_as=piece.id
    )
