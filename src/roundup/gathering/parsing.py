"""Documents are read in child processes, with limits on time and memory: what breaks one of them hurts no other.

A child is a plain new process, for a program with threads must not fork itself, and `multiprocessing` would import the
whole program again. It takes a tenth of a second to start, and reads one document after another; whoever took too much,
or said what nobody understands, is ended, and the next document has a new one. `nursery.py` is the child's side.
"""

import contextlib
import io
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import IO, Any

from roundup import clock
from roundup.gathering.feedcontent import FeedContent, FeedDocument
from roundup.gathering.nursery import Answer, BrokenLineError, Limits, receive
from roundup.model import Defect, Picture, Piece, Published, Skipped
from roundup.words import borrowed, figures, mark, say, spoken

#: A document may take so many seconds of CPU, and so many more for each million bytes: honest ones take half a second.
CPU_SECONDS = 3.0
CPU_SECONDS_EACH_MILLION = 1.5
#: It may need so many bytes of memory more than a child has when it begins (30 million); five megabytes need 80.
MEMORY = 110_000_000
#: A child that nobody wanted for so many seconds is ended: a program that runs for weeks reads now and then.
IDLE_SECONDS = 15.0
#: How many are read at once, at most: as many as there are cores.
MOST_CHILDREN = 4

#: What a child runs, by name: here nothing of it need be imported.
READ = "roundup.gathering.feeddocument:read_document"

#: On the clock a document may take longer, for the machine may have other things to do, and the child must start.
_PATIENCE = 4.0
_START_SECONDS = 5.0
#: More than the pieces of any feed that fits into a child.
_LONGEST_ANSWER = 32_000_000
#: Seconds; a thread can't be told to wait for ever.
_LONGEST_SLEEP = 3600.0
_START = "import sys; sys.path[:] = sys.argv[3:]; from roundup.gathering import nursery; nursery.main(*sys.argv[1:3])"
_NO_TIME = mark("There was no time left to read it. It is read again at the next reading.")
_TOO_LONG = mark(
    "{document} takes more than {seconds} seconds to read, so it was given up. Ask its site for a shorter feed."
)
_BROKE = mark(
    "{document} broke the program that reads it. It is read again at the next reading; if it stays so, tell its site."
)
#: All that an answer is made of.
_WORDS: dict[tuple[str, str], Any] = {
    (each.__module__, each.__qualname__): each
    for each in (Answer, FeedContent, Piece, Published, Picture, Defect, Skipped)
} | {("datetime", each.__name__): each for each in (datetime, date, timezone, timedelta)}


class _Answers(pickle.Unpickler):
    """Reads our own values and no others: a child has read the worst that the web has."""

    def find_class(self, module: str, name: str, /) -> Any:
        """The class of a value."""
        try:
            return _WORDS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a feed's content") from None


def _understood(message: bytes) -> Answer:
    """A child's answer. What is garbage to pickle raises everything."""
    answer = _Answers(io.BytesIO(message)).load()
    if not isinstance(answer, Answer):
        raise BrokenLineError
    return answer


class _LostError(Exception):
    """A child did not survive a document, or said something that is no answer. `late`: it took too long; `tried`: it
    had read others before."""

    def __init__(self, *, late: bool, tried: bool) -> None:
        super().__init__()
        self.late = late
        self.tried = tried


class _Child:
    """One that reads."""

    def __init__(self, name: str) -> None:
        command = [sys.executable, "-P", "-c", _START, name, spoken().tag, *sys.path]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, and no word from outside
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C at the terminal is ours alone.
            start_new_session=True,
        )
        #: On the stopwatch: when it is ended, whether it works or waits for work.
        self.deadline = math.inf
        self._late = self._tried = False

    def read(self, document: FeedDocument, limits: Limits) -> Answer:
        """What it says. Raises _LostError."""
        try:
            # Straight into the line: a copy of some megabytes is not made.
            pickle.dump((document, limits), self._line("stdin"), protocol=pickle.HIGHEST_PROTOCOL)
            self._line("stdin").flush()
            answer = _understood(receive(self._line("stdout"), longest=_LONGEST_ANSWER))
        except (BrokenLineError, OSError) as error:
            raise _LostError(late=self._is_late(), tried=self._tried) from error
        except Exception as error:
            raise _LostError(late=self._late, tried=self._tried) from error
        self._tried = True
        return answer

    def give_up(self) -> None:
        """Its time is over."""
        self._late, self.deadline = True, math.inf
        self._process.kill()

    def close(self) -> None:
        """End it, whatever it is doing: it has nothing to lose."""
        self._process.kill()
        self._process.wait()
        for name in ("stdin", "stdout"):
            with contextlib.suppress(OSError):
                self._line(name).close()

    def _is_late(self) -> bool:
        """Whether we ended it for its seconds on the clock, or the kernel for those of CPU."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._late or self._process.wait(1) == -getattr(signal, "SIGPROF", 0)
        return False

    def _line(self, name: str) -> IO[bytes]:
        line: IO[bytes] = getattr(self._process, name)
        return line


class Children:
    """Reads documents in child processes, as many at once as there are cores. Threads share it.

    `read` names what reads a document ("module:function"); `cpu_seconds` and `memory` (bytes) are what a small document
    may take; a child without work ends after `idle_seconds`.
    """

    def __init__(
        self,
        *,
        read: str = READ,
        cpu_seconds: float = CPU_SECONDS,
        memory: int = MEMORY,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._cpu_seconds = cpu_seconds
        self._memory = memory
        most = min(os.cpu_count() or 1, MOST_CHILDREN)
        self._turns = threading.BoundedSemaphore(most)
        self._home = _Home(read, most, idle_seconds)
        # At the latest at the end of the program. One that is killed closes the children's lines with itself.
        weakref.finalize(self, self._home.close)

    def prepare(self) -> None:
        """Soon there will be one more document: a child begins to start. Never raises."""
        self._home.prepare()

    def read(self, document: Callable[[], FeedDocument], *, seconds: float) -> FeedContent:
        """What is in a document, or its `problem`: it broke what read it, or took too much. `document` makes it when
        its turn has come; what it raises is raised here. All of it takes hardly longer than `seconds`."""
        ends = clock.stopwatch() + seconds
        if seconds <= 0 or not self._turns.acquire(timeout=seconds):
            return FeedContent(problem=say(_NO_TIME))
        try:
            return self._read(document(), ends)
        finally:
            self._turns.release()

    def close(self) -> None:
        """End the children. They begin again when they are needed."""
        self._home.close()

    def _read(self, document: FeedDocument, ends: float) -> FeedContent:
        cpu = self._cpu_seconds + CPU_SECONDS_EACH_MILLION * len(document.body) / 1e6
        limits, patience = Limits(cpu_seconds=cpu, memory=self._memory), _PATIENCE * cpu + _START_SECONDS
        while (left := ends - clock.stopwatch()) > 0:
            try:
                return self._home.read(document, limits, seconds=min(patience, left))
            except OSError as error:
                return FeedContent(
                    problem=say("The process that reads feeds can't be started ({error}).", error=borrowed(error))
                )
            except _LostError as lost:
                # The documents before may have hurt it: then a new one decides.
                if not lost.late and not lost.tried:
                    return FeedContent(problem=say(_BROKE, document=_called(document)))
                if lost.late and clock.stopwatch() < ends:
                    seconds = figures(float(f"{cpu:.2g}"))
                    return FeedContent(problem=say(_TOO_LONG, document=_called(document), seconds=seconds))
        return FeedContent(problem=say(_NO_TIME))


class _Home:
    """The children that live, and those of them that wait for work. A thread ends those whose time is over."""

    def __init__(self, name: str, most: int, idle_seconds: float) -> None:
        self._name = name
        self._most = most
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._all: set[_Child] = set()
        self._idle: list[_Child] = []
        self._warden: threading.Thread | None = None
        #: On the stopwatch: when the warden looks again.
        self._looks = 0.0

    def prepare(self) -> None:
        """Start a child if there may be one more: each document that is announced may need its own."""
        with self._changed, contextlib.suppress(OSError):
            if len(self._all) < self._most:
                child = self._born()
                self._idle.append(child)
                self._until(child, self._idle_seconds)

    def read(self, document: FeedDocument, limits: Limits, *, seconds: float) -> FeedContent:
        """What a child says. Raises OSError if none can be started, and _LostError if it is lost."""
        with self._changed:
            child = self._idle.pop() if self._idle else self._born()
            self._until(child, seconds)
        stays = False
        try:
            answer = child.read(document, limits)
            stays = not answer.ends
        finally:
            self._done(child, stays=stays)
        return answer.content

    def close(self) -> None:
        """End them all."""
        with self._changed:
            children, self._all, self._idle = self._all, set(), []
            self._changed.notify()
        for child in children:
            child.close()

    def _done(self, child: _Child, *, stays: bool) -> None:
        with self._changed:
            if stays and child in self._all:
                self._idle.append(child)
                self._until(child, self._idle_seconds)
                return
            self._all.discard(child)
        child.close()

    def _born(self) -> _Child:
        child = _Child(self._name)
        self._all.add(child)
        if self._warden is None:
            self._warden = threading.Thread(target=self._watch, name="warden of children", daemon=True)
            self._warden.start()
        return child

    def _until(self, child: _Child, seconds: float) -> None:
        child.deadline = clock.stopwatch() + seconds
        if child.deadline < self._looks:
            self._changed.notify()

    def _watch(self) -> None:
        """The warden, as long as there are children."""
        with self._changed:
            while self._all:
                for child in [child for child in self._all if child.deadline <= clock.stopwatch()]:
                    child.give_up()
                    if child in self._idle:
                        self._idle.remove(child)
                        self._all.discard(child)
                        child.close()
                self._looks = min((child.deadline for child in self._all), default=0.0)
                self._changed.wait(min(max(self._looks - clock.stopwatch(), 0.0), _LONGEST_SLEEP))
            self._warden = None


def _called(document: FeedDocument) -> str:
    return document.place or document.url or document.source
