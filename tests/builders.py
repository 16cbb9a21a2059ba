"""The values tests begin with. Every default is stated once, here; a test states only what it is about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from roundup.archive import Frozen
from roundup.list_files import ListRow
from roundup.memory import RememberedPiece
from roundup.messages import Letterhead
from roundup.model import Issue, IssueKey, LeftOut, Picture, Piece, Published, RankedPiece, RenderedIssue
from roundup.rendering import HouseBlock, Masthead, placeholder
from roundup.scheduling import Schedule
from roundup.selecting import carries
from roundup.tokens import Secret

#: The shipped templates of the email.
EMAIL_TEMPLATES = Path(__file__).parent.parent / "templates" / "email"
#: What keeps a feed from writing a placeholder; eight hex digits.
NONCE = "3f9a1c2b"
LONDON = ZoneInfo("Europe/London")
PUBLISHED = Published(at=datetime(2015, 3, 30, 9, 0, tzinfo=UTC), latest=datetime(2015, 3, 30, 9, 0, tzinfo=UTC))
KEY = IssueKey(day=date(2015, 3, 30))
SECRET = Secret(b"a secret of thirty-two characters")
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


def at_instant(at: datetime) -> Published:
    """Published at an instant that its source gives."""
    return Published(at=at, latest=at)


def on_day(day: date, zone: tzinfo = LONDON) -> Published:
    """Published on a day whose time its source does not give."""
    begins = datetime.combine(day, time(), tzinfo=zone)
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC) - timedelta(microseconds=1)
    return Published(at=begins.astimezone(UTC), latest=ends, day=day)


def in_london(written: str) -> datetime:
    """The instant of a London wall time: `2015-03-30 17:00`."""
    return datetime.fromisoformat(written).replace(tzinfo=LONDON).astimezone(UTC)


def a_remembered_piece(
    piece: Piece | None = None,
    *,
    first_seen: datetime = INSTANT,
    young: bool = True,
    listed: bool = True,
    withdrawn: bool = False,
    recorded_as: str | None = None,
) -> RememberedPiece:
    """`piece` (or `a_piece()`) as it is remembered: listed, and young enough."""
    piece = piece or a_piece()
    return RememberedPiece(
        piece=piece,
        published=piece.published or at_instant(first_seen),
        first_seen=first_seen,
        young=young,
        listed=listed,
        withdrawn=withdrawn,
        recorded_as=recorded_as,
    )


def a_rendered_issue(
    *,
    key: IssueKey = KEY,
    subject: str = "What a library is for",
    preheader: str = "Also: three views on the budget, and a bridge",
    html: str = f"<!DOCTYPE html><p>Dear {placeholder('NAME', NONCE)}, {placeholder('TOKEN', NONCE)}</p>\n",
    text: str = f"To {placeholder('NAME', NONCE)}, {placeholder('EMAIL', NONCE)}, {placeholder('TOKEN', NONCE)}\n",
    nonce: str = NONCE,
) -> RenderedIssue:
    """A rendering that greets its reader by name and links to the way out."""
    return RenderedIssue(key=key, subject=subject, preheader=preheader, html=html, text=text, nonce=nonce)


def a_letterhead(
    *,
    name: str = "The Daily Lantern",
    id: str = "daily-lantern",  # noqa: A002 (the field's own name)
    sender: str = "roundup@lantern.example",
    reply_to: str = "",
    public_url: str = "https://roundup.lantern.example/",
    unsubscribe_mailto: str = "leave@lantern.example",
    bounce_address: str = "bounces@lantern.example",
    zone: tzinfo = LONDON,
) -> Letterhead:
    """The letterhead of a newsletter that can be left in both ways."""
    return Letterhead(
        name=name,
        id=id,
        sender=sender,
        reply_to=reply_to,
        public_url=public_url,
        unsubscribe_mailto=unsubscribe_mailto,
        bounce_address=bounce_address,
        zone=zone,
    )


def a_schedule(
    *,
    at: time = time(17),
    weekdays: Sequence[int] = range(5),
    skip: Sequence[date] = (),
    zone: ZoneInfo = LONDON,
    max_lateness: timedelta = timedelta(hours=6),
    gather_every: timedelta = timedelta(hours=1),
) -> Schedule:
    """Due at five in the afternoon, London time, from Monday to Friday."""
    return Schedule(
        at=at,
        weekdays=frozenset(weekdays),
        skip=frozenset(skip),
        zone=zone,
        max_lateness=max_lateness,
        gather_every=gather_every,
    )


def a_frozen_issue(issue: Issue | None = None, *, at: datetime = INSTANT) -> Frozen:
    """`issue` (or `an_issue()`) with all that is written down when it is frozen."""
    issue = issue or an_issue()
    return Frozen(
        issue=issue,
        rendered=a_rendered_issue(key=issue.key, subject=issue.subject, preheader=issue.preheader),
        fingerprint="f" * 64,
        explanation='{"pieces": [], "left_out": []}',
        carries=carries(issue, LONDON),
        at=at,
    )


def list_rows(*emails: str) -> tuple[ListRow, ...]:
    """Rows of a list file that say nothing but an address."""
    return tuple(ListRow(line=line, email=email) for line, email in enumerate(emails, start=2))
