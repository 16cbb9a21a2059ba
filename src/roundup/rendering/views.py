"""What templates see: an issue and a masthead as plain values, already in the newsletter's language (pure).

A template prints these names and decides nothing. Every field is text unless it says otherwise, and is empty when
there is nothing to say, so that `{% if piece.excerpt %}` is all the logic that a template needs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlsplit

from roundup.model import BY_HAND, Issue, Piece, RankedPiece, TalkedAbout
from roundup.rendering import HouseBlock, Masthead, placeholder
from roundup.rendering.direction import written
from roundup.rendering.pictures import PictureView, beside_picture, lead_picture
from roundup.words import Words

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
    #: The font stack of what is read, for CSS.
    font: str
    #: An https address; empty: the name is set in type.
    logo: str


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
    #: The `lang` and `dir` of its words, and of its byline, where they are not the newsletter's: for `xmlattr`.
    written: Mapping[str, str]
    byline_written: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleView:
    """A piece under "More": its title and link alone."""

    title: str
    link: str
    #: See `PieceView`.
    written: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkedAboutView:
    """A piece of an earlier issue that readers still talk about."""

    title: str
    link: str
    #: `23 Comments, 9 more since Friday`.
    comments: str
    #: See `PieceView`.
    written: Mapping[str, str]


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
        "talked_about": [_talked_about(each, masthead) for each in issue.talked_about],
        "more": [_title(each.shown, masthead) for each in issue.more],
        "appeals": [_block(block) for block in shown if block.kind == "appeal"],
        "sponsors": [_block(block) for block in shown if block.kind == "sponsor"],
        "view_link": masthead.view_link and address(masthead.view_link) + placeholder("VIEW", nonce),
        # The page of choices is under the page to leave.
        "choices_link": _choices_link(masthead, nonce),
        "leave_link": masthead.leave_link and address(masthead.leave_link) + placeholder("TOKEN", nonce),
        "subscriber": SubscriberView(email=placeholder("EMAIL", nonce), name=placeholder("NAME", nonce)),
    }


def _choices_link(masthead: Masthead, nonce: str) -> str:
    """Where a subscriber chooses how often mail comes, and of what: under the page on which they leave."""
    if not masthead.leave_link or masthead.leave_link.startswith("mailto:"):
        return ""
    return f"{address(masthead.leave_link)}{placeholder('TOKEN', nonce)}/preferences"


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
        font=masthead.font,
        logo=_https_only(masthead.logo),
    )


def _is_shown(block: HouseBlock, wanted: bool | None, day: date) -> bool:
    """Whether a block is in the issue of `day`: as the editor says, else as its own dates do."""
    return block.shows_on(day) if wanted is None else wanted


def _paragraphs(text: str) -> list[str]:
    """Paragraphs stand apart by empty lines; other line breaks are blanks."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _title(piece: Piece, masthead: Masthead) -> TitleView:
    return TitleView(title=piece.title, link=address(piece.link), written=_written(piece.title, piece, masthead))


def _talked_about(each: TalkedAbout, masthead: Masthead) -> TalkedAboutView:
    words, piece = masthead.words, each.piece
    now, grown = each.piece.comments or 0, (each.piece.comments or 0) - each.comments_then
    comments = words.say(
        "{comments}, {more} more since {weekday}",
        comments=comments_line(now, words),
        more=words.figures(grown),
        weekday=words.weekday(each.day),
    )
    return TalkedAboutView(
        title=piece.title, link=address(piece.link), comments=comments, written=_written(piece.title, piece, masthead)
    )


def _pieces(pieces: Sequence[RankedPiece], masthead: Masthead, words: Words) -> list[PieceView]:
    before = ["", *(each.section for each in pieces)]
    return [
        _piece(each, masthead, words, is_lead=place == 0, opens=each.section != before[place])
        for place, each in enumerate(pieces)
    ]


def _piece(ranked: RankedPiece, masthead: Masthead, words: Words, *, is_lead: bool, opens: bool) -> PieceView:
    shown, byline = ranked.shown, words.names(ranked.piece.authors)
    return PieceView(
        title=shown.title,
        link=address(shown.link),
        byline=byline,
        date=_date(ranked, masthead, words),
        excerpt=_held_together(shown.excerpt),
        comments=comments_line(shown.comments, words),
        source=shown.source,
        picture=_picture(shown, masthead, is_lead=is_lead),
        section=ranked.section if opens else "",
        level=3 if ranked.section else 2,
        written=_written(f"{shown.title} {shown.excerpt}", shown, masthead),
        byline_written=written(byline, "", within=(masthead.language, words.direction)),
    )


def _written(text: str, piece: Piece, masthead: Masthead) -> Mapping[str, str]:
    return written(text, piece.language, within=(masthead.language, masthead.words.direction))


def _date(ranked: RankedPiece, masthead: Masthead, words: Words) -> str:
    if ranked.piece.source == BY_HAND:
        return ""
    return words.day(ranked.published.printed_day(masthead.zone))


def _held_together(excerpt: str) -> str:
    """A cut excerpt ends in " …"; with a no-break space the ellipsis is never alone on the last line."""
    return f"{excerpt.removesuffix(' …')}\N{NO-BREAK SPACE}…" if excerpt.endswith(" …") else excerpt


def _picture(piece: Piece, masthead: Masthead, *, is_lead: bool) -> PictureView | None:
    url = _https_only(piece.picture.url) if piece.picture is not None else ""
    if masthead.pictures == "none" or (masthead.pictures == "lead" and not is_lead):
        return None
    return lead_picture(piece, url) if is_lead else beside_picture(piece, url)


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
