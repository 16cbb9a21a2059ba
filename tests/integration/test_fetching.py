"""The fetcher against a real server on loopback that misbehaves on command."""

import gzip
import http.server
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from roundup.gathering.fetching import Fetched, Fetcher, FetchError
from roundup.model import Bookmark

FEED = b"<rss><channel><title>The Lantern</title></channel></rss>"
NO_BOOKMARK = Bookmark()
type_of_answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class _Server(http.server.ThreadingHTTPServer):
    """Answers each path as it was told to, and counts the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, type_of_answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.scheme = "http"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.server_address[1]}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what these tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = cast("_Server", self.server)
        server.requests.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
        server.answers[self.path](self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


def answer(body: bytes = FEED, *, status: int = 200, **fields: str) -> type_of_answer:
    """An honest answer; underscores in the names of fields stand for hyphens."""

    def send(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        for name, value in ({"Content-Length": str(len(body))} | named).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


@contextmanager
def serving(server: _Server) -> Iterator[_Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[_Server]:
    with serving(_Server()) as made:
        yield made


def fetch(url: str, *, bookmark: Bookmark = NO_BOOKMARK, allow_private: bool = True, seconds: float = 5) -> Fetched:
    fetcher = Fetcher(user_agent="roundup-test/1", total_seconds=seconds, max_bytes=1_000_000)
    return fetcher.fetch(url, bookmark=bookmark, allow_private=allow_private)


def failure(url: str, *, allow_private: bool = True, seconds: float = 5) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, allow_private=allow_private, seconds=seconds)
    return str(caught.value)


def test_a_page_comes_with_its_type_its_validators_and_its_address(server: _Server) -> None:
    server.answers["/feed"] = answer(
        Content_Type="application/rss+xml", ETag='"v1"', Last_Modified="Mon, 30 Mar 2015 09:00:00 GMT"
    )
    fetched = fetch(server.url("/feed"))
    assert fetched == Fetched(
        status=200,
        stored=fetched.stored,
        content_type="application/rss+xml",
        bookmark=Bookmark(etag='"v1"', modified="Mon, 30 Mar 2015 09:00:00 GMT"),
        final_url=server.url("/feed"),
        unchanged=False,
    )
    assert fetched.body == FEED
    assert server.requests[0][1]["user-agent"] == "roundup-test/1"
    assert server.requests[0][1]["accept-encoding"] == "gzip"


def test_the_bookmark_is_handed_back_and_304_means_unchanged(server: _Server) -> None:
    server.answers["/feed"] = answer(b"", status=304)
    bookmark = Bookmark(etag='W/"v1"', modified="Mon, 30 Mar 2015 09:00:00 GMT")
    fetched = fetch(server.url("/feed"), bookmark=bookmark)
    assert fetched.unchanged
    assert fetched.bookmark == bookmark
    sent = server.requests[0][1]
    assert (sent["if-none-match"], sent["if-modified-since"]) == (bookmark.etag, bookmark.modified)


def test_304_without_a_bookmark_is_believed_by_nobody(server: _Server) -> None:
    server.answers["/feed"] = answer(b"", status=304)
    assert "304" in failure(server.url("/feed"))


def test_a_bookmark_that_would_break_the_request_is_not_sent(server: _Server) -> None:
    server.answers["/feed"] = answer()
    fetch(server.url("/feed"), bookmark=Bookmark(etag='"a"\r\nX-Evil: 1', modified="é"))
    assert not {"if-none-match", "if-modified-since", "x-evil"} & set(server.requests[0][1])


def test_gzip_is_unpacked(server: _Server) -> None:
    server.answers["/feed"] = answer(gzip.compress(FEED), Content_Encoding="gzip")
    assert fetch(server.url("/feed")).body == FEED


def test_a_chunked_body_is_put_together(server: _Server) -> None:
    def send(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for part in (FEED[:10], FEED[10:], b""):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        handler.close_connection = True

    server.answers["/feed"] = send
    assert fetch(server.url("/feed")).body == FEED


@pytest.mark.parametrize("drip", ["headers", "body"])
def test_a_server_that_drips_is_left_at_the_total_time(server: _Server, drip: str) -> None:
    stop = threading.Event()

    def send(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n" + (b"X-Drip: " if drip == "headers" else b"\r\n"))
        while not stop.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    server.answers["/feed"] = send
    started = time.monotonic()
    told = failure(server.url("/feed"), seconds=0.6)
    stop.set()
    assert time.monotonic() - started < 2
    assert "took longer than 0.6 seconds" in told


def test_a_server_that_says_nothing_is_left_at_the_total_time(server: _Server) -> None:
    stop = threading.Event()
    server.answers["/feed"] = lambda _: cast("None", stop.wait(5))
    told = failure(server.url("/feed"), seconds=0.4)
    stop.set()
    assert "took longer than" in told


def test_a_server_that_never_shakes_hands_is_left_at_the_total_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        told = failure(f"https://127.0.0.1:{silent.getsockname()[1]}/feed", seconds=0.5)
    assert time.monotonic() - started < 2
    assert "took longer than 0.5 seconds" in told


def test_the_total_time_covers_all_redirects_together(server: _Server) -> None:
    def slow(handler: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        answer(b"", status=302, Location=handler.path + "x")(handler)

    server.answers = {f"/feed{'x' * hop}": slow for hop in range(6)}
    started = time.monotonic()
    assert "took longer" in failure(server.url("/feed"), seconds=0.7)
    assert time.monotonic() - started < 2


def test_a_gzip_bomb_is_never_unpacked(server: _Server) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, compresslevel=9)
    server.answers["/feed"] = answer(bomb, Content_Encoding="gzip")
    tracemalloc.start()
    told = failure(server.url("/feed"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "larger than 1,000,000 bytes" in told
    assert peak < 10_000_000


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_body_that_is_too_large_is_refused(server: _Server, coding: str) -> None:
    body = b"x" * 1_000_001
    server.answers["/feed"] = answer(gzip.compress(body) if coding == "gzip" else body, Content_Encoding=coding)
    assert "larger than" in failure(server.url("/feed"))


def test_a_body_of_exactly_the_limit_is_not_too_large(server: _Server) -> None:
    server.answers["/feed"] = answer(b"x" * 1_000_000)
    assert len(fetch(server.url("/feed")).body) == 1_000_000


def test_a_body_shorter_than_its_length_was_cut_off(server: _Server) -> None:
    server.answers["/feed"] = answer(FEED[:20], Content_Length=str(len(FEED)))
    assert "was cut off" in failure(server.url("/feed"))


def test_a_gzip_body_that_ends_too_early_was_cut_off(server: _Server) -> None:
    body = gzip.compress(FEED)[:-10]
    server.answers["/feed"] = answer(body, Content_Encoding="gzip")
    assert "was cut off" in failure(server.url("/feed"))


def test_a_chunked_body_without_its_last_chunk_was_cut_off(server: _Server) -> None:
    def send(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n" + FEED[:10])
        handler.close_connection = True

    server.answers["/feed"] = send
    assert "was cut off" in failure(server.url("/feed"))


def test_an_encoding_that_was_not_asked_for_is_refused(server: _Server) -> None:
    server.answers["/feed"] = answer(FEED, Content_Encoding="br")
    assert "'br'" in failure(server.url("/feed"))


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, "failed (500)"),
        (503, "failed (503)"),
        (404, "There is no page at"),
        (410, "was taken away for good"),
        (403, "refuses us"),
        (429, "asked too often"),
        (418, "418"),
    ],
)
def test_a_status_that_is_no_success_says_what_to_do(server: _Server, status: int, told: str) -> None:
    server.answers["/feed"] = answer(b"sorry", status=status)
    assert told in failure(server.url("/feed"))


def test_a_redirect_is_followed_and_its_end_is_told(server: _Server) -> None:
    server.answers["/old"] = answer(b"", status=301, Location="/new?a=1")
    server.answers["/new?a=1"] = answer()
    fetched = fetch(server.url("/old"))
    assert (fetched.body, fetched.final_url) == (FEED, server.url("/new?a=1"))


def test_five_redirects_are_followed_and_a_sixth_is_not(server: _Server) -> None:
    for hop in range(6):
        server.answers[f"/{hop}"] = answer(b"", status=302, Location=f"/{hop + 1}")
    server.answers["/6"] = answer()
    assert fetch(server.url("/1")).body == FEED
    assert "redirects more than 5 times" in failure(server.url("/0"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/", "javascript:alert(1)"])
def test_a_redirect_to_something_that_is_no_web_page_is_refused(server: _Server, target: str) -> None:
    server.answers["/feed"] = answer(b"", status=302, Location=target)
    assert "is no web address" in failure(server.url("/feed"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_private_address_is_refused_before_it_is_asked(server: _Server, host: str) -> None:
    server.answers["/feed"] = answer()
    told = failure(server.url("/feed", host=host), allow_private=False)
    assert "allow_private = true" in told
    assert server.requests == []


def test_a_redirect_to_another_private_host_is_refused_before_it_is_asked(server: _Server) -> None:
    """Even a source that may live on a private network vouches for no host but its own."""
    with serving(_Server()) as inside:
        inside.answers["/secret"] = answer(b"secret")
        server.answers["/feed"] = answer(b"", status=302, Location=inside.url("/secret", host="localhost"))
        told = failure(server.url("/feed"))
        assert "private network, to localhost (127.0.0.1)" in told
        assert len(server.requests) == 1
        assert inside.requests == []


def test_a_server_that_is_down_is_told_with_its_reason(server: _Server) -> None:
    url = server.url("/feed").replace(str(server.server_address[1]), "1")
    told = failure(url)
    assert "can't be reached" in told
    assert "refused" in told.lower()


def test_a_password_in_the_address_is_used_and_never_told(server: _Server) -> None:
    server.answers["/feed"] = answer(b"", status=500)
    told = failure(server.url("/feed", host="editor:s3cret@127.0.0.1"))
    assert "s3cret" not in told
    assert server.requests[0][1]["authorization"].startswith("Basic ")


@pytest.mark.parametrize(("status", "gone"), [(404, True), (410, True), (200, False), (500, False), (403, False)])
def test_a_page_is_gone_only_at_404_and_410(server: _Server, status: int, gone: bool) -> None:
    server.answers["/piece"] = answer(b"page", status=status)
    fetcher = Fetcher(user_agent="roundup-test/1", total_seconds=2)
    assert fetcher.is_gone(server.url("/piece"), allow_private=True) is gone
    assert fetcher.is_gone(server.url("/piece"), allow_private=False) is False


def test_a_page_that_moved_is_gone_if_its_new_place_is(server: _Server) -> None:
    server.answers["/piece"] = answer(b"", status=301, Location="/moved")
    server.answers["/moved"] = answer(b"", status=410)
    assert Fetcher(user_agent="roundup-test/1").is_gone(server.url("/piece"), allow_private=True)


def _certified(server: _Server, folder: Path, name: str) -> Path:
    """Puts the server behind TLS with a certificate for `name`; the certificate's file."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", *kind, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.scheme = "https"
    return certificate


def test_tls_verifies_the_name_that_was_asked_for(
    server: _Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(_certified(server, tmp_path, "localhost")))
    server.answers["/feed"] = answer()
    assert fetch(server.url("/feed", host="localhost")).body == FEED
    assert "no valid certificate" in failure(server.url("/feed"))


def test_a_redirect_from_https_to_http_is_refused(
    server: _Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(_certified(server, tmp_path, "localhost")))
    server.answers["/feed"] = answer(b"", status=301, Location="http://localhost/feed")
    assert "from a protected connection to an open one" in failure(server.url("/feed", host="localhost"))
