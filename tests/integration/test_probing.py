"""Pictures are looked at over TLS, at a server of this machine that answers as well or as badly as a test wants."""

import contextlib
import gzip
import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from roundup import settings, wiring
from roundup.gathering import Probed
from roundup.gathering.fetching import Fetcher
from roundup.gathering.probing import LARGEST, WebProber
from roundup.memory import Shelf
from roundup.model import Picture
from roundup.pipeline import Occasion, gather
from roundup.store import Ledgers
from tests.builders import in_london
from tests.certificates import an_authority
from tests.fakes.stores import ledgers_in_memory
from tests.fakes.watches import NobodyWatches
from tests.newsletters import THE_DAY, a_newsletter
from tests.picture_files import a_gif, a_jpeg, a_png, a_webp, an_avif

_Answer = Callable[["_Handler"], None]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = cast("_Server", self.server)
        server.asked.append((self.path, dict(self.headers.items())))
        self.close_connection = True
        with contextlib.suppress(OSError):
            server.answers[self.path](self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Says nothing."""

    def begin(self, status: int = 200, **fields: str) -> None:
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, _Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopped = threading.Event()
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def url(self, path: str, host: str = "localhost") -> str:
        return f"https://{host}:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what this is about."""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    authority = an_authority(tmp_path_factory.mktemp("authority") / "own")
    signed = authority.sign()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed["certificate"], signed["key"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in authority.trusted.items():
            patch.setenv(name, value)
        yield context


@pytest.fixture
def server(tls: ssl.SSLContext) -> Iterator[_Server]:
    with _Server(tls) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.stopped.set()
            made.shutdown()
            thread.join()


def saying(body: bytes, *, status: int = 200, **fields: str) -> _Answer:
    """An answer of so many octets, whatever range was asked for."""

    def answer(handler: _Handler) -> None:
        handler.begin(status, **{"Content_Length": str(len(body)), **fields})
        handler.wfile.write(body)

    return answer


def in_ranges(body: bytes) -> _Answer:
    """An answer of the range that was asked for (RFC 9110 §14.4)."""

    def answer(handler: _Handler) -> None:
        last = int(handler.headers["Range"].rpartition("-")[2])
        part = body[: last + 1]
        field = f"bytes 0-{len(part) - 1}/{len(body)}"
        handler.begin(206, Content_Range=field, Content_Length=str(len(part)))
        handler.wfile.write(part)

    return answer


def probe(url: str, *, private: bool = True, seconds: float = 5) -> Probed:
    """What comes of a look at a picture of The Lantern, which may or may not live on this machine."""
    hosts = {"The Lantern": "localhost"} if private else {}
    prober = WebProber(Fetcher(user_agent="roundup-test/1"), private_hosts=hosts)
    return prober.probe(Picture(url=url, alt="A lamp"), source="The Lantern", seconds=seconds)


def left_out(server: _Server, answer: _Answer) -> str:
    """Why a picture is left out that a server gives so."""
    server.answers["/p"] = answer
    probed = probe(server.url("/p"))
    assert probed.picture is None
    assert probed.is_known
    return probed.because


@pytest.mark.parametrize("way", [saying, in_ranges])
@pytest.mark.parametrize("body", [a_png(), a_gif(), a_jpeg(), a_jpeg(notes=40_000, progressive=True)])
def test_a_picture_that_loads_has_its_size(server: _Server, way: Callable[[bytes], _Answer], body: bytes) -> None:
    server.answers["/p"] = way(body)
    url = server.url("/p")
    assert Probed(picture=Picture(url=url, alt="A lamp", width=1200, height=630)) == probe(url)
    fields = server.asked[0][1]
    assert ("bytes=0-65535", "identity") == (fields["Range"], fields["Accept-Encoding"])
    assert "webp" not in fields["Accept"]


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "image/svg+xml", ""])
def test_what_it_is_is_told_by_its_octets_and_not_by_its_type(server: _Server, kind: str) -> None:
    server.answers["/p"] = saying(a_png(), Content_Type=kind)
    assert probe(server.url("/p")).picture


def test_an_endless_body_is_cut_off_once_its_size_is_known(server: _Server) -> None:
    def endless(handler: _Handler) -> None:
        handler.begin(Transfer_Encoding="chunked")
        part = a_jpeg()
        while not server.stopped.is_set():
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    server.answers["/p"] = endless
    assert probe(server.url("/p")).picture


def test_a_body_whose_size_does_not_come_is_cut_off_and_its_picture_stays(server: _Server) -> None:
    server.answers["/p"] = saying(a_jpeg(notes=500_000))
    assert Probed(picture=Picture(url=server.url("/p"), alt="A lamp")) == probe(server.url("/p"))


def test_endless_noise_is_no_picture(server: _Server) -> None:
    def endless(handler: _Handler) -> None:
        handler.begin()
        while not server.stopped.is_set():
            handler.wfile.write(b"x" * 65_536)

    assert "is no picture" in left_out(server, endless)


def test_a_slow_trickle_is_heard_until_the_size_is_known(server: _Server) -> None:
    def trickle(handler: _Handler) -> None:
        handler.begin(Content_Length="90000")
        for octet in a_png():
            handler.wfile.write(bytes([octet]))
            if server.stopped.wait(0.02):
                return

    server.answers["/p"] = trickle
    assert probe(server.url("/p")).picture == Picture(url=server.url("/p"), alt="A lamp", width=1200, height=630)


def test_a_trickle_that_takes_too_long_says_nothing(server: _Server) -> None:
    def trickle(handler: _Handler) -> None:
        handler.begin()
        while not server.stopped.wait(0.05):
            handler.wfile.write(b"\xff")

    server.answers["/p"] = trickle
    began = time.monotonic()
    probed = probe(server.url("/p"), seconds=0.5)
    assert time.monotonic() - began < 2
    assert Probed(picture=Picture(url=server.url("/p"), alt="A lamp"), is_known=False) == probed


def test_a_gzipped_picture_is_unpacked(server: _Server) -> None:
    server.answers["/p"] = saying(gzip.compress(a_png()), Content_Encoding="gzip")
    assert probe(server.url("/p")).picture


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 500, 502, 503])
def test_a_picture_that_does_not_load_is_left_out(server: _Server, status: int) -> None:
    why = left_out(server, saying(b"<html>sorry", status=status))
    assert f"The picture does not load (its server answers {status}), so it is left out." == why


def test_a_server_that_is_asked_too_often_says_nothing_of_the_picture(server: _Server) -> None:
    server.answers["/p"] = saying(b"", status=429)
    probed = probe(server.url("/p"))
    assert (Picture(url=server.url("/p"), alt="A lamp"), False) == (probed.picture, probed.is_known)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<!doctype html><title>Not found</title>", "is no picture"),
        (b"", "is no picture"),
        (b"sorry", "is no picture"),
        (a_webp(), "The picture is WebP, which not every mail program shows"),
        (an_avif(), "The picture is AVIF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "The picture is SVG"),
        (a_png()[:20], "broken or cut off"),
        (a_jpeg(notes=400)[:300], "broken or cut off"),
        (a_png().ljust(LARGEST + 1), "The picture has 2.1 MB, so it is left out. Give one of at most 2 MB."),
        (a_png(9000, 9000), "9000 × 9000 pixels, too many"),
        (a_png(900, 90), "900 × 90 pixels, one side more than 4 times the other"),
        (a_png(90, 900), "90 × 900 pixels"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_cannot_be_mailed_is_left_out_with_the_reason(server: _Server, body: bytes, told: str) -> None:
    assert told in left_out(server, saying(body))


def test_the_length_of_the_whole_counts_and_not_that_of_the_range(server: _Server) -> None:
    assert "The picture has 3 MB" in left_out(server, in_ranges(a_png().ljust(3_000_000)))


@pytest.mark.parametrize("body", [a_gif(1, 1), a_png(31, 400), a_gif(400, 20)])
def test_a_pixel_or_an_icon_is_left_out_without_a_word(server: _Server, body: bytes) -> None:
    assert left_out(server, saying(body)) == ""


def test_a_redirect_is_followed_and_the_address_stays(server: _Server) -> None:
    server.answers = {"/p": saying(b"", status=302, Location="/q"), "/q": saying(a_png())}
    assert probe(server.url("/p")).picture == Picture(url=server.url("/p"), alt="A lamp", width=1200, height=630)


def test_no_redirect_leads_into_a_private_network(server: _Server) -> None:
    inside = server.url("/secret", host="127.0.0.1")
    assert "leads into a private network" in left_out(server, saying(b"", status=302, Location=inside))
    assert ["/p"] == [path for path, _ in server.asked]


def test_a_private_host_is_asked_for_its_own_source_alone(server: _Server) -> None:
    probed = probe(server.url("/p"), private=False)
    assert probed.picture is None
    assert "leads into a private network" in probed.because
    assert probe(server.url("/p", host="127.0.0.1")).picture is None
    assert [] == server.asked


def test_a_redirect_to_an_open_connection_is_none(server: _Server) -> None:
    assert "to an open one" in left_out(server, saying(b"", status=301, Location="http://localhost/p"))


def test_an_open_address_is_tried_protected_and_mailed_so(server: _Server) -> None:
    server.answers["/p"] = saying(a_png())
    probed = probe(server.url("/p").replace("https:", "http:"))
    assert Picture(url=server.url("/p"), alt="A lamp", width=1200, height=630) == probed.picture


def test_a_certificate_of_nobody_leaves_the_picture_out(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "no valid certificate" in left_out(server, saying(a_png()))


@pytest.mark.parametrize("url", ["https://no-such-host-of-ours.localdomain/p.jpg", "https://localhost:1/p.jpg"])
def test_nobody_there_means_that_nothing_is_known(url: str) -> None:
    assert Probed(picture=Picture(url=url, alt="A lamp"), is_known=False) == probe(url)


@pytest.mark.parametrize("host", ["magazine.example.org", "example.com", "lantern.example", "a.b.invalid"])
def test_nobody_is_asked_for_the_pictures_of_examples(host: str) -> None:
    def resolve(name: str, port: int, /, *, seconds: float) -> list[str]:
        raise AssertionError(name)

    prober = WebProber(Fetcher(user_agent="roundup-test/1", resolver=resolve), private_hosts={})
    picture = Picture(url=f"https://{host}/p.jpg")
    assert Probed(picture=picture, is_known=False) == prober.probe(picture, source="The Lantern", seconds=5)


def test_a_line_that_breaks_means_that_nothing_is_known(server: _Server) -> None:
    server.answers["/p"] = saying(a_jpeg(notes=9000)[:3000], Content_Length="90000")
    assert not probe(server.url("/p")).is_known


@pytest.mark.parametrize("url", ["https://[::/p", "https://" + "a" * 70 + ".example/p", "https:///p", "nothing"])
def test_an_address_that_is_none_never_raises(url: str) -> None:
    assert probe(url).picture is None or not probe(url).is_known


def shelf_of(directory: Path, ledgers: Ledgers) -> Shelf:
    """The one source of a newsletter after a gathering, as a preview makes it: nothing is written."""
    newsroom = wiring.newsroom(directory, settings.load(directory), watch=NobodyWatches())
    now = in_london(f"{THE_DAY} 12:00")
    occasion = Occasion(instant=now, now=now, preparing=True)
    (shelf,) = gather(newsroom, remembered=ledgers.memory, archive=ledgers.archive, occasion=occasion).shelves
    return shelf


def test_a_newsletter_looks_at_its_folders_pictures_on_its_own_site(server: _Server, tmp_path: Path) -> None:
    content = {
        f"{name}.md": f"---\ntitle: About {name}\ndate: {THE_DAY}T09:00:00Z\nimage: /{name}.png\n---\n\nA text.\n"
        for name in ("there", "not-yet")
    }
    source = {"folder": "content", "link": server.url("/{slug}/"), "name": "The Lantern", "allow_private": True}
    directory = a_newsletter(tmp_path, sources=[source], content=content)
    server.answers = {"/there.png": in_ranges(a_png()), "/not-yet.png": saying(b"", status=404)}
    with ledgers_in_memory() as ledgers:
        shelf = shelf_of(directory, ledgers)
        sizes = {each.piece.title: each.piece.picture and each.piece.picture.width for each in shelf.pieces}
        assert {"About there": 1200, "About not-yet": None} == sizes
        assert [server.url("/not-yet.png")] == [defect.where for defect in shelf.defects]
        server.answers["/not-yet.png"] = in_ranges(a_png())
        assert () == shelf_of(directory, ledgers).defects


def test_what_is_on_a_private_network_is_asked_only_where_its_source_may_be(server: _Server, tmp_path: Path) -> None:
    content = {"a.md": f"---\ntitle: A\ndate: {THE_DAY}T09:00:00Z\nimage: /a.png\n---\n\nA text.\n"}
    source = {"folder": "content", "link": server.url("/{slug}/"), "name": "The Lantern"}
    with ledgers_in_memory() as ledgers:
        shelf = shelf_of(a_newsletter(tmp_path, sources=[source], content=content), ledgers)
    assert [None] == [each.piece.picture for each in shelf.pieces]
    assert [] == server.asked
