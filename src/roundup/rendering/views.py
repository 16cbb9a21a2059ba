"""What templates see: an issue and a masthead as plain values, already in the newsletter's language (pure).

A template prints these names and decides nothing. Every field is text unless it says otherwise, and is empty when
there is nothing to say, so that `{% if piece.excerpt %}` is all the logic that a template needs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlsplit

from roundup.model import BY_HAND, Issue, Piece, RankedPiece, TalkedAbout
from roundup.rendering import HouseBlock, Masthead, placeholder
from roundup.words import Words

#: How wide the lead piece's picture is shown, in CSS pixels: the column without its margins.
PICTURE_WIDTH = 560

#: What may stand in an address unescaped (RFC 3986 §2); `%` too, since addresses come already escaped.
_ADDRESS_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"
#: A longer address is not printed, only its host: it would break the line of a phone.
_LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterView:
    """The newsletter, as its masthead and footer name it."""

    name: str
    #: Empty when the newsletter has none.
    website: str
    #: BCP 47, for `lang` attributes.
    language: str
    #: `ltr` or `rtl`, for `dir` attributes.
    direction: str
    postal_address: str
    #: Six-digit hex. For rules and blocks; text takes `accent | readable_on(surface)`.
    accent: str
    #: An https address; empty: the name is set in type.
    logo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A picture, always an https one."""

    url: str
    #: Never empty: the piece's title where the source does not say what the picture shows.
    alt: str
    #: A whole number of CSS pixels, for the `width` attribute (Outlook obeys no other).
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceView:
    """A piece in full."""

    title: str
    link: str
    #: `A`, `A and B` or `A, B and C`; empty when the source names nobody.
    byline: str
    #: `30 March 2015`; empty for a piece that the editor added.
    date: str
    excerpt: str
    #: `1 Comment`, `2 Comments`, `0 Comments`; empty when the source does not say.
    comments: str
    #: The name of its source.
    source: str
    #: None when it has none, or none that may be shown here.
    picture: PictureView | None
    #: The heading of the section that begins with this piece; empty when none does.
    section: str
    #: The level of its heading: 3 within a section, else 2.
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleView:
    """A piece under "More": its title and link alone."""

    title: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkedAboutView:
    """A piece of an earlier issue that readers still talk about."""

    title: str
    link: str
    #: `23 Comments, 9 more since Friday`.
    comments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """An appeal or a sponsor's credit."""

    text: str
    #: Empty when it links nowhere.
    link: str
    #: The link as print would give it: `example.org/join`.
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberView:
    """Placeholders for what is the subscriber's own."""

    email: str
    name: str


def context(issue: Issue, masthead: Masthead, nonce: str) -> dict[str, object]:
    """The values by the names that templates use. Raises `SettingsError` for a language that nobody knows."""
    words = masthead.words
    wanted = {"appeal": issue.appeal, "sponsor": issue.sponsor}
    shown = [block for block in masthead.blocks if _is_shown(block, wanted[block.kind], issue.key.day)]
    if issue.credit is not None:
        credit = HouseBlock(kind="sponsor", text=issue.credit.text, link=issue.credit.link, first=None, last=None)
        shown = [block for block in shown if block.kind != "sponsor"] + [credit]
    return {
        "newsletter": _newsletter(masthead, words),
        "date": words.full_day(issue.key.day),
        "subject": issue.subject,
        "preheader": issue.preheader,
        "intro": _paragraphs(issue.intro),
        "pieces": _pieces(issue.pieces, masthead, words),
        "talked_about": [_talked_about(each, words) for each in issue.talked_about],
        "more": [TitleView(title=each.shown.title, link=address(each.piece.link)) for each in issue.more],
        "appeals": [_block(block) for block in shown if block.kind == "appeal"],
        "sponsors": [_block(block) for block in shown if block.kind == "sponsor"],
        "leave_link": masthead.leave_link and address(masthead.leave_link) + placeholder("TOKEN", nonce),
        "subscriber": SubscriberView(email=placeholder("EMAIL", nonce), name=placeholder("NAME", nonce)),
    }


def address(link: str) -> str:
    """`link` in ASCII, so that both parts of the mail carry the same octets: the HTML part would be escaped by its
    serialiser, and the text part by nobody."""
    return quote(link, safe=_ADDRESS_CHARACTERS)


def comments_line(comments: int | None, words: Words) -> str:
    """`1 Comment` or `2 Comments`; empty when unknown, which is not the same as none."""
    return "" if comments is None else words.say_many("{count} Comment", "{count} Comments", comments)


def _newsletter(masthead: Masthead, words: Words) -> NewsletterView:
    return NewsletterView(
        name=masthead.name,
        website=address(masthead.website),
        language=masthead.language,
        direction=words.direction,
        postal_address=masthead.postal_address,
        accent=masthead.accent,
        logo=_https_only(masthead.logo),
    )


def _is_shown(block: HouseBlock, wanted: bool | None, day: date) -> bool:
    """Whether a block is in the issue of `day`: as the editor says, else as its own dates do."""
    return block.shows_on(day) if wanted is None else wanted


def _paragraphs(text: str) -> list[str]:
    """Paragraphs stand apart by empty lines; other line breaks are blanks."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _talked_about(each: TalkedAbout, words: Words) -> TalkedAboutView:
    now, grown = each.piece.comments or 0, (each.piece.comments or 0) - each.comments_then
    comments = words.say(
        "{comments}, {more} more since {weekday}",
        comments=comments_line(now, words),
        more=words.figures(grown),
        weekday=words.weekday(each.day),
    )
    return TalkedAboutView(title=each.piece.title, link=address(each.piece.link), comments=comments)


def _pieces(pieces: Sequence[RankedPiece], masthead: Masthead, words: Words) -> list[PieceView]:
    return [
        PieceView(
            title=each.shown.title,
            link=address(each.piece.link),
            byline=words.names(each.piece.authors),
            date=_date(each, masthead, words),
            excerpt=_held_together(each.shown.excerpt),
            comments=comments_line(each.piece.comments, words),
            source=each.piece.source,
            picture=_picture(each.shown) if place == 0 else None,
            section=each.section if place == 0 or pieces[place - 1].section != each.section else "",
            level=3 if each.section else 2,
        )
        for place, each in enumerate(pieces)
    ]


def _date(ranked: RankedPiece, masthead: Masthead, words: Words) -> str:
    if ranked.piece.source == BY_HAND:
        return ""
    return words.day(ranked.published.printed_day(masthead.zone))


def _held_together(excerpt: str) -> str:
    """A cut excerpt ends in " …"; with a no-break space the ellipsis is never alone on the last line."""
    return f"{excerpt.removesuffix(' …')}\N{NO-BREAK SPACE}…" if excerpt.endswith(" …") else excerpt


def _picture(piece: Piece) -> PictureView | None:
    """The lead piece's picture. It is linked (Gmail puts a download button on one that is not), so that it needs a
    text (WCAG 2.4.4)."""
    if piece.picture is None or not _https_only(piece.picture.url):
        return None
    return PictureView(url=address(piece.picture.url), alt=piece.picture.alt or piece.title, width=PICTURE_WIDTH)


def _https_only(url: str) -> str:
    """An image over plain http is blocked or warned of by most clients: better none."""
    return address(url) if url.lower().startswith("https://") else ""


def _block(block: HouseBlock) -> BlockView:
    return BlockView(text=block.text, link=address(block.link), label=_label(block.link))


def _label(link: str) -> str:
    """The host of a label is the link's own, always: a different one looks like phishing to a filter."""
    if link.startswith("mailto:"):
        return link.removeprefix("mailto:").partition("?")[0]
    parts = urlsplit(link)
    whole = (parts.netloc + parts.path).rstrip("/").removeprefix("www.")
    return (whole if len(whole) <= _LONGEST_LABEL else parts.netloc.removeprefix("www.")) or link
