"""What the faulty server promises, by a client that is nothing but a socket: with groups of commands and without."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from roundup.faults.catalogue import CATALOGUE, Fault, Step
from tests.sinks import Sink, a_sink

HELLO = b"EHLO client.example\r\n"
CONTENT = b"Message-ID: <1@example.com>\r\nSubject: hello\r\n\r\nhello\r\n"


def envelope(*addresses: str) -> bytes:
    named = "".join(f"RCPT TO:<{address}>\r\n" for address in addresses)
    return f"MAIL FROM:<news@example.com>\r\n{named}DATA\r\n".encode()


class Client:
    """A line of octets."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.came = b""

    def say(self, octets: bytes) -> None:
        self.line.sendall(octets)

    def reply(self) -> bytes:
        """One whole reply, all its lines; empty: the line has ended."""
        while not (found := re.match(rb"(?:\d{3}-[^\n]*\r\n)*\d{3} [^\n]*\r\n", self.came)):
            more = self.line.recv(65_536)
            if not more:
                return b""
            self.came += more
        self.came = self.came[found.end() :]
        return found[0]

    def codes(self, count: int) -> list[int]:
        return [int(self.reply()[:3] or 0) for _ in range(count)]

    def rest(self) -> bytes:
        """Everything until the line ends."""
        try:
            while more := self.line.recv(65_536):
                self.came += more
        except ConnectionResetError:
            pass
        return self.came


@contextmanager
def a_client(sink: Sink, *, hello: bool = True) -> Iterator[Client]:
    with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as line:
        client = Client(line)
        if hello:
            assert client.reply().startswith(b"220 ")
            client.say(HELLO)
            assert client.reply().startswith(b"250-")
        yield client


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with a_sink(tmp_path, slow=0.3) as running:
        yield running


def test_one_write_may_hold_the_end_of_a_message_and_the_next_envelope(sink: Sink) -> None:
    with a_client(sink) as client:
        client.say(envelope("a@example.com"))
        assert client.codes(3) == [250, 250, 354]
        client.say(CONTENT + b".\r\n" + envelope("b@example.com"))
        assert client.codes(4) == [250, 250, 250, 354]
        client.say(CONTENT + b".\r\nQUIT\r\n")
        assert client.codes(2) == [250, 221]

    assert sink.lines() == [("a@example.com", "<1@example.com>"), ("b@example.com", "<1@example.com>")]


def test_octets_may_come_one_by_one(sink: Sink) -> None:
    content = b"Subject: dots\r\n\r\n..\r\n...hidden\r\na.\r\n"
    with a_client(sink) as client:
        client.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in envelope("a@example.com") + content + b".\r\nQUIT\r\n":
            client.say(bytes([octet]))
        assert client.codes(5) == [250, 250, 354, 250, 221]

    assert (sink.kept / "1.eml").read_bytes() == b"Subject: dots\r\n\r\n.\r\n..hidden\r\na.\r\n"


def test_after_a_refused_reader_data_is_refused_and_mail_waits_for_a_reset(sink: Sink) -> None:
    with a_client(sink) as client:
        client.say(envelope("x-550@example.com") + envelope("a@example.com"))
        assert client.codes(6) == [250, 550, 554, 503, 250, 354]
        client.say(CONTENT + b".\r\n")
        assert client.codes(1) == [250]
        client.say(envelope("x-450@example.com") + b"RSET\r\n" + envelope("b@example.com"))
        assert client.codes(7) == [250, 450, 554, 250, 250, 250, 354]


def test_a_slow_answer_keeps_its_place(sink: Sink) -> None:
    with a_client(sink) as client:
        began = time.monotonic()
        client.say(b"NOOP\r\n" + envelope("x-slow@example.com", "x-550@example.com") + CONTENT + b".\r\nQUIT\r\n")
        assert client.codes(7) == [250, 250, 250, 550, 354, 250, 221]
        assert time.monotonic() - began >= 0.3


def test_without_pipelining_two_commands_at_once_end_the_line(tmp_path: Path) -> None:
    with a_sink(tmp_path, pipelining=False) as sink, a_client(sink) as client, a_client(sink) as hasty:
        client.say(HELLO)
        assert b"PIPELINING" not in client.reply()
        for line in envelope("a@example.com").splitlines(keepends=True):
            client.say(line)
            assert client.codes(1)[0] in {250, 354}
        client.say(CONTENT + b".\r\n")
        assert client.codes(1) == [250]
        hasty.say(envelope("b@example.com"))
        assert hasty.rest() == b"503 5.5.0 one command at a time\r\n"
    assert sink.copies() == {"a@example.com": 1}


@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=lambda fault: fault.name)
@pytest.mark.parametrize("grouped", [True, False])
def test_each_fault_does_what_the_catalogue_says(sink: Sink, fault: Fault, *, grouped: bool) -> None:
    address = f"{fault.name}-dana@example.com"
    with a_client(sink) as client:
        parts = [*envelope(address).splitlines(keepends=True), CONTENT + b".\r\n"]
        steps = [Step.RCPT, Step.DATA, Step.CONTENT if fault.at is Step.CONTENT else Step.DOT]
        client.say(parts[0])
        assert client.codes(1) == [250]
        if grouped:
            client.say(b"".join(parts[1:3]))
        for step, part in zip(steps, parts[1:], strict=True):
            if not grouped or part is parts[-1]:
                client.say(part)
            if step is fault.at:
                break
            assert client.codes(1)[0] in {250, 354}
        if fault.closes:
            assert client.rest() == fault.says
        else:
            came = b""
            while len(came) < len(fault.says):
                came += client.came or client.line.recv(65_536)
                client.came = b""
            assert came.startswith(fault.says)
    assert sink.copies() == ({address: 1} if fault.takes else {})


def test_a_fault_relents_after_so_many_times(tmp_path: Path) -> None:
    with a_sink(tmp_path, times=2) as sink, a_client(sink) as client:
        client.say((b"MAIL FROM:<>\r\nRCPT TO:<x-450@example.com>\r\nRSET\r\n") * 3)
        assert client.codes(9)[1::3] == [450, 450, 250]


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("x-4500@example.com", 250),
        ("x-450.b@example.com", 450),
        ("X-450@example.com", 250),
        ("ax-450@example.com", 250),
    ],
)
def test_only_a_whole_name_at_the_beginning_is_a_fault(sink: Sink, address: str, answer: int) -> None:
    with a_client(sink) as client:
        client.say(envelope(address))
        assert client.codes(2) == [250, answer]


def test_what_was_not_announced_is_refused_and_what_was_is_taken(tmp_path: Path) -> None:
    mails = [b"SIZE=1000", b"SIZE=1001", b"BODY=8BITMIME", b"SMTPUTF8", b"RET=HDRS"]
    commands = b"".join(b"MAIL FROM:<a@b.example> " + each + b"\r\nRSET\r\n" for each in mails)
    bare: dict[str, Any] = {"eight_bit": False, "smtputf8": False}
    full: dict[str, Any] = {"size": 1000}
    for number, (manners, codes) in enumerate([(bare, [555] * 5), (full, [250, 552, 250, 250, 555])]):
        (tmp_path / str(number)).mkdir()
        with a_sink(tmp_path / str(number), **manners) as sink, a_client(sink) as client:
            client.say(commands)
            assert client.codes(10)[::2] == codes


def test_an_address_outside_ascii_needs_smtputf8(sink: Sink) -> None:
    named = "RCPT TO:<jörg@example.com>\r\nRSET\r\n".encode()
    with a_client(sink) as client:
        client.say(b"MAIL FROM:<a@b.example>\r\n" + named + b"MAIL FROM:<a@b.example> SMTPUTF8\r\n" + named)
        assert client.codes(6) == [250, 553, 250, 250, 250, 250]


def test_a_message_over_the_size_is_refused_after_its_end(tmp_path: Path) -> None:
    with a_sink(tmp_path, size=20) as sink, a_client(sink) as client:
        client.say(envelope("a@example.com") + CONTENT + b".\r\n")
        assert client.codes(4) == [250, 250, 354, 552]
    assert sink.lines() == []


def test_limits_are_kept_with_a_421(tmp_path: Path) -> None:
    with a_sink(tmp_path, max_connections=1, max_messages=1) as sink, a_client(sink) as client:
        with a_client(sink, hello=False) as other:
            assert other.rest() == b"421 4.7.0 too many connections\r\n"
        client.say(envelope("a@example.com") + CONTENT + b".\r\n" + envelope("b@example.com"))
        assert client.codes(6) == [250, 250, 354, 250, 421, 0]
    assert sink.copies() == {"a@example.com": 1}


def test_one_reply_may_be_given_to_everybody(tmp_path: Path) -> None:
    with a_sink(tmp_path, always="550 5.7.1 blocked") as sink, a_client(sink) as client:
        client.say(envelope("a@example.com", "b@example.com"))
        assert client.codes(4) == [250, 550, 550, 554]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"VRFY a\r\n", 500), (b"RCPT TO:<a@b.example>\r\n", 503), (b"DATA\r\n", 503), (b"MAIL a@b.example\r\n", 501),
        (b"MAIL FROM:<a b@c.example>\r\n", 501), (b"NOOP\nNOOP\r\n", 500), (b"STARTTLS\r\n", 502),
        (b"AUTH PLAIN\r\n", 503), (b"x" * 20_000, 500),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_is_no_command_here_is_told(sink: Sink, said: bytes, code: int) -> None:
    with a_client(sink) as client:
        client.say(said)
        assert client.codes(1) == [code]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A certificate of localhost and its key."""
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("openssl is not installed")
    folder = tmp_path_factory.mktemp("pair")
    made = {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", *kind, *names, "-out", made["certificate"], "-keyout", made["key"]]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return made


def secured(client: Client, pair: dict[str, Any]) -> Client:
    context = ssl.create_default_context(cafile=pair["certificate"])
    return Client(context.wrap_socket(client.line, server_hostname="localhost"))


def answers(*words: bytes) -> bytes:
    return b"".join(b64encode(word) + b"\r\n" for word in words)


def test_after_starttls_everything_is_said_again_and_auth_is_offered(tmp_path: Path, pair: dict[str, Any]) -> None:
    manners: dict[str, Any] = {
        "security": "starttls",
        "username": "news",
        "password": "battery",
        "before_tls": ["STARTTLS", "DSN"],
    }
    with a_sink(tmp_path, **manners, **pair) as sink, a_client(sink) as client:
        client.say(HELLO)
        assert client.reply() == b"250-faulty.example\r\n250-STARTTLS\r\n250 DSN\r\n"
        client.say(b"AUTH PLAIN\r\nSTARTTLS\r\nMAIL FROM:<injected@example.com>\r\n")
        assert client.codes(2) == [538, 220]
        safe = secured(client, pair)
        safe.say(b"MAIL FROM:<a@example.com>\r\n" + HELLO)
        assert safe.codes(1) == [503]
        told = safe.reply()
        assert b"AUTH PLAIN LOGIN" in told
        assert b"STARTTLS" not in told
        safe.say(b"MAIL FROM:<a@example.com>\r\nAUTH CRAM-MD5\r\nAUTH PLAIN " + answers(b"\0news\0wrong"))
        assert safe.codes(3) == [530, 504, 535]
        safe.say(b"AUTH LOGIN\r\n" + answers(b"news", b"battery"))
        assert safe.codes(3) == [334, 334, 235]
        safe.say(envelope("a@example.com") + CONTENT + b".\r\nQUIT\r\n")
        assert safe.codes(5) == [250, 250, 354, 250, 221]
        safe.line.close()
    assert sink.copies() == {"a@example.com": 1}


def test_tls_from_the_first_octet(tmp_path: Path, pair: dict[str, Any]) -> None:
    manners: dict[str, Any] = {"security": "tls", "username": "news", "password": "battery", "mechanisms": ["PLAIN"]}
    with (
        a_sink(tmp_path, **manners, **pair) as sink,
        socket.create_connection(("127.0.0.1", sink.port), timeout=10) as line,
    ):
        safe = secured(Client(line), pair)
        safe.say(HELLO + b"AUTH PLAIN\r\n*\r\nAUTH PLAIN\r\n" + answers(b"\0news\0battery"))
        assert safe.codes(6) == [220, 250, 334, 501, 334, 235]
        safe.line.close()


def test_a_client_that_trusts_no_such_certificate_leaves_the_server_at_work(
    tmp_path: Path, pair: dict[str, Any]
) -> None:
    with a_sink(tmp_path, security="starttls", max_connections=1, **pair) as sink:
        for _ in range(3):
            with a_client(sink) as client:
                client.say(b"STARTTLS\r\n")
                assert client.codes(1) == [220]
                with pytest.raises(ssl.SSLCertVerificationError):
                    ssl.create_default_context().wrap_socket(client.line, server_hostname="localhost")
            time.sleep(0.1)


def test_a_transcript_holds_every_command_by_its_line(tmp_path: Path) -> None:
    with a_sink(tmp_path, transcript=True) as sink, a_client(sink) as client, a_client(sink):
        client.say(envelope("a@example.com") + CONTENT + b".\r\nQUIT\r\n")
        assert client.codes(5) == [250, 250, 354, 250, 221]
    mine = ["EHLO client.example", "MAIL FROM:<news@example.com>", "RCPT TO:<a@example.com>", "DATA", "QUIT"]
    assert sink.heard(1) == mine
    assert sink.heard(2) == mine[:1]


def test_the_page_tells_every_fault_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    for fault in CATALOGUE.values():
        [row] = [line for line in page.splitlines() if line.startswith(f"| `{fault.name}` |")]
        said = fault.says.decode().removesuffix("\r\n")
        assert said in row or "\r\n" in said or len(said) > 80, fault.name
    told = set(re.findall(r"^\| `(x-[a-z0-9-]+)` \|", page, re.MULTILINE))
    assert told == set(CATALOGUE)
