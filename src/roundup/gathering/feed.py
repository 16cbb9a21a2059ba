"""A feed as a source: an address on the web or a file, RSS or Atom."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from urllib.parse import urlsplit

from roundup.gathering.bodies import IncompleteError, TooLargeError, gunzipped
from roundup.gathering.counting import Counter, counted
from roundup.gathering.entries import FeedContent, read_entries
from roundup.gathering.fetching import Fetched, Fetcher, FetchError, shown
from roundup.gathering.links import absolute
from roundup.gathering.markup import tags
from roundup.model import Bookmark, Counts, Piece, Reading

#: The most octets of a feed, from a file or unpacked from a gzip file.
MAX_BYTES = 5_000_000

# Both are matched where the text begins, after a byte order mark and blanks.
_PAGE = re.compile(
    rb"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*){0,5}<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_JSON_FEED = re.compile(rb"\{.{0,4000}?jsonfeed\.org\\?/version", re.DOTALL)
_COMMENTS_ADDRESS = re.compile(r"/comments/(?:feed|default)/?$")
_COMMENTS_TITLE = re.compile(r"^Comments on:", re.IGNORECASE)


class FeedSource:
    """A feed. `location` is its address, or its file; `zone` is for dates without one.

    `allow_private` lets an address live on a private or loopback network; `counters` say where else comments are
    counted.
    """

    def __init__(
        self,
        *,
        name: str,
        location: str | Path,
        zone: tzinfo,
        fetcher: Fetcher,
        allow_private: bool = False,
        counters: Sequence[Counter] = (),
    ) -> None:
        self._name = name
        self._location = location
        self._zone = zone
        self._fetcher = fetcher
        self._allow_private = allow_private
        self._counters = counters

    @property
    def name(self) -> str:
        """What editors call it."""
        return self._name

    def read(self, bookmark: Bookmark) -> Reading:
        """Everything the feed lists now. A feed without entries is no failure here: whoever remembers it judges."""
        try:
            fetched = self._fetched(bookmark)
            if fetched.unchanged:
                return Reading(source=self._name, bookmark=fetched.bookmark, unchanged=True)
            content = self._content(fetched)
        except FetchError as error:
            # The bookmark that was good stays: the one of a bad page would make it be believed the next time.
            return Reading(source=self._name, bookmark=bookmark, failure=str(error))
        return Reading(source=self._name, pieces=content.pieces, defects=content.defects, bookmark=fetched.bookmark)

    def is_gone(self, link: str) -> bool:
        """Whether a piece's page answers 404 or 410. Nobody goes on line for a feed that is a file."""
        return self._url is not None and self._fetcher.is_gone(link, allow_private=self._allow_private)

    def count(self, pieces: Sequence[Piece]) -> Counts:
        """What its counters say."""
        return counted(pieces, self._counters)

    @property
    def _url(self) -> str | None:
        """The feed's address; None if it is a file."""
        location = str(self._location)
        return location if "://" in location and not isinstance(self._location, Path) else None

    def _fetched(self, bookmark: Bookmark) -> Fetched:
        """What the web or the file holds. Raises FetchError."""
        if self._url is not None:
            ours = bookmark if bookmark.location == self._url else Bookmark()
            fetched = self._fetcher.fetch(self._url, bookmark=ours, allow_private=self._allow_private)
            return replace(fetched, bookmark=replace(fetched.bookmark, location=self._url))
        body = _file_body(Path(self._location))
        return Fetched(status=200, body=body, content_type="", bookmark=Bookmark(), final_url="", unchanged=False)

    def _content(self, fetched: Fetched) -> FeedContent:
        """The feed in an answer. Raises FetchError for everything that is none, or not a whole one."""
        place = shown(self._url) if self._url else str(self._location)
        try:
            body = gunzipped(fetched.body, limit=MAX_BYTES)
        except TooLargeError:
            raise FetchError(f"{place} unpacks to more than {MAX_BYTES:,} bytes, so it was not read.") from None
        except IncompleteError:
            raise FetchError(f"{place} is a gzip file that was cut off; nothing of it was used.") from None
        content = read_entries(
            body, source=self._name, url=fetched.final_url, zone=self._zone, content_type=fetched.content_type
        )
        if not content.is_feed:
            raise FetchError(_told_kind(body, place, fetched.final_url))
        if content.cut_off:
            raise FetchError(f"{place} was cut off before its end; nothing of it was used. It is read again next time.")
        if _COMMENTS_TITLE.match(content.title) or _COMMENTS_ADDRESS.search(urlsplit(fetched.final_url).path):
            raise FetchError(f"{place} is a feed of comments. Give the address of the feed of the site's own pieces.")
        return content


def _file_body(path: Path) -> bytes:
    """The octets of a feed's file. Raises FetchError."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise FetchError(f"There is no file {path}. Correct the source's feed in roundup.toml.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FetchError(f"The file {path} can't be read ({reason}). Check its name and its permissions.") from None
    if len(body) > MAX_BYTES:
        raise FetchError(f"The file {path} is larger than {MAX_BYTES:,} bytes, so it was not read.")
    return body


def _told_kind(body: bytes, place: str, url: str) -> str:
    """What a body is that is no feed, as a sentence for an editor.

    Nothing at all, or an error page, parses as a feed without entries: believed, it would mean "no new pieces".
    """
    if not body.strip():
        return f"{place} is empty. It is read again next time; if it stays so, tell its site."
    start = body.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()[:20_000]
    if _JSON_FEED.match(start):
        return f"{place} is a JSON Feed, which is not read yet. Give the site's RSS or Atom feed."
    if not _PAGE.match(start):
        return f"{place} is not a feed. Give the address of the site's RSS or Atom feed."
    feed = _alternate(body, url)
    hint = f"It names this feed: {feed}" if feed else "Give the address of the site's RSS or Atom feed."
    return f"{place} is a web page, not a feed. {hint}"


def _alternate(page: bytes, url: str) -> str | None:
    """The feed that a web page names (HTML Standard §4.6.7.1: `rel=alternate` with a feed's type); None if none."""
    for link in tags(page[:200_000].decode("utf-8", "replace"), "link"):
        kind = link.get("type", "").lower()
        if "alternate" in link.get("rel", "").lower().split() and kind in {
            "application/rss+xml",
            "application/atom+xml",
        }:
            return absolute(link.get("href", ""), url)
    return None
