"""What a child process may be told to read documents with: readers that go wrong in each way that one can.

A document's body says what its reader is to do.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from roundup.gathering.feedcontent import FeedContent, FeedDocument

NAME = "tests.fakes.readers:read"

_kept: list[bytearray] = []


def document(body: str, *, place: str = "https://a.example/feed") -> FeedDocument:
    """A document that makes its reader do something."""
    return FeedDocument(body=body.encode(), source="Lantern", zone=UTC, place=place)


def read(given: FeedDocument) -> FeedContent:
    """Do what the body says. A good document's content has the reader's process as its title."""
    return _READERS[given.body.decode()](given)


def _good(_given: FeedDocument) -> FeedContent:
    return FeedContent(is_feed=True, title=str(os.getpid()))


def _for_ever(_given: FeedDocument) -> FeedContent:
    while True:
        pass


def _asleep(_given: FeedDocument) -> FeedContent:
    time.sleep(60)
    raise AssertionError


def _hungry(_given: FeedDocument) -> FeedContent:
    eaten = []
    while True:
        eaten.append(b"x" * 1_000_000)


def _grown(given: FeedDocument) -> FeedContent:
    _kept.append(bytearray(60_000_000))
    return _good(given)


def _killed(_given: FeedDocument) -> FeedContent:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _left(_given: FeedDocument) -> FeedContent:
    os._exit(0)


def _crashed(_given: FeedDocument) -> FeedContent:
    ctypes.string_at(0)
    raise AssertionError


def _raised(_given: FeedDocument) -> FeedContent:
    raise LookupError("of its own")


def _chatty(given: FeedDocument) -> FeedContent:
    print("a library that prints")
    sys.stdout.flush()
    os.write(1, b"and one in C")
    return _good(given)


def _foreign(_given: FeedDocument) -> FeedContent:
    """Content that is none of our own values: what a child might say that was taken over by its document."""
    alien: Any = Path("/etc/passwd")
    return FeedContent(is_feed=True, title=alien)


def _endless(_given: FeedDocument) -> FeedContent:
    return FeedContent(is_feed=True, title="x" * 40_000_000)


def _poisoned(given: FeedDocument) -> FeedContent:
    """Well, but whoever comes next finds a process that breaks."""
    _READERS["good"] = _left
    return _good(given)


_READERS: dict[str, Callable[[FeedDocument], FeedContent]] = {
    "good": _good,
    "for-ever": _for_ever,
    "asleep": _asleep,
    "hungry": _hungry,
    "grown": _grown,
    "killed": _killed,
    "left": _left,
    "crashed": _crashed,
    "raised": _raised,
    "chatty": _chatty,
    "foreign": _foreign,
    "endless": _endless,
    "poisoned": _poisoned,
}
