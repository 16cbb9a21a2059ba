"""A feed's octets become pieces. The only file that knows feedparser."""

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from time import struct_time
from typing import Any

import feedparser  # type: ignore[import-untyped]

from roundup.gathering import comments, dates, pictures
from roundup.gathering.authors import names
from roundup.gathering.cleaning import plain, storable
from roundup.gathering.cutting import first_words
from roundup.gathering.excerpts import excerpt
from roundup.gathering.links import absolute, is_local
from roundup.identity import normal_link
from roundup.model import Defect, Picture, Piece, Published

#: How many entries are read, in the feed's own order. Twenty thousand take seconds, and no day has five hundred.
MOST_ENTRIES = 500

_CLOSED = re.compile(rb"</(?:[\w.-]+:)?(?:rss|rdf|feed|channel)\s*>")
_DECLARED = re.compile(rb"""^[^>]{0,200}encoding\s*=\s*["']""")
_LAST_ENTRY = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>")
_BROKEN = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContent:
    """What one feed document held."""

    #: False: the octets are no feed at all.
    is_feed: bool
    #: The feed ends inside its list of entries: what stands last in it may be half a title.
    cut_off: bool = False
    title: str = ""
    pieces: tuple[Piece, ...] = ()
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What every entry of one feed shares."""

    source: str
    #: What relative links are relative to; empty when nobody knows.
    base: str
    zone: tzinfo
    namespaces: Mapping[str, str]
    #: Names that stand for entries without an author (RFC 4287 §4.2.1); only Atom says so.
    authors: tuple[str, ...]
    #: Ids and links that do not tell entries apart, because most entries share them.
    shared: frozenset[str]


def read_entries(body: bytes, *, source: str, url: str, zone: tzinfo, content_type: str = "") -> FeedContent:
    """The pieces of a feed document. Never raises for what the octets are.

    `url` is where the feed came from, or empty for a file; `zone` is for dates without one; `content_type` is what HTTP
    said, trusted only for an encoding that the document itself does not tell.
    """
    parsed = _parsed(body, url, content_type)
    if parsed is None or not (parsed.get("version") or parsed["entries"]):
        return FeedContent(is_feed=False)
    entries: list[dict[str, Any]] = list(parsed["entries"][:MOST_ENTRIES])
    channel: dict[str, Any] = parsed["feed"]
    setting = _Setting(
        source=source,
        base=url or _own_address(channel),
        zone=zone,
        namespaces={str(prefix): str(uri) for prefix, uri in parsed.get("namespaces", {}).items()},
        authors=_authors(channel) if str(parsed.get("version")).startswith("atom") else (),
        shared=_shared(entries),
    )
    pieces, defects = _pieces(entries, setting)
    if len(parsed["entries"]) > MOST_ENTRIES:
        what = f"The feed has {len(parsed['entries'])} entries; only the first {MOST_ENTRIES} were read."
        defects.append(Defect(source=source, where=url or source, what=what))
    return FeedContent(
        is_feed=True,
        cut_off=_is_cut_off(body, has_entries=bool(entries)),
        title=plain(_text(channel, "title")),
        pieces=tuple(pieces),
        defects=tuple(defects),
    )


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


def _is_cut_off(body: bytes, *, has_entries: bool) -> bool:
    """Whether the document ends before its root closes. Half a feed parses, and its last title may be half a title."""
    # Without its NULs, UTF-16 and UTF-32 markup reads like ASCII.
    plain_body = body.replace(b"\0", b"").lower()
    ends = [match.end() for match in _LAST_ENTRY.finditer(plain_body)]
    if _CLOSED.search(plain_body, ends[-1] if ends else 0):
        return False
    return has_entries or not plain_body.rstrip().endswith(b"/>")


def _shared(entries: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Ids that most entries share, and links that entries without an id share: they identify nothing."""
    ids = Counter(identity for entry in entries if (identity := _text(entry, "id")))
    links = Counter(_text(entry, "link") for entry in entries if not _text(entry, "id"))
    most = {identity for identity, count in ids.items() if count > 2 and count * 2 > len(entries)}
    return frozenset(most | {link for link, count in links.items() if count > 1})


def _pieces(entries: Iterable[dict[str, Any]], setting: _Setting) -> tuple[list[Piece], list[Defect]]:
    """The pieces in the feed's order, each id once, and what could not be used."""
    kept: dict[str, Piece] = {}
    defects: list[Defect] = []
    for number, entry in enumerate(entries, start=1):
        made = _piece(entry, number, setting)
        if isinstance(made, Defect):
            defects.append(made)
        # The same id twice is the same piece written again: the newest counts, in the place of the first.
        elif made.id not in kept or _age(made) > _age(kept[made.id]):
            kept[made.id] = made
    local = next((piece for piece in kept.values() if is_local(piece.link)), None)
    if local and not is_local(setting.base):
        what = f"Its links lead to the reader's own machine ({local.link}). Give the site its public address."
        defects.append(Defect(source=setting.source, where=local.title, what=what))
    return list(kept.values()), defects


def _age(piece: Piece) -> datetime:
    """What tells two pieces of one id apart: the later is the newer, and none at all is the oldest."""
    return piece.published.at if piece.published else _NEVER


def _piece(entry: dict[str, Any], number: int, setting: _Setting) -> Piece | Defect:
    """One entry as a piece, or the reason why it can't be one."""
    text, title = _texts(entry), plain(_text(entry, "title"))
    authors = _authors(entry) or setting.authors
    short = next((made for source in text if (made := excerpt(source, title=title, authors=authors))), "")
    where = title or _text(entry, "id")[:200] or f"entry {number}"
    link = _link(entry, setting.base)
    if link is None:
        raw = _text(entry, "link")[:200]
        said = f"Its link {raw!r} is no web address" if raw else "It has no link"
        return Defect(
            source=setting.source, where=where, what=f"{said}, so it can't be mailed. Correct it in the feed."
        )
    if not title and not short:
        return Defect(source=setting.source, where=where, what="It has neither a title nor a text. Give it a title.")
    return Piece(
        id=_identity(entry, link, setting.shared),
        source=setting.source,
        title=title or first_words(short),
        link=link,
        published=_published(entry, setting.zone),
        excerpt=short,
        authors=authors,
        comments=comments.in_entry(entry, setting.namespaces),
        tags=_tags(entry),
        picture=_picture(entry, text, link),
    )


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


def _identity(entry: dict[str, Any], link: str, shared: frozenset[str]) -> str:
    """What tells an entry from all others of its feed: its id, else its normalised link, else what it says."""
    identity = _text(entry, "id")
    if identity and identity not in shared:
        return identity if len(identity) <= 500 else _hash(identity)
    if _text(entry, "link") not in shared:
        return normal_link(link)
    return _hash(normal_link(link), _text(entry, "title"), _text(entry, "published"))


def _hash(*parts: str) -> str:
    """32 hex digits that stand for the parts."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


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
    listed = names(_text(row, "name") for row in _rows(entry, "authors"))
    return listed or names([_text(entry, "author")])


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
