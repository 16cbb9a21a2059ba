"""`roundup serve` as a process, met by clients and mail servers that do not do their part."""

import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.servers import Talk, a_server
from tests.newsletters import a_newsletter, await_answer, free_port, rows, started

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
        process.wait()


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
        took, _ = ended(process)

    assert took < 15


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
