"""The values tests begin with. Every default is stated once, here; a test states only what it is about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from roundup.model import Issue, IssueKey, LeftOut, Picture, Piece, Published, RankedPiece
from roundup.rendering import HouseBlock, Masthead

#: The shipped templates of the email.
EMAIL_TEMPLATES = Path(__file__).parent.parent / "templates" / "email"
#: What keeps a feed from writing a placeholder; eight hex digits.
NONCE = "3f9a1c2b"
LONDON = ZoneInfo("Europe/London")
PUBLISHED = Published(at=datetime(2015, 3, 30, 9, 0, tzinfo=UTC), latest=datetime(2015, 3, 30, 9, 0, tzinfo=UTC))
KEY = IssueKey(day=date(2015, 3, 30))
#: The issue's due time: 17:00 in London, which is on summer time.
INSTANT = datetime(2015, 3, 30, 16, 0, tzinfo=UTC)
EXCERPT = (
    "The council has found that a library is a place where people read, and that people who read ask for more books. "
    "It took a report of ninety pages to say so, and an evening of debate to file it. What happens next depends on "
    "three members who have not read it, and on one who has and will not say what she thinks …"
)


def a_piece(
    *,
    id: str = "piece-1",  # noqa: A002 (the field's own name)
    source: str = "The Lantern",
    title: str = "A library is a place to read",
    link: str = "https://lantern.example/2015/03/library/",
    published: Published | None = PUBLISHED,
    excerpt: str = EXCERPT,
    authors: tuple[str, ...] = ("Ada Marsh",),
    comments: int | None = 2,
    tags: tuple[str, ...] = (),
    picture: Picture | None = None,
) -> Piece:
    """A piece with a byline, a date, an excerpt of 55 words or so and two comments."""
    return Piece(
        id=id,
        source=source,
        title=title,
        link=link,
        published=published,
        excerpt=excerpt,
        authors=authors,
        comments=comments,
        tags=tags,
        picture=picture,
    )


def a_ranked_piece(
    piece: Piece | None = None,
    *,
    published: Published | None = None,
    comment_hours: float = 6.3,
    why: str = "published 7 h ago; 2 comments count as 6.3 h fresher",
) -> RankedPiece:
    """`piece` (or `a_piece()`) with a place in the order; its publication is the piece's own unless given."""
    piece = piece or a_piece()
    return RankedPiece(
        piece=piece, published=published or piece.published or PUBLISHED, comment_hours=comment_hours, why=why
    )


def numbered_pieces(of: int, *, first: int = 1) -> tuple[RankedPiece, ...]:
    """`of` pieces that differ in id, title and link."""
    return tuple(
        a_ranked_piece(
            a_piece(
                id=f"piece-{number}",
                title=f"A library is a place to read, part {number}",
                link=f"https://lantern.example/2015/03/library-{number}/",
            )
        )
        for number in range(first, first + of)
    )


def an_issue(
    of: int = 3,
    *,
    key: IssueKey = KEY,
    instant: datetime = INSTANT,
    subject: str = "What a library is for",
    preheader: str = "Also: three views on the budget, and a bridge",
    pieces: tuple[RankedPiece, ...] | None = None,
    more: tuple[RankedPiece, ...] = (),
    left_out: tuple[LeftOut, ...] = (),
    older: int = 0,
) -> Issue:
    """An issue of `of` numbered pieces, or of `pieces`."""
    return Issue(
        key=key,
        instant=instant,
        subject=subject,
        preheader=preheader,
        pieces=numbered_pieces(of) if pieces is None else pieces,
        more=more,
        left_out=left_out,
        older=older,
    )


def a_house_block(
    *,
    kind: str = "appeal",
    text: str = "Our journalism is paid for by its readers.",
    link: str = "https://lantern.example/join/",
    first: date | None = None,
    last: date | None = None,
) -> HouseBlock:
    """An appeal that is always shown; `kind="sponsor"` for a credit."""
    return HouseBlock(kind="sponsor" if kind == "sponsor" else "appeal", text=text, link=link, first=first, last=last)


def a_masthead(
    *,
    name: str = "The Daily Lantern",
    language: str = "en-GB",
    zone: tzinfo = LONDON,
    website: str = "https://lantern.example/",
    postal_address: str = "1 Example Street, London",
    leave_link: str = "https://roundup.lantern.example/u/",
    accent: str = "#8a1c1c",
    logo: str = "",
    blocks: Sequence[HouseBlock] = (),
) -> Masthead:
    """The masthead of an English newsletter whose name is set in type, without house blocks."""
    return Masthead(
        name=name,
        language=language,
        zone=zone,
        website=website,
        postal_address=postal_address,
        leave_link=leave_link,
        accent=accent,
        logo=logo,
        blocks=blocks,
    )
