"""The sinks that benchmarks measure with count what came, refuse a sender that is out of step, and keep time."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.sinks import DELAY, SINKS, Sink

_HELLO = b"EHLO bench.example.org\r\n"
_ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    if shutil.which("cc") is None and not os.environ.get("CI"):
        pytest.skip("there is no C compiler")
    return tmp_path


@contextmanager
def _greeted(sink: Sink) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _await(line, 1)
        line.sendall(_HELLO)
        _await_last(line, b"250 ")
        yield line


def _await(line: socket.socket, count: int) -> list[bytes]:
    """So many lines of replies."""
    read = b""
    while read.count(b"\r\n") < count:
        got = line.recv(4096)
        assert got, read
        read += got
    return read.splitlines()


def _await_last(line: socket.socket, begins: bytes) -> None:
    read = b""
    while not any(each.startswith(begins) for each in read.splitlines()):
        read += line.recv(4096)


def test_the_fast_sink_counts_messages_however_they_are_cut(work: Path) -> None:
    content = b"Subject: x\r\n\r\n" + b"y" * 70_000 + b"\r\n..\r\n.z\r\n.\r\n"
    with SINKS["fast sink"](work) as sink, _greeted(sink) as line:
        line.sendall(_ENVELOPE)
        _await(line, 3)
        line.sendall(content[:-5])
        for octet in content[-5:]:
            time.sleep(0.005)
            line.sendall(bytes([octet]))
        assert _await(line, 1)[0].startswith(b"250 ")
        # A whole message, with the next one's envelope riding on its end, and one that is a lone dot.
        line.sendall(_ENVELOPE)
        _await(line, 3)
        line.sendall(content + _ENVELOPE)
        assert [reply[:3] for reply in _await(line, 4)] == [b"250", b"250", b"250", b"354"]
        line.sendall(b".\r\n")
        assert _await(line, 1)[0].startswith(b"250 ")
        took = sink.finish()
    assert (took.messages, took.octets) == (3, 2 * len(content) + 3)


def test_the_fast_sink_refuses_a_message_for_nobody(work: Path) -> None:
    with SINKS["fast sink"](work) as sink, _greeted(sink) as line:
        line.sendall(b"DATA\r\n")
        assert _await(line, 1)[0].startswith(b"503 ")
        line.sendall(b"RCPT TO:<b@example.org>\r\n")
        assert _await(line, 1)[0].startswith(b"503 ")
        assert sink.finish().messages == 0


def test_the_latency_sink_makes_each_answer_wait_and_answers_together_what_came_together(work: Path) -> None:
    rounds = 20
    with SINKS["latency sink, 10 ms"](work) as sink, _greeted(sink) as line:
        line.sendall(_ENVELOPE)
        _await(line, 3)
        began = time.perf_counter()
        for _ in range(rounds):
            line.sendall(b"Subject: x\r\n\r\ny\r\n.\r\n" + _ENVELOPE)
            assert [reply[:3] for reply in _await(line, 4)] == [b"250", b"250", b"250", b"354"]
        seconds = time.perf_counter() - began
    # Not four round trips a message, and never less than one.
    assert rounds * DELAY <= seconds < 3 * rounds * DELAY
