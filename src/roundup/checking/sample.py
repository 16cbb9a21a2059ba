"""An issue for trying the templates out when there is nothing new. Pure."""

from datetime import datetime, timedelta, tzinfo

from roundup.model import Issue, IssueKey, Piece, Published, RankedPiece

_SUBJECT = "A sample issue, for trying out"
_PREHEADER = "It has three pieces that nobody wrote."
_EXCERPT = "This is a sample, as long as an excerpt is: fifty-five words at most, and often fewer."
_AUTHOR = "Ada Marsh"
_TITLES = ("The first piece of a sample", "A second one, with fewer comments", "A third, by its title alone")


def sample_issue(instant: datetime, zone: tzinfo, website: str) -> Issue:
    """Two pieces in full and one under "More". `website` ends in a slash; empty: a reserved name (RFC 2606)."""
    ranked = [_piece(number, title, instant, website or "https://example.org/") for number, title in enumerate(_TITLES)]
    return Issue(
        key=IssueKey(day=instant.astimezone(zone).date()),
        instant=instant,
        subject=_SUBJECT,
        preheader=_PREHEADER,
        pieces=tuple(ranked[:2]),
        more=(ranked[2],),
    )


def _piece(number: int, title: str, instant: datetime, website: str) -> RankedPiece:
    at = instant - timedelta(hours=1 + number)
    piece = Piece(
        id=f"sample-{number}",
        source="sample",
        title=title,
        link=f"{website}sample/{number}/",
        published=Published(at=at, latest=at),
        excerpt=_EXCERPT,
        authors=(_AUTHOR,),
        comments=7 - number,
        tags=("sample",),
    )
    return RankedPiece(piece=piece, published=Published(at=at, latest=at), comment_hours=0.0, why="")
