"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/): its items become entries. Pure.

Real feeds have numbers for ids, authors as a plain text, and wrong types anywhere: each is taken as far as it goes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo

from roundup.gathering import comments, dates, languages, pictures
from roundup.gathering.authors import names
from roundup.gathering.cleaning import plain, storable
from roundup.gathering.feedcontent import Entry, FeedContent
from roundup.gathering.feedpieces import pieces_of
from roundup.gathering.links import absolute
from roundup.model import Defect, Picture, Published
from roundup.words import figures, say

#: How many items are read, in the feed's own order.
MOST_ITEMS = 500

# Some write the number alone.
_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/|1(?:\.\d)?$", re.IGNORECASE)
_TAGS_READ = 50


def looks_like_json(start: bytes) -> bool:
    """Whether a document, from its first sign on, is JSON: no feed in XML begins so. UTF-16 and UTF-32 too."""
    return start.replace(b"\0", b"").lstrip(b"\xff\xfe").lstrip()[:1] in {b"{", b"["}


def read(body: bytes, *, source: str, url: str, zone: tzinfo) -> FeedContent:
    """The pieces of a JSON Feed; `is_feed` is False for any other JSON, or what is none. Never raises."""
    feed = parsed(body)
    if feed is None:
        return FeedContent()
    base = url or _own_address(feed)
    items = feed.get("items")
    rows = items if isinstance(items, list) else []
    defects = [] if isinstance(items, list) else [_defect(source, "items", say("The feed has no list of items."))]
    for number, item in enumerate(rows[:MOST_ITEMS], start=1):
        if not isinstance(item, dict):
            defects.append(
                _defect(
                    source, say("item {number}", number=number), say("It is no JSON object. Correct it in the feed.")
                )
            )
    if len(rows) > MOST_ITEMS:
        what = say(
            "The feed has {found} items; only the first {most} were read.",
            found=figures(len(rows)),
            most=figures(MOST_ITEMS),
        )
        defects.append(_defect(source, url or source, what))
    entries = entries_of(feed, url=url, zone=zone)
    pieces, unusable = pieces_of(entries, source=source, base=base, authors=authors_of(feed))
    return FeedContent(
        is_feed=True,
        title=plain(_text(feed.get("title"))),
        pieces=tuple(pieces),
        defects=(*defects, *unusable),
    )


def parsed(body: bytes) -> Mapping[str, object] | None:
    """A JSON Feed as JSON has it; None for any other JSON, or what is none. A document that was cut off is no JSON."""
    try:
        feed = json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    return feed if isinstance(feed, dict) and _VERSION.match(_text(feed.get("version"))) else None


def entries_of(feed: Mapping[str, object], *, url: str, zone: tzinfo) -> list[Entry]:
    """The items that are JSON objects, the first `MOST_ITEMS` of all."""
    items = feed.get("items")
    rows = items[:MOST_ITEMS] if isinstance(items, list) else []
    base = url or _own_address(feed)
    language = _language(feed)
    found = ((item, _entry(item, base, zone)) for item in rows if isinstance(item, dict))
    return [replace(entry, language=_language(item) or language) for item, entry in found]


def _language(row: Mapping[str, object]) -> str:
    """What the feed, or an item, says of its language (version 1.1)."""
    return languages.tag(_text(row.get("language")))


def _own_address(feed: Mapping[str, object]) -> str:
    return absolute(_text(feed.get("feed_url"))) or absolute(_text(feed.get("home_page_url"))) or ""


def _defect(source: str, where: str, what: str) -> Defect:
    return Defect(source=source, where=where, what=what)


def _text(value: object) -> str:
    """A text, or a number as its digits (ids that are numbers are common); empty for anything else."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        return str(value)
    return storable(value).strip() if isinstance(value, str) else ""


def _entry(item: Mapping[str, object], base: str, zone: tzinfo) -> Entry:
    """One item. `url` is its own page, `external_url` the page that it is about: the fallback of posts without one."""
    written = [value for key in ("url", "external_url") if isinstance(value := item.get(key), str) and value.strip()]
    # An id may be the page's address, and some feeds give nothing else.
    found = (*(absolute(address, base) for address in written), absolute(_text(item.get("id"))))
    link = next((address for address in found if address), None)
    html, text = _text(item.get("content_html")), _text(item.get("content_text"))
    written_date = _text(item.get("date_published")) or _text(item.get("date_modified"))
    return Entry(
        id=_text(item.get("id")),
        link=link,
        written_link=written[0] if written else "",
        title=plain(_text(item.get("title"))),
        texts=[each for each in (_text(item.get("summary")), html, text) if each],
        published=_published(item, zone),
        written_date=written_date,
        authors=authors_of(item),
        comments=_comments(item, [html, text]),
        tags=_tags(item.get("tags")),
        picture=_picture(item, html, link or base),
    )


def _published(item: Mapping[str, object], zone: tzinfo) -> Published | None:
    """RFC 3339 by the rules; any form that a text may have in fact."""
    for key in ("date_published", "date_modified"):
        made = dates.published(_text(item.get(key)), zone)
        if made:
            return made
    return None


def authors_of(row: Mapping[str, object]) -> tuple[str, ...]:
    """Version 1.1 has `authors`, version 1.0 `author`; either may be a list, an object or a plain text."""
    for key in ("authors", "author"):
        value = row.get(key)
        people = value if isinstance(value, list) else [value]
        found = names(_text(each.get("name")) if isinstance(each, dict) else _text(each) for each in people)
        if found:
            return found
    return ()


def _comments(item: Mapping[str, object], texts: list[str]) -> int | None:
    """An extension's `_comments: {"count": 12}`; else what the text says, where the feed is one of those that do."""
    extension = item.get("_comments")
    told = comments.number(extension.get("count")) if isinstance(extension, dict) else None
    pages = (_text(item.get("external_url")), _text(item.get("url")))
    spoken = comments.in_texts(texts, pages=pages)
    return max((count for count in (told, spoken) if count is not None), default=None)


def _tags(value: object) -> tuple[str, ...]:
    rows = value if isinstance(value, list) else []
    labels = (plain(_text(row)) for row in rows[:_TAGS_READ])
    return tuple(dict.fromkeys(label for label in labels if label))


def _picture(item: Mapping[str, object], html: str, base: str) -> Picture | None:
    """Its `image`, else its `banner_image`, else an attached picture, else the first real one of its text."""
    attached = item.get("attachments")
    rows = [
        {"url": _text(row.get("url")), "type": _text(row.get("mime_type"))}
        for row in (attached if isinstance(attached, list) else [])
        if isinstance(row, dict)
    ]
    named = [{"url": _text(item.get(key)), "type": "image/*"} for key in ("image", "banner_image")]
    found = pictures.offered([*named, *rows], base)
    return pictures.first_in(html, base) if found is None else pictures.described(found, html, base)
