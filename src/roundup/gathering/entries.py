"""A feed's octets become pieces. The only file that knows feedparser."""

import codecs
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from time import struct_time
from typing import Any

import feedparser  # type: ignore[import-untyped]

from roundup.gathering import comments, dates, languages, pictures
from roundup.gathering.authors import names
from roundup.gathering.cleaning import plain, storable
from roundup.gathering.feedcontent import Entry, FeedContent
from roundup.gathering.feedends import Ending, how_it_ends
from roundup.gathering.feedpieces import pieces_of
from roundup.gathering.links import absolute
from roundup.model import Defect, Picture, Published
from roundup.words import figures, say

# feedparser asks for a parser that nobody has any more, by an import that fails anew for every document: a tenth of all
# its time.
feedparser.api.PREFERRED_XML_PARSERS.clear()
# Its reader of ISO 8601 takes what a date leaves out from the clock: `2026-W47-5` would be the first of this month.
_HANDLERS = feedparser.datetimes._date_handlers  # noqa: SLF001  there is no other way to take one out
_HANDLERS[:] = [handler for handler in _HANDLERS if handler.__name__ != "_parse_date_iso8601"]

#: How many entries are read, in the feed's own order. Twenty thousand take seconds, and no day has five hundred.
MOST_ENTRIES = 500

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING = re.compile(r"""(?<=^<\?xml)([^>?]{0,100}?)\s+encoding\s*=\s*(?:"[^">]*"|'[^'>]*')""")
_DECLARED = re.compile(rb"""^[^>]{0,200}encoding\s*=\s*["']""")
_BROKEN = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What every entry of one feed shares."""

    #: What relative links are relative to; empty when nobody knows.
    base: str
    zone: tzinfo
    namespaces: Mapping[str, str]
    #: The feed's own: RSS `language`, `dc:language`, `xml:lang` of the whole; BCP 47, empty if it does not say.
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What feedparser found in a document."""

    #: In the feed's own order, the first `MOST_ENTRIES`.
    entries: tuple[Entry, ...]
    #: How many there were.
    count: int
    ending: Ending
    #: Plain text.
    title: str
    #: Names that stand for entries without an author (RFC 4287 §4.2.1); only Atom says so.
    authors: tuple[str, ...]
    #: What relative links are relative to.
    base: str


def read_entries(body: bytes, *, source: str, url: str, zone: tzinfo, content_type: str = "") -> FeedContent:
    """The pieces of a feed document. Never raises for what the octets are. The parameters are those of `find`."""
    found = find(body, url=url, zone=zone, content_type=content_type)
    if found is None:
        return FeedContent(is_feed=False)
    pieces, defects = pieces_of(found.entries, source=source, base=found.base, authors=found.authors)
    return FeedContent(
        is_feed=True,
        cut_off=found.ending is not Ending.WHOLE,
        title=found.title,
        pieces=tuple(pieces),
        defects=(*defects, *_of_the_whole(found.count, found.ending, source=source, where=url or source)),
    )


def find(body: bytes, *, url: str, zone: tzinfo, content_type: str = "") -> Found | None:
    """The entries of a feed document; None if it is no feed. Never raises for what the octets are.

    `url` is where the feed came from, or empty for a file; `zone` is for dates without one; `content_type` is what HTTP
    said, trusted only for an encoding that the document itself does not tell.
    """
    body, content_type = _marked(body, content_type)
    parsed = _parsed(body, url, content_type)
    if parsed is None or not (parsed.get("version") or parsed["entries"]):
        return None
    rows: list[dict[str, Any]] = list(parsed["entries"])
    ending = how_it_ends(body, has_entries=bool(rows))
    if ending is Ending.IN_AN_ENTRY:
        # It may be half a title.
        rows.pop()
    channel: dict[str, Any] = parsed["feed"]
    base = url or _own_address(channel)
    namespaces = {str(prefix): str(uri) for prefix, uri in parsed.get("namespaces", {}).items()}
    language = languages.tag(_text(channel, "language"))
    setting = _Setting(base=base, zone=zone, namespaces=namespaces, language=language)
    return Found(
        entries=tuple(_entry(row, setting) for row in rows[:MOST_ENTRIES]),
        count=len(rows),
        ending=ending,
        title=plain(_text(channel, "title")),
        authors=_authors(channel) if str(parsed.get("version")).startswith("atom") else (),
        base=base,
    )


def _of_the_whole(found: int, end: Ending, *, source: str, where: str) -> Iterator[Defect]:
    """What is wrong with the document as a whole."""
    if found > MOST_ENTRIES:
        what = say(
            "The feed has {found} entries; only the first {most} were read.",
            found=figures(found),
            most=figures(MOST_ENTRIES),
        )
        yield Defect(source=source, where=where, what=what)
    if end is not Ending.WHOLE:
        what = say(
            "The feed was cut off before its end. What is whole of it was read; the rest is read again next time."
        )
        yield Defect(source=source, where=where, what=what)


def _own_address(channel: dict[str, Any]) -> str:
    """Where a feed that is a file says it lives (RFC 4287 §4.2.7.2: `rel="self"`), or its site; empty if nowhere."""
    own = [_text(row, "href") for row in _rows(channel, "links") if row.get("rel") == "self"]
    return next((link for address in (*own, _text(channel, "link")) if (link := absolute(address))), "")


def _parsed(body: bytes, url: str, content_type: str) -> dict[str, Any] | None:
    """What feedparser makes of the octets; None if it breaks on them.

    Its sanitiser and its URI pass are off: they take four fifths of the time, and what is printed is cleaned later.
    The octets come in a BytesIO: feedparser opens a plain argument that looks like a path.
    """
    headers = {}
    # With a base, feedparser turns an opaque guid into an address that does not exist; it needs one only for a relative
    # `xml:base`. Other relative links are joined here.
    if url and b"xml:base" in body:
        headers["content-location"] = url
    encoding = _trusted_type(body, content_type)
    if encoding:
        headers["content-type"] = encoding
    try:
        parsed: dict[str, Any] = feedparser.parse(
            io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False, response_headers=headers
        )
    except _BROKEN:
        return None
    return parsed


def _marked(body: bytes, content_type: str) -> tuple[bytes, str]:
    """A document that begins with the byte order mark of UTF-16 or UTF-32, in UTF-8: the mark is its declaration
    (XML 1.0, appendix F), and feedparser wants another. What is cut off in the middle of a character loses that."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            text = _ENCODING.sub(r"\1", body.decode(encoding, "ignore"), count=1)
            return text.encode("utf-8", "ignore"), "application/xml; charset=utf-8"
    return body, content_type


def _trusted_type(body: bytes, content_type: str) -> str:
    """The content type to tell feedparser, which believes it above the document; empty to let the document speak.

    RFC 7303 §3 gives HTTP the last word, but servers that add `charset=iso-8859-1` to UTF-8 are common, and text that
    decodes as UTF-8 is UTF-8.
    """
    if b"\0" not in body and not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return "application/xml; charset=utf-8"
    return "" if _DECLARED.match(body.lstrip()) or "charset" not in content_type.lower() else content_type


def _entry(row: dict[str, Any], setting: _Setting) -> Entry:
    """One entry as feedparser has it."""
    texts = _texts(row)
    link = _link(row, setting.base)
    return Entry(
        id=_text(row, "id"),
        link=link,
        written_link=_text(row, "link"),
        title=plain(_text(row, "title")),
        texts=texts,
        published=_published(row, setting.zone),
        written_date=_text(row, "published"),
        authors=_authors(row),
        comments=_comments(row, texts, setting.namespaces),
        tags=_tags(row),
        picture=_picture(row, texts, link or setting.base),
        language=_language(row) or setting.language,
    )


def _language(row: dict[str, Any]) -> str:
    """What an entry says of its language (`dc:language`, `language`), else what its text or its title do (`xml:lang`,
    which they have of whatever they stand in)."""
    content = [_text(each, "language") for each in _rows(row, "content")]
    details = (dict.get(row, key) for key in ("summary_detail", "title_detail"))
    told = (_text(row, "language"), *content, *(_text(each, "language") for each in details if isinstance(each, dict)))
    return next((found for word in told if (found := languages.tag(word))), "")


def _comments(row: dict[str, Any], texts: Sequence[str], namespaces: Mapping[str, str]) -> int | None:
    """What the feed's elements say, or else its text, where the feed is one of those that do."""
    told = comments.in_entry(row, namespaces)
    return comments.in_texts(texts, pages=(_text(row, "comments"), _text(row, "link"))) if told is None else told


def _text(entry: Mapping[str, Any], key: str) -> str:
    """The text at a key of feedparser's; empty when there is none.

    `dict.get` goes round feedparser's own look-up, which answers `updated` with `published` and warns about it.
    """
    value = dict.get(entry, key) if isinstance(entry, dict) else None
    return storable(value).strip() if isinstance(value, str) else ""


def _rows(entry: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The list of dictionaries at a key of feedparser's; empty when there is none."""
    value = dict.get(entry, key) if isinstance(entry, dict) else None
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _texts(entry: dict[str, Any]) -> list[str]:
    """What the excerpt may be made of: the summary, then the content, which stands in when the summary says nothing."""
    return [
        text for text in (_text(entry, "summary"), *(_text(row, "value") for row in _rows(entry, "content"))) if text
    ]


def _link(entry: dict[str, Any], base: str) -> str | None:
    """The address of an entry's page; None if it has none.

    FeedBurner's own link leads through its counter: `feedburner:origLink` is the page. A link that feedparser took from
    the guid counts only if it is a whole address, for an opaque guid is relative to nothing.
    """
    original = absolute(_text(entry, "feedburner_origlink"))
    if original:
        return original
    raw = _text(entry, "link")
    has_own = any(row.get("rel") == "alternate" and row.get("href") for row in _rows(entry, "links"))
    found = absolute(raw, base if has_own else "") if raw else None
    if found:
        return found
    alternates = (_text(row, "href") for row in _rows(entry, "links") if row.get("rel") == "alternate")
    return next((link for href in alternates if (link := absolute(href, base))), None)


def _published(entry: dict[str, Any], zone: tzinfo) -> Published | None:
    """When the entry was published; else when it was updated, for feeds that give only that."""
    for key in ("published", "updated", "created"):
        text = _text(entry, key)
        if not text:
            continue
        made = dates.published(text, zone) if dates.is_known_form(text) else _by_feedparser(entry, key, zone)
        if made:
            return made
    return None


def _by_feedparser(entry: dict[str, Any], key: str, zone: tzinfo) -> Published | None:
    """A form of date that only feedparser knows (Greek, Hungarian, Korean, asctime): it gives UTC."""
    moment = dict.get(entry, f"{key}_parsed")
    if not isinstance(moment, struct_time):
        return None
    try:
        return dates.at_instant(datetime(*moment[:6], tzinfo=UTC), zone)
    except ValueError:
        return None


def _authors(entry: dict[str, Any]) -> tuple[str, ...]:
    """Every author of an entry. feedparser's `author` alone is the last of several; `authors` has them all."""
    listed = [_text(row, "name") for row in _rows(entry, "authors")]
    # `name@some.industries (Name)` comes back as `stries (Name`: of a long ending feedparser knows only the beginning.
    if len(listed) == 1 and "@" in _text(entry, "author"):
        listed = []
    return names(listed) or names([_text(entry, "author")])


def _tags(entry: dict[str, Any]) -> tuple[str, ...]:
    """The tags as people read them, each once; Blogger's `kind#post` is an address and none."""
    labels = (plain(_text(row, "label") or _text(row, "term")) for row in _rows(entry, "tags")[:50])
    return tuple(dict.fromkeys(label for label in labels if label and "://" not in label))


def _picture(entry: dict[str, Any], text: Sequence[str], link: str) -> Picture | None:
    """The picture that the feed offers for the entry, else the first real one in its text."""
    enclosures = [row for row in _rows(entry, "links") if row.get("rel") == "enclosure"]
    thumbnails = [{"type": "image/*", **row} for row in _rows(entry, "media_thumbnail")]
    found = pictures.offered([*_rows(entry, "media_content"), *thumbnails, *enclosures], link)
    if found is None:
        return next((picture for html in reversed(text) if (picture := pictures.first_in(html, link))), None)
    for html in text:
        found = pictures.described(found, html, link)
    return found
