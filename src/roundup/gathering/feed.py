"""A feed as a source: an address on the web or a file, RSS, Atom or JSON Feed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from roundup.gathering.bodies import IncompleteError, TooLargeError, gunzipped
from roundup.gathering.counting import Counter, counted
from roundup.gathering.feedcontent import FeedContent
from roundup.gathering.feeddocument import FeedDocument, read_document
from roundup.gathering.fetching import Fetched, Fetcher, FetchError, shown
from roundup.model import Bookmark, Counts, Piece, Reading

#: The most octets of a feed, from a file or unpacked from a gzip file.
MAX_BYTES = 5_000_000


#: Makes content of a document; never raises for what is in it.
Parse = Callable[[FeedDocument], FeedContent]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlace:
    """Where a feed is, and what its owner says of it."""

    #: Its address, or its file.
    location: str | Path
    #: For dates without one.
    zone: tzinfo
    #: Its address may live on a private or loopback network.
    allow_private: bool = False
    #: Where a feed that is a file comes from, for its relative links; empty when nobody says.
    base: str = ""


class FeedSource:
    """A feed. `counters` say where else comments are counted; `parse` makes content of a document, here or in another
    process."""

    def __init__(
        self,
        *,
        name: str,
        place: FeedPlace,
        fetcher: Fetcher,
        counters: Sequence[Counter] = (),
        parse: Parse = read_document,
    ) -> None:
        self._name = name
        self._place = place
        self._fetcher = fetcher
        self._counters = counters
        self._parse = parse

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
        return Reading(
            source=self._name,
            pieces=content.pieces,
            defects=content.defects,
            skipped=content.skipped,
            # What was cut off must be sent again, changed or not.
            bookmark=Bookmark() if content.cut_off else fetched.bookmark,
            partial=content.cut_off,
        )

    def is_gone(self, link: str) -> bool:
        """Whether a piece's page answers 404 or 410. Nobody goes on line for a feed that is a file."""
        return self._url is not None and self._fetcher.is_gone(link, allow_private=self._place.allow_private)

    def count(self, pieces: Sequence[Piece]) -> Counts:
        """What its counters say."""
        return counted(pieces, self._counters)

    @property
    def _url(self) -> str | None:
        """The feed's address; None if it is a file."""
        location = str(self._place.location)
        return location if "://" in location and not isinstance(self._place.location, Path) else None

    def _fetched(self, bookmark: Bookmark) -> Fetched:
        """What the web or the file holds. Raises FetchError."""
        if self._url is not None:
            ours = bookmark if bookmark.location == self._url else Bookmark()
            fetched = self._fetcher.fetch(self._url, bookmark=ours, allow_private=self._place.allow_private)
            return replace(fetched, bookmark=replace(fetched.bookmark, location=self._url))
        body = _file_body(Path(self._place.location))
        return Fetched(status=200, body=body, content_type="", bookmark=Bookmark(), final_url="", unchanged=False)

    def _content(self, fetched: Fetched) -> FeedContent:
        """The feed in an answer. Raises FetchError for everything that is none, or of which nothing can be used."""
        place = shown(self._url) if self._url else str(self._place.location)
        try:
            body = gunzipped(fetched.body, limit=MAX_BYTES)
        except TooLargeError:
            raise FetchError(f"{place} unpacks to more than {MAX_BYTES:,} bytes, so it was not read.") from None
        except IncompleteError:
            raise FetchError(f"{place} is a gzip file that was cut off; nothing of it was used.") from None
        document = FeedDocument(
            body=body,
            source=self._name,
            url=fetched.final_url or self._place.base,
            zone=self._place.zone,
            content_type=fetched.content_type,
            place=place,
        )
        content = self._parse(document)
        if content.problem:
            raise FetchError(content.problem)
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
