"""A feed as a source: an address on the web or a file, RSS, Atom or JSON Feed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from roundup import clock
from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.gathering.bodies import IncompleteError, TooLargeError, gunzipped
from roundup.gathering.counting import Counter, counted
from roundup.gathering.feedcontent import FeedContent, FeedDocument
from roundup.gathering.fetching import Fetched, Fetcher, FetchError, shown
from roundup.gathering.links import host_of
from roundup.model import Bookmark, Piece, Reading
from roundup.words import borrowed, figures, say

#: The most octets of a feed, from a file or unpacked from a gzip file.
MAX_BYTES = 5_000_000


class Parser(Protocol):
    """Makes content of documents, here or in another process. Never raises for what is in them."""

    def prepare(self) -> None:
        """Soon there will be one more document: what takes time may begin."""
        ...

    def read(self, document: Callable[[], FeedDocument], *, seconds: float) -> FeedContent:
        """What is in a document, or its `problem`, in about so many seconds at most. `document` makes it, when its
        turn has come; what that raises is raised here."""
        ...


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
    """A feed. `counters` say where else comments are counted; `parser` makes content of a document; None: it is made
    in this process."""

    def __init__(
        self,
        *,
        name: str,
        place: FeedPlace,
        fetcher: Fetcher,
        counters: Sequence[Counter] = (),
        parser: Parser | None = None,
    ) -> None:
        self._name = name
        self._place = place
        self._fetcher = fetcher
        self._counters = counters
        self._parser = parser or _in_this_process()

    @property
    def name(self) -> str:
        """What editors call it."""
        return self._name

    def read(self, bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:
        """Everything the feed lists now. A feed without entries is no failure here: whoever remembers it judges."""
        ends = clock.stopwatch() + seconds
        if bookmark.etag is None and bookmark.modified is None:
            # Else it may well be unchanged, and there is nothing to read.
            self._parser.prepare()
        try:
            fetched = self._fetched(bookmark, seconds)
            if fetched is not None and fetched.unchanged:
                return Reading(source=self._name, bookmark=fetched.bookmark, unchanged=True)
            content = self._parser.read(lambda: self._document(fetched), seconds=ends - clock.stopwatch())
        except FetchError as error:
            return Reading(source=self._name, bookmark=bookmark, failure=str(error), wait=error.wait)
        if content.problem:
            # The bookmark that was good stays: the one of a bad page would make it be believed the next time.
            return Reading(source=self._name, bookmark=bookmark, failure=content.problem)
        return Reading(
            source=self._name,
            pieces=content.pieces,
            defects=content.defects,
            skipped=content.skipped,
            # What was cut off must be sent again, changed or not.
            bookmark=Bookmark() if content.cut_off or fetched is None else fetched.bookmark,
            partial=content.cut_off,
        )

    def is_gone(self, link: str, *, seconds: float = SOURCE_SECONDS) -> bool:
        """Whether a piece's page answers 404 or 410. Nobody goes on line for a feed that is a file."""
        if self._url is None:
            return False
        # What a feed links to may be anybody's: only its own host is allowed to be on a private network.
        own = self._place.allow_private and host_of(link) == host_of(self._url)
        return self._fetcher.is_gone(link, allow_private=own, seconds=seconds)

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """What its counters say."""
        return counted(pieces, self._counters, seconds=seconds)

    @property
    def _url(self) -> str | None:
        """The feed's address; None if it is a file."""
        location = str(self._place.location)
        return location if "://" in location and not isinstance(self._place.location, Path) else None

    def _fetched(self, bookmark: Bookmark, seconds: float) -> Fetched | None:
        """What the web has; None for a file. Raises FetchError."""
        if self._url is None:
            return None
        ours = bookmark if bookmark.location == self._url else Bookmark()
        fetched = self._fetcher.fetch(
            self._url, bookmark=ours, allow_private=self._place.allow_private, seconds=seconds
        )
        return replace(fetched, bookmark=replace(fetched.bookmark, location=self._url))

    def _document(self, fetched: Fetched | None) -> FeedDocument:
        """The document in an answer, or in the file. Raises FetchError."""
        place = shown(self._url) if self._url else str(self._place.location)
        octets = _file_body(Path(self._place.location)) if fetched is None else fetched.body
        try:
            body = gunzipped(octets, limit=MAX_BYTES)
        except TooLargeError:
            raise FetchError(
                say(
                    "{place} unpacks to more than {most} bytes, so it was not read.",
                    place=place,
                    most=figures(MAX_BYTES),
                )
            ) from None
        except IncompleteError:
            raise FetchError(
                say("{place} is a gzip file that was cut off; nothing of it was used.", place=place)
            ) from None
        return FeedDocument(
            body=body,
            source=self._name,
            url=(fetched.final_url if fetched else "") or self._place.base,
            zone=self._place.zone,
            content_type=fetched.content_type if fetched else "",
            place=place,
        )


def _in_this_process() -> Parser:
    # Here, not above: what is imported there is needed where documents are read, and seldom is that here.
    from roundup.gathering.feeddocument import InThisProcess  # noqa: PLC0415

    return InThisProcess()


def _file_body(path: Path) -> bytes:
    """The octets of a feed's file. Raises FetchError."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise FetchError(
            say("There is no file {path}. Correct the source's feed in roundup.toml.", path=path)
        ) from None
    except (OSError, ValueError) as error:
        reason = borrowed(getattr(error, "strerror", None) or error)
        raise FetchError(
            say(
                "The file {path} can't be read ({reason}). Check its name and its permissions.",
                path=path,
                reason=reason,
            )
        ) from None
    if len(body) > MAX_BYTES:
        raise FetchError(
            say(
                "The file {path} is larger than {most} bytes, so it was not read.",
                path=path,
                most=figures(MAX_BYTES),
            )
        )
    return body
