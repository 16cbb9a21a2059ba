"""A child process that reads documents, from its own side: one document after another, until its line ends.

It holds nothing that would be lost with it. `parsing.py` has the other side, which starts it and ends it.
"""

import contextlib
import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import IO

from roundup import words
from roundup.gathering.feedcontent import FeedContent, FeedDocument
from roundup.words import say, speak

if sys.platform != "win32":
    import fcntl
    import resource

#: Python gives memory back slowly: whoever has grown by so many bytes ends after its document.
_GROWN = 40_000_000
#: A message goes as its length in so many octets, and then itself.
_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one document may take."""

    cpu_seconds: float
    #: Bytes more than the child has when it begins.
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a child says of one document."""

    content: FeedContent
    #: It takes no other document.
    ends: bool = False


class BrokenLineError(Exception):
    """The line ended before a message was whole."""


def send(line: IO[bytes], message: bytes) -> None:
    """Put a message on a line. Raises OSError if nobody is at the other end."""
    line.write(len(message).to_bytes(_LENGTH, "big"))
    line.write(message)
    line.flush()


def receive(line: IO[bytes], *, longest: int) -> bytes:
    """The next message. Raises BrokenLineError if there is no whole one, and ValueError if it has more octets than the
    longest."""
    length = int.from_bytes(_exactly(line, _LENGTH), "big")
    if length > longest:
        raise ValueError(length)
    return _exactly(line, length)


def main(name: str, language: str) -> None:
    """Answer every document that comes in at the standard input. `name` ("module:function") is what reads one, and
    `language` (BCP 47) what is said of it."""
    speak(words.of(language))
    documents, answers = sys.stdin.buffer, _own_output()
    bounds = _Bounds(documents)
    read: Callable[[FeedDocument], FeedContent] = resolve_name(name)
    # What was imported stays: it need not be looked through again and again.
    gc.freeze()
    before = bounds.size()
    while True:
        try:
            document, limits = pickle.load(documents)  # noqa: S301 - our own process is at the other end
            content = _read(read, document, bounds.kept(limits, before))
            answer = Answer(content=content, ends=bounds.size() - before > _GROWN)
            send(answers, pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL))
        except (EOFError, pickle.UnpicklingError, OSError):
            # Nobody is there any more.
            return
        if answer.ends:
            return


def _exactly(line: IO[bytes], length: int) -> bytes:
    octets = line.read(length)
    if len(octets) < length:
        raise BrokenLineError
    return octets


def _own_output() -> IO[bytes]:
    """The line out, for answers alone: what a library prints goes nowhere."""
    line = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return line


def _read(
    read: Callable[[FeedDocument], FeedContent], document: FeedDocument, bounds: AbstractContextManager[None]
) -> FeedContent:
    """What is in a document. What went wrong is told out of bounds, for within them there may be no memory left."""
    place = document.place or document.url or document.source
    try:
        with bounds:
            return read(document)
    except MemoryError:
        return FeedContent(
            problem=say(
                "{place} needs too much memory, so it was not read. Ask its site for a shorter feed.", place=place
            )
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and hurts no other document
        return FeedContent(
            problem=say("{place} broke the program that reads it ({kind}).", place=place, kind=type(error).__name__)
        )


class _Bounds:
    """What the kernel ends this process for, whatever it is doing. Nothing of it on Windows, where whoever started it
    has to; the bound of memory only on Linux, where it is counted well."""

    def __init__(self, documents: IO[bytes]) -> None:
        self._line = documents.fileno()
        self._statm: IO[bytes] | None = None
        if sys.platform == "win32":
            return
        # No dumps, no files; and the signals that end this process do so, whoever started it.
        for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
            resource.setrlimit(limit, (0, 0))
        for kind in (signal.SIGPROF, signal.SIGIO):
            signal.signal(kind, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF, signal.SIGIO})
        if sys.platform == "linux":
            fcntl.fcntl(self._line, fcntl.F_SETOWN, os.getpid())
            self._flags = fcntl.fcntl(self._line, fcntl.F_GETFL)
            self._statm = Path("/proc/self/statm").open("rb", buffering=0)  # noqa: SIM115 - as long as the process

    def size(self) -> int:
        """The bytes of this process's address space; 0 where nobody says."""
        if self._statm is None:
            return 0
        self._statm.seek(0)
        return int(self._statm.read(100).split()[0]) * resource.getpagesize()

    @contextlib.contextmanager
    def kept(self, limits: Limits, before: int) -> Iterator[None]:
        """Meanwhile, this process has only so many seconds of CPU and so much memory beyond what it had `before`."""
        if sys.platform == "win32":
            yield
            return
        self._leash(taut=True)
        if before:
            resource.setrlimit(resource.RLIMIT_AS, (before + limits.memory, resource.RLIM_INFINITY))
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            if before:
                resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            self._leash(taut=False)

    def _leash(self, *, taut: bool) -> None:
        """When whoever started this process ends, even by a death that nothing can be done at, it takes this one along.

        While an answer is awaited, all that can happen on the line is its end, and the kernel tells of that by SIGIO
        (fcntl(2), O_ASYNC). PR_SET_PDEATHSIG would end us with the thread that started us. Elsewhere than on Linux a
        child without a parent goes on until its document is read, or its seconds are over.
        """
        if sys.platform == "linux":
            fcntl.fcntl(self._line, fcntl.F_SETFL, self._flags | (os.O_ASYNC if taut else 0))
