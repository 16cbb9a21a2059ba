"""A feed's octets and what is in them, whatever the format: the seam at which a child process may do the work. Pure.

What kind of document it is, is told by its content: servers name the wrong type, and files the wrong suffix.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from roundup.gathering import entries, jsonfeed
from roundup.gathering.feedcontent import FeedContent, FeedDocument
from roundup.gathering.links import absolute
from roundup.gathering.markup import tags
from roundup.words import say

# Both are matched where the text begins, after a byte order mark and blanks.
_PAGE = re.compile(
    rb"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*){0,5}<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
# WordPress, Blogger and Isso.
_COMMENTS_ADDRESS = re.compile(r"/comments/(?:feed|default)/?$|/isso/feed/?$")
_COMMENTS_TITLE = re.compile(r"^Comments (?:on|for):?\s|^Comments on:", re.IGNORECASE)
_FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"}


class InThisProcess:
    """Reads documents here, without a limit on time or memory: for what is trusted, and for tests."""

    def prepare(self) -> None:
        """Nothing is to be prepared."""

    def read(self, document: Callable[[], FeedDocument], *, seconds: float) -> FeedContent:  # noqa: ARG002
        """What is in a document, or its `problem`."""
        return read_document(document())


def read_document(document: FeedDocument) -> FeedContent:
    """The pieces of a feed's document, or its `problem`. Never raises for what the octets are."""
    start = _start(document.body)
    if jsonfeed.looks_like_json(start):
        content = jsonfeed.read(document.body, source=document.source, url=document.url, zone=document.zone)
    else:
        content = entries.read_entries(
            document.body,
            source=document.source,
            url=document.url,
            zone=document.zone,
            content_type=document.content_type,
        )
    problem = _problem(content, document)
    return replace(content, pieces=(), defects=(), problem=problem) if problem else content


def _problem(content: FeedContent, document: FeedDocument) -> str:
    """Why nothing of the document may be used, as a sentence for an editor; empty if it may."""
    place = document.place or document.url or document.source
    if not content.is_feed:
        return _told_kind(document.body, place, document.url)
    path = urlsplit(document.url).path if document.url else ""
    if _COMMENTS_TITLE.match(content.title) or _COMMENTS_ADDRESS.search(path):
        return say("{place} is a feed of comments. Give the address of the feed of the site's own pieces.", place=place)
    if content.cut_off and not content.pieces:
        return say(
            "{place} was cut off before its end, and nothing of it could be used. It is read again next time.",
            place=place,
        )
    return ""


def _start(body: bytes) -> bytes:
    return body[:20_000].lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()


def _told_kind(body: bytes, place: str, url: str) -> str:
    """What a body is that is no feed.

    Nothing at all, or an error page, parses as a feed without entries: believed, it would mean "no new pieces".
    """
    if not body.strip():
        return say("{place} is empty. It is read again next time; if it stays so, tell its site.", place=place)
    start = _start(body)
    if jsonfeed.looks_like_json(start) and b"jsonfeed.org" in start:
        return say(
            "{place} is a JSON Feed that was cut off, or is broken, so nothing of it was used. It is read again.",
            place=place,
        )
    if jsonfeed.looks_like_json(start):
        return say("{place} is JSON, but no JSON Feed. Give the address of the site's feed.", place=place)
    if not _PAGE.match(start):
        return say("{place} is not a feed. Give the address of the site's RSS, Atom or JSON feed.", place=place)
    feed = _alternate(body, url)
    hint = (
        say("It names this feed: {feed}", feed=feed)
        if feed
        else say("Give the address of the site's RSS, Atom or JSON feed.")
    )
    return say("{place} is a web page, not a feed. {hint}", place=place, hint=hint)


def _alternate(page: bytes, url: str) -> str | None:
    """The feed that a web page names (HTML Standard §4.6.7.1: `rel=alternate` with a feed's type), one of pieces rather
    than of comments; None if none."""
    found: list[str] = []
    for link in tags(page[:200_000].decode("utf-8", "replace"), "link"):
        kind = link.get("type", "").lower()
        if "alternate" in link.get("rel", "").lower().split() and kind in _FEED_TYPES:
            address = absolute(link.get("href", ""), url)
            # WordPress names its REST API as an alternate of type application/json.
            if address and not (kind == "application/json" and "/wp-json/" in address):
                found.append(address)
    pieces_first = sorted(found, key=lambda address: bool(_COMMENTS_ADDRESS.search(urlsplit(address).path)))
    return pieces_first[0] if pieces_first else None
