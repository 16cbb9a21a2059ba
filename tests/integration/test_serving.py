"""`roundup serve` as a process, met by clients and mail servers that do not do their part."""

import contextlib
import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from roundup.tokens import Purpose, Secret
from tests.fakes.servers import Talk, a_server
from tests.newsletters import SECRET, a_newsletter, await_answer, free_port, roundup, rows, started

pytestmark = pytest.mark.long

NEW = "new@example.org"


@contextmanager
def at_work(directory: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`roundup serve`, which the test is to end itself."""
    process = started(directory, "serve", "--port", str(port))
    try:
        await_answer(process, f"http://127.0.0.1:{port}/")
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[float, str]:
    """How long it takes to end after SIGTERM, in seconds, and what it complains of."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, complaints = process.communicate(timeout=60)
    return time.monotonic() - began, complaints


def sign_up(port: int, email: str) -> str:
    """Fill the form in as a person does. Returns the page that comes back."""
    site = f"http://127.0.0.1:{port}/"
    with urllib.request.urlopen(site, timeout=10) as answer:
        page = answer.read().decode()
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    time.sleep(3)
    form = urllib.parse.urlencode({"email": email, "shown": shown}).encode()
    with urllib.request.urlopen(f"{site}subscribe", data=form, timeout=10) as answer:
        return str(answer.read().decode())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_client_that_never_ends_its_request_keeps_no_server_from_ending(tmp_path: Path) -> None:
    directory, port = a_newsletter(tmp_path), free_port()
    with at_work(directory, port) as process, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nemail=")
        time.sleep(0.5)
        took, complaints = ended(process)

    assert took < 15
    assert complaints == ""


def silent(talk: Talk) -> None:
    """Say nothing at all."""
    talk.line()


def silent_at_the_end(talk: Talk) -> None:
    """Take a message, and never say so."""
    talk.greet()
    talk.envelope()
    talk.message()
    talk.line()


@pytest.mark.parametrize(("script", "state"), [(silent, "waiting"), (silent_at_the_end, "sending")])
def test_a_mail_server_that_is_silent_keeps_no_server_from_ending(
    tmp_path: Path, script: Callable[[Talk], None], state: str
) -> None:
    with a_server(script) as relay:
        directory, port = a_newsletter(
            tmp_path, smtp={"host": "127.0.0.1", "port": relay.port, "security": "none"}
        ), free_port()  # fmt: skip
        with at_work(directory, port) as process:
            assert "Look into your inbox" in sign_up(port, NEW)
            wait_for(lambda: bool(relay.talks) and (script is silent or bool(relay.messages)))
            took, complaints = ended(process)

    assert took < 15
    assert "Traceback" not in complaints
    # What was let go is in doubt, and not mailed a second time; what was not waits for a mail server that speaks.
    assert [(state,)] == rows(directory, "SELECT state FROM signups")


# Connections ----------------------------------------------------------------------------------------------------------

#: Not believed who asks, and of one network.
STRANGER, NEIGHBOUR, OTHER = "127.1.0.1", "127.1.0.2", "127.2.0.1"
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n"


def call(port: int, octets: bytes = b"", *, source: str = "127.0.0.1") -> socket.socket:
    """A connection on which so much was said."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))
    sock.sendall(octets)
    return sock


def asked(port: int, *, source: str = "127.0.0.1") -> str:
    """The answer to a whole request, or what is left of it."""
    octets = b""
    with contextlib.suppress(ConnectionResetError), call(port, source=source) as sock:
        sock.sendall(HELLO + b"Connection: close\r\n\r\n")
        while more := sock.recv(65_536):
            octets += more
    return octets.decode()


def is_open(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return bool(sock.recv(65_536))
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_who_does_not_get_on_is_let_go(tmp_path: Path) -> None:
    directory, port = a_newsletter(tmp_path), free_port()
    post = b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nemail="
    with at_work(directory, port) as process, contextlib.ExitStack() as stack:
        idle, header, body, again = (
            stack.enter_context(call(port, octets)) for octets in (b"", HELLO, post, HELLO + b"\r\n" + HELLO)
        )
        for _ in range(12):
            time.sleep(1)
            for each in (header, body, again):
                each.sendall(b"a: b\r\n")
        assert [is_open(each) for each in (idle, header, body)] == [True] * 3
        time.sleep(5)
        drained = again.recv(1_000_000)
        assert drained.startswith(b"HTTP/1.1 200")
        assert [is_open(each) for each in (idle, header, body, again)] == [False] * 4
        assert "200 OK" in asked(port)
        _, complaints = ended(process)
    assert complaints == ""


def test_one_network_does_not_keep_others_out_and_is_told_to_come_back(tmp_path: Path) -> None:
    directory, port = a_newsletter(tmp_path), free_port()
    with at_work(directory, port), contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(call(port, source=STRANGER))
        refused = asked(port, source=NEIGHBOUR)
        assert refused.startswith("HTTP/1.1 503")
        assert {"retry-after: 60", "x-content-type-options: nosniff", "cache-control: no-store"} <= set(
            refused.lower().splitlines()
        )
        assert "Please come back in a minute" in refused
        assert "200 OK" in asked(port, source=OTHER)
        assert "200 OK" in asked(port)


def test_when_all_places_are_taken_it_says_so_until_they_are_free(tmp_path: Path) -> None:
    directory, port = a_newsletter(tmp_path), free_port()
    with at_work(directory, port):
        with contextlib.ExitStack() as stack:
            # All come through a web server in front, as far as anybody knows.
            for _ in range(800):
                stack.enter_context(call(port))
            assert "503 Service Unavailable" in asked(port)
            for _ in range(150):
                stack.enter_context(call(port, source=STRANGER))
            assert asked(port) == ""
        wait_for(lambda: "200 OK" in asked(port))


def test_an_address_of_ipv6_is_told_as_browsers_take_it(tmp_path: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    process = started(a_newsletter(tmp_path), "serve", "--host", "::1", "--port", "0")
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert (200, True) == (answer.status, address.startswith("http://[::1]:"))
    finally:
        process.kill()
        process.communicate()


# Templates and errors -------------------------------------------------------------------------------------------------


def token(directory: Path) -> str:
    """By which the only person on the list leaves."""
    ((key,),) = rows(directory, "SELECT key FROM subscribers")
    return Secret(SECRET.encode()).token(key, Purpose.LEAVE)


def test_broken_templates_are_told_at_the_start_and_people_still_leave(tmp_path: Path) -> None:
    directory, port = a_newsletter(tmp_path), free_port()
    assert roundup(directory, "subscribers", "add", NEW).returncode == 0
    for name in ("web/leave.html", "web/left.html", "web/home.html", "email/confirmation.txt"):
        (directory / "templates" / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / "templates" / name).write_text("\n{% broken %}", encoding="utf-8")
    link = f"http://127.0.0.1:{port}/u/{token(directory)}"
    with at_work(directory, port) as process:
        with urllib.request.urlopen(link, data=b"List-Unsubscribe=One-Click", timeout=10) as answer:
            assert "You have left" in answer.read().decode()
        _, complaints = ended(process)

    assert [("left",)] == rows(directory, "SELECT status FROM subscribers")
    lines = complaints.splitlines()
    assert len(lines) == 4, complaints
    assert lines[0].startswith("Sign-ups wait: ")
    for name, line in zip(
        ("email/confirmation.txt", "web/home.html", "web/leave.html", "web/left.html"), lines, strict=True
    ):
        assert f"{directory / 'templates' / name}, line 2: " in line


def test_an_error_of_the_database_is_told_without_a_traceback_or_an_address(tmp_path: Path) -> None:
    directory, port = a_newsletter(tmp_path), free_port()
    assert roundup(directory, "subscribers", "add", NEW).returncode == 0
    link = f"http://127.0.0.1:{port}/u/{token(directory)}"
    with at_work(directory, port) as process:
        with closing(sqlite3.connect(directory / "roundup.db")) as database:
            database.executescript(
                "CREATE TRIGGER refuse BEFORE UPDATE ON subscribers BEGIN "
                f"SELECT RAISE(ABORT, 'duplicate key, Key (compared)=({NEW}) already exists'); END"
            )
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(link, data=b"List-Unsubscribe=One-Click", timeout=10)
        answer.value.close()
        _, complaints = ended(process)

    assert (503, "60") == (answer.value.code, answer.value.headers["Retry-After"])
    assert NEW not in complaints
    assert "Traceback" not in complaints
    assert re.search(r"IntegrityError store/[a-z_]+\.py:\d+", complaints)
