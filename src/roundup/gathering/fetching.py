"""Fetches a feed over HTTP and asks whether a page is gone: in bounded time, bounded memory, from the public network.

It expects the worst of servers: a drip of one octet a second, a gzip bomb, a redirect into the reader's own network, a
body that is cut off.
"""

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import (
    HTTPError,
)
from urllib3.util import make_headers, parse_url

from roundup import clock
from roundup.gathering.addresses import Resolver, resolve
from roundup.gathering.bodies import Body, IncompleteError, TooLargeError, beginning, collect
from roundup.gathering.connecting import Deadline, Door, PrivateAddressError, pool
from roundup.gathering.failures import CutOffError, is_unreachable, told_failure
from roundup.gathering.refusals import FetchError, UnreachableError, refusal
from roundup.model import Bookmark
from roundup.words import figures, say

__all__ = ["FetchError", "Fetched", "Fetcher", "Peeked", "UnreachableError", "shown"]

#: RFC 9110 §15.4 leaves the number to the client; more than this is a loop.
MOST_REDIRECTS = 5
#: How long one fetch may take in all, in seconds. The slowest real feeds answer within ten.
FETCH_SECONDS = 20.0
#: How long `is_gone` takes at most, in seconds; it reads nothing of the page but its status.
GONE_SECONDS = 5.0

_CHUNK = 32_768
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a server answered."""

    #: 200, another 2xx, or 304.
    status: int
    #: Decoded, at most the fetcher's `max_bytes`; empty when unchanged.
    stored: Body
    #: The Content-Type field as it came; empty when there was none.
    content_type: str
    #: What to hand back on the next fetch of the same address.
    bookmark: Bookmark
    #: The address that answered, after all redirects.
    final_url: str
    #: The server said 304: nothing changed since the bookmark.
    unchanged: bool

    @property
    def body(self) -> bytes:
        """The octets of the body, which a large one has on disk till then."""
        return self.stored.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Peeked:
    """What a server answered, and the beginning of its body."""

    status: int
    #: Decoded; empty for a status that is no success.
    octets: bytes
    #: How many octets the whole has, as the server says; 0: it does not say.
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """One fetch: what it asks for and what it may do."""

    url: str
    door: Door
    headers: dict[str, str]
    #: What it may take in all.
    seconds: float
    #: What is sent; None: nothing, it only asks.
    payload: bytes | None = None


class Fetcher:
    """Fetches pages. Keeps nothing of one fetch for another, so that many threads may share it.

    `user_agent` names us to servers, with an address where people find us (RFC 9110 §10.1.5); there is no From field,
    for it would give the editor's address to every server. `total_seconds` is the most time for one fetch, redirects,
    headers and body together; `max_bytes` is the most octets of a decoded body; `resolver` finds a name's addresses.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        total_seconds: float = FETCH_SECONDS,
        max_bytes: int = 5_000_000,
        resolver: Resolver = resolve,
    ) -> None:
        self._user_agent = user_agent
        self._total_seconds = total_seconds
        self._max_bytes = max_bytes
        self._resolver = resolver
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def fetch(self, url: str, *, bookmark: Bookmark, allow_private: bool, seconds: float = FETCH_SECONDS) -> Fetched:
        """What is at `url`, unless it is unchanged since `bookmark` (RFC 9110 §13.1: If-None-Match, If-Modified-Since).

        `allow_private` lets the host of `url`, but no other that it redirects to, be on a private network; `seconds`
        may shorten the total time. Raises FetchError for everything that goes wrong.
        """
        headers = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"}
        if _is_field(bookmark.etag):
            headers["If-None-Match"] = bookmark.etag or ""
        if _is_field(bookmark.modified):
            headers["If-Modified-Since"] = bookmark.modified or ""
        with (
            self._errand(url, headers, allow_private=allow_private, seconds=seconds) as errand,
            self._told(errand),
            self._answer(errand) as (response, final_url),
        ):
            return self._fetched(response, final_url, errand, bookmark)

    def send_json(self, url: str, payload: bytes, *, allow_private: bool, seconds: float) -> Fetched:
        """What a server answers to JSON that is sent to it. A redirect is not followed: it would be asked another
        question. Raises FetchError."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        with self._errand(url, headers, allow_private=allow_private, seconds=seconds) as asking:
            errand = replace(asking, payload=payload)
            with self._told(errand), self._answer(errand) as (response, final_url):
                return self._fetched(response, final_url, errand, Bookmark())

    def is_gone(self, url: str, *, allow_private: bool, seconds: float = GONE_SECONDS) -> bool:
        """Whether the page answers 404 or 410 (RFC 9110 §15.5.5, §15.5.11). False when it can't be asked."""
        patience = min(GONE_SECONDS, seconds)
        with self._errand(url, {"Accept": "*/*"}, allow_private=allow_private, seconds=patience) as errand:
            try:
                # Not HEAD: servers that know it badly answer 404 to it for pages that they have.
                with self._told(errand), self._answer(errand) as (response, _):
                    return response.status in {404, 410}
            except FetchError:
                return False

    def peek(
        self, url: str, *, accept: str, most: int, enough: Callable[[bytes], bool], allow_private: bool, seconds: float
    ) -> Peeked:
        """The beginning of what is at `url`, in a form that `accept` names (RFC 9110 §12.5.1): at most so many octets,
        and no more once they are `enough`. A server that knows no ranges (§14.2) is cut off.

        Raises UnreachableError if nobody answers in time, and FetchError for anything else but a status.
        """
        headers = {"Accept": accept, "Accept-Encoding": "identity", "Range": f"bytes=0-{most - 1}"}
        with (
            self._errand(url, headers, allow_private=allow_private, seconds=seconds) as errand,
            self._told(errand),
            self._answer(errand) as (response, _),
        ):
            good = 200 <= response.status < 300
            gzipped = "gzip" in response.headers.get("Content-Encoding", "").lower()
            octets = beginning(_arriving(response), gzipped=gzipped, most=most, enough=enough) if good else b""
            if errand.door.deadline.passed and not enough(octets):
                raise TimeoutError
            whole = response.headers.get("Content-Range", "").rpartition("/")[2]
            length = _length(response.headers.get("Content-Length", "")) if response.status == 200 else _length(whole)
            return Peeked(status=response.status, octets=octets, length=length)

    def _tls(self) -> ssl.SSLContext:
        """The system's certificates; names and dates are verified. Read once, for they are megabytes."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context

    @contextmanager
    def _errand(self, url: str, headers: dict[str, str], *, allow_private: bool, seconds: float) -> Iterator[_Errand]:
        """What is to be fetched, through a door that lets through its own host at most into a private network."""
        try:
            host = parse_url(url).host
        except ValueError:
            # Whoever asks for this address will say what is wrong with it.
            host = None
        patience = min(seconds, self._total_seconds)
        with Deadline(seconds=patience) as deadline:
            own = host.strip("[]") if host and allow_private else None
            door = Door(deadline=deadline, private_host=own, resolver=self._resolver)
            yield _Errand(url=url, door=door, headers=headers, seconds=patience)

    @contextmanager
    def _told(self, errand: _Errand) -> Iterator[None]:
        """Tells every failure on the way as a FetchError."""
        try:
            yield
        except PrivateAddressError as error:
            raise FetchError(
                say(
                    "{shown} leads into a private network, to {error}. If this source is meant to live "
                    "there, give that address, with allow_private = true, in roundup.toml.",
                    shown=shown(errand.url),
                    error=error,
                )
            ) from error
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            kind = UnreachableError if is_unreachable(error, late=errand.door.deadline.passed) else FetchError
            raise kind(
                told_failure(shown(errand.url), error, late=errand.door.deadline.passed, seconds=errand.seconds)
            ) from error

    @contextmanager
    def _answer(self, errand: _Errand) -> Iterator[tuple[urllib3.BaseHTTPResponse, str]]:
        """The first answer that is no redirect, its body unread, and the address it came from."""
        url = errand.url
        for _ in range(MOST_REDIRECTS + 1):
            with self._request(url, errand) as response:
                target = response.headers.get("Location")
                if response.status not in _REDIRECTS or not target:
                    yield response, url
                    return
                url = _next_hop(url, target)
            if errand.payload is not None:
                raise FetchError(
                    say(
                        "{shown} redirects to {target}. Give that address in roundup.toml.",
                        shown=shown(errand.url),
                        target=shown(url),
                    )
                )
        raise FetchError(
            say(
                "{shown} redirects more than {most_redirects} times. Ask its site where the feed is.",
                shown=shown(errand.url),
                most_redirects=MOST_REDIRECTS,
            )
        )

    @contextmanager
    def _request(self, url: str, errand: _Errand) -> Iterator[urllib3.BaseHTTPResponse]:
        """One request and its answer, body unread. Every hop goes through the door, so every hop is checked."""
        parts = parse_url(url)
        if parts.scheme not in {"http", "https"} or not parts.host:
            raise FetchError(
                say("{shown} is no web address. Give one that begins with https:// or http://.", shown=shown(url))
            )
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **errand.headers}
        if parts.auth:
            headers |= make_headers(basic_auth=unquote(parts.auth))
        tls = self._tls() if parts.scheme == "https" else None
        port = parts.port or (80 if tls is None else 443)
        with pool(parts.scheme, parts.host, port, door=errand.door, tls=tls) as made:
            remaining = max(errand.door.deadline.remaining, 0.001)
            response = made.urlopen(
                "GET" if errand.payload is None else "POST",
                parts.request_uri,
                body=errand.payload,
                headers=headers,
                timeout=remaining,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                yield response
            finally:
                response.close()

    def _fetched(
        self, response: urllib3.BaseHTTPResponse, final_url: str, errand: _Errand, bookmark: Bookmark
    ) -> Fetched:
        """What the answer says. Raises FetchError for a status that is no success."""
        unchanged = response.status == 304 and bookmark != Bookmark()
        if not unchanged and not 200 <= response.status < 300:
            raise refusal(response.status, response.headers, page=shown(errand.url), now=clock.now())
        etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
        return Fetched(
            status=response.status,
            stored=Body() if unchanged else self._body(response, errand),
            content_type=response.headers.get("Content-Type", ""),
            # RFC 9111 §4.3.4: a 304 may renew validators; those that it does not name still stand.
            bookmark=Bookmark(
                etag=etag if _is_field(etag) else bookmark.etag if unchanged else None,
                modified=modified if _is_field(modified) else bookmark.modified if unchanged else None,
            ),
            final_url=final_url,
            unchanged=unchanged,
        )

    def _body(self, response: urllib3.BaseHTTPResponse, errand: _Errand) -> Body:
        """The whole body, decoded."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in {"", "identity", "gzip", "x-gzip"}:
            raise FetchError(
                say(
                    "{shown} came in the encoding {coding!r}, which was not asked for.",
                    shown=shown(errand.url),
                    coding=coding,
                )
            )
        try:
            body = collect(
                response.stream(_CHUNK, decode_content=False),
                gzipped="gzip" in coding,
                limit=self._max_bytes,
                promised=_length(response.headers.get("Content-Length", "")),
            )
        except TooLargeError as error:
            raise FetchError(
                say(
                    "{shown} is larger than {most} bytes. If it is a feed, ask its site for a shorter one.",
                    shown=shown(errand.url),
                    most=figures(self._max_bytes),
                )
            ) from error
        except IncompleteError as error:
            raise CutOffError from error
        # A body without a length ends when the line does, and at the deadline it is we who end the line.
        if errand.door.deadline.passed:
            raise TimeoutError
        return body


def shown(url: str) -> str:
    """The address as it may be printed: without a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return repr(url[:200])
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))[:300]


def _next_hop(url: str, target: str) -> str:
    """Where a redirect leads. Raises FetchError where it may not lead."""
    following = urljoin(url, target)
    if urlsplit(url).scheme == "https" and urlsplit(following).scheme == "http":
        raise FetchError(
            say(
                "{shown} redirects to {target}, from a protected connection to an open one. Give the address "
                "with https:// if the site has one, else this one with http://.",
                shown=shown(url),
                target=shown(following),
            )
        )
    return following


def _length(field: str) -> int:
    """The octets that a Content-Length field promises (RFC 9110 §8.6); 0 if it says nothing that can be understood."""
    return int(field) if field.isascii() and field.isdigit() and len(field) < 20 else 0


def _is_field(value: str | None) -> bool:
    """Whether a validator can be sent back in a header field (RFC 9110 §5.5): one line of ASCII."""
    return bool(value) and value is not None and value.isprintable() and value.isascii() and len(value) <= 1000


def _arriving(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The body as it arrives: whoever waits for whole portions waits long for a slow server."""
    while octets := response.read1(_CHUNK, decode_content=False):
        yield octets
