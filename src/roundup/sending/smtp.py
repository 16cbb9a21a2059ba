"""The sender that speaks SMTP: many lines, one thread, one wait for all of them.

Opening a line blocks and so has a thread of its own (`opening`); what is said on it is `dialogue`; how many there are
is decided by `crowd`. Here are the sockets.
"""

import contextlib
import queue
import select
import socket
import ssl
import threading
from collections.abc import Sequence

from roundup.clock import stopwatch
from roundup.model import Message, NotOffered, Outcome
from roundup.sending import Answered, Asked, Ended, Event, NoWay, Ready
from roundup.sending.crowd import Crowd
from roundup.sending.dialogue import BLOCK_PATIENCE, BrokenLineError, Dialogue
from roundup.sending.opening import Opened, OpeningError, Relay, Trust, open_line
from roundup.words import say

#: Replies are short: room for more costs more than a second call now and then.
_READ = 4_096
#: Only Linux has it.
_QUICK: int = getattr(socket, "TCP_QUICKACK", 0)
#: Seconds between looks at who has been silent for too long.
_CHECK = 1.0
#: After so many lines in a row that broke or could not be opened before anything was answered, it is given up; the
#: next run goes on. Between them it waits, at first so many seconds, then twice as long.
_BROKEN_IN_A_ROW, _FIRST_PAUSE = 5, 0.25


class SmtpSender:
    """Implements `roundup.sending.Sender`."""

    def __init__(self, relay: Relay, *, connections: int, messages_per_connection: int = 0) -> None:
        self._relay = relay
        self._connections = connections
        self._most_messages = messages_per_connection

    def open(self) -> "SmtpLines":
        """See `Sender`."""
        return SmtpLines(self._relay, Crowd(self._connections), self._most_messages)


class SmtpLines:
    """Implements `roundup.sending.Lines`."""

    def __init__(self, relay: Relay, crowd: Crowd, most_messages: int) -> None:
        self._relay = relay
        self._trust = Trust()
        self._crowd = crowd
        self._most_messages = most_messages
        self._events: list[Event] = []
        self._lines: dict[int, SmtpLine] = {}
        #: Lines that are being opened, and what became of that: handed over by their threads.
        self._opening = 0
        self._opened: queue.SimpleQueue[Opened | OpeningError] = queue.SimpleQueue()
        self._bell, self._ringer = socket.socketpair()
        self._poll = select.epoll()
        self._poll.register(self._bell.fileno(), select.EPOLLIN)
        self._answered = 0
        self._proven = False
        self._broken = 0
        self._not_before = 0.0
        self._next_check = 0.0
        self._given_up = False
        self._closed = threading.Event()

    # A turn --------------------------------------------------------------------------------------------------------

    def turn(self, seconds: float) -> Sequence[Event]:
        """See `Lines`."""
        if not self._events:
            now = stopwatch()
            if not self._given_up:
                self._open_more(now)
            pause = self._not_before - now
            wait = min(seconds, _CHECK, pause) if pause > 0 else min(seconds, _CHECK)
            self._hear(wait)
            self._check()
        events, self._events = self._events, []
        return events

    def _hear(self, seconds: float) -> None:
        for number, what in self._poll.poll(seconds):
            line = self._lines.get(number)
            if line is None:
                if number == self._bell.fileno():
                    self._bell.recv(_READ)
                    self._welcome()
                continue
            if what & select.EPOLLOUT:
                line.flush()
            if what & ~select.EPOLLOUT:
                line.hear()

    def _check(self) -> None:
        now = stopwatch()
        self._crowd.measured(self._answered, now)
        if now >= self._next_check:
            self._next_check = now + _CHECK
            for line in list(self._lines.values()):
                line.check(now)

    # Opening -------------------------------------------------------------------------------------------------------

    def _open_more(self, now: float) -> None:
        """Open what is wanted: one until that one is proven, then the others at once, unless some have nothing to do.

        A wrong password tried once is a fault; tried by every line of every run it is an attack, and locks the account.
        """
        if now < self._not_before or any(line.idle for line in self._lines.values()):
            return
        wanted = self._crowd.wanted if self._proven else 1
        while len(self._lines) + self._opening < wanted:
            self._opening += 1
            threading.Thread(target=self._open_one, name="line", daemon=True).start()
        for line in list(self._lines.values())[wanted:]:
            line.retire()

    def _open_one(self) -> None:
        """In a thread of its own."""
        opened: Opened | OpeningError
        try:
            opened = open_line(self._relay, self._trust)
        except OpeningError as error:
            opened = error
        self._opened.put(opened)
        if self._closed.is_set():
            self._turn_away()
            return
        with contextlib.suppress(OSError):
            self._ringer.send(b"!")

    def _turn_away(self) -> None:
        """Close what was opened in vain."""
        with contextlib.suppress(queue.Empty):
            while True:
                opened = self._opened.get_nowait()
                if isinstance(opened, Opened):
                    opened.sock.close()

    def _welcome(self) -> None:
        while not self._opened.empty():
            opened = self._opened.get()
            self._opening -= 1
            if isinstance(opened, Opened):
                line = SmtpLine(opened, self, self._most_messages)
                self._lines[line.number] = line
                self._poll.register(line.number, select.EPOLLIN)
                self._events.append(Ready(line))
            else:
                self._could_not_open(opened)

    def _could_not_open(self, error: OpeningError) -> None:
        if self._lines:
            # There are others: it wants no more than these.
            self._crowd.refused(stopwatch(), open_lines=len(self._lines))
        elif error.wait or self._proven:
            self._stumbled(str(error))
        else:
            self._give_up(str(error))

    def _stumbled(self, why: str) -> None:
        """A line broke, or could not be opened: wait a little longer each time, and end by giving up. What breaks
        together counts once: a relay that is started anew breaks all lines at one stroke."""
        now = stopwatch()
        if now >= self._not_before:
            self._broken += 1
            self._not_before = now + _FIRST_PAUSE * 2**self._broken
        if self._broken >= _BROKEN_IN_A_ROW and not self._lines and not self._opening:
            self._give_up(why)

    def _give_up(self, why: str) -> None:
        if not self._given_up:
            self._given_up = True
            self._events.append(NoWay(why))

    # What lines tell -----------------------------------------------------------------------------------------------

    def tell(self, event: Event) -> None:
        """Something happened on a line."""
        self._events.append(event)

    def answered(self, line: "SmtpLine", outcome: Outcome) -> None:
        """A message was answered on a line, or the line broke over it."""
        self._events.append(Answered(line, outcome))
        if not isinstance(outcome, NotOffered):
            self._answered += 1
            if line.alive:
                self._proven, self._broken = True, 0

    def writes(self, line: "SmtpLine", *, waiting: bool) -> None:
        """A line has octets that the kernel would not take yet, or no longer has."""
        self._poll.modify(line.number, select.EPOLLIN | (select.EPOLLOUT if waiting else 0))

    def gone(self, line: "SmtpLine", why: str) -> None:
        """A line is no more."""
        self._poll.unregister(line.number)
        del self._lines[line.number]
        self._events.append(Ended(line, why))
        if why.startswith("421"):
            self._crowd.refused(stopwatch(), open_lines=len(self._lines))
        if why:
            self._stumbled(why)

    def close(self) -> None:
        """See `Lines`."""
        self._closed.set()
        for line in list(self._lines.values()):
            line.leave()
        self._turn_away()
        self._poll.close()
        self._bell.close()
        self._ringer.close()


class SmtpLine:
    """Implements `roundup.sending.Line`."""

    def __init__(self, opened: Opened, lines: SmtpLines, most_messages: int) -> None:
        self._sock = opened.sock
        self.number = opened.sock.fileno()
        self._lines = lines
        self._left = most_messages or -1
        self._dialogue = Dialogue(
            opened.extensions,
            asked=lambda: lines.tell(Asked(self)),
            answered=lambda outcome: lines.answered(self, outcome),
            idle=self._be_idle,
        )
        #: Octets that the kernel would not take yet, and how many it took in all.
        self._unsent = memoryview(b"")
        self._sent = 0
        self._waits = False
        #: Whether anything was sent or heard since the last check, and at which check it last had been.
        self._stirred = True
        self._silent_since = 0.0
        self.idle = True
        self.alive = True

    @property
    def has_room(self) -> bool:
        """See `Line`."""
        return self.alive and self._left != 0 and self._dialogue.has_room

    def give(self, message: Message) -> None:
        """See `Line`."""
        self.idle = False
        self._left -= 1
        self._say(self._dialogue.give(message))

    def release(self) -> None:
        """See `Line`."""
        if self.alive:
            self._say(self._dialogue.release())

    def drop(self) -> None:
        """See `Line`."""
        self._break(say("it was not to be offered after all"), peaceful=True)

    def retire(self) -> None:
        """Take no more messages, and leave when the last is answered."""
        self._left = 0
        if self.idle:
            self.leave()

    def leave(self) -> None:
        """Take leave, politely if nothing is on the line."""
        if self.idle and self.alive:
            with contextlib.suppress(OSError):
                self._sock.send(b"QUIT\r\n")
        self._break(say("the delivery ended"), peaceful=True)

    def check(self, now: float) -> None:
        """Break off if the next hop was silent for longer than RFC 5321 gives it. Called about once a second."""
        patience = BLOCK_PATIENCE if self._unsent else self._dialogue.patience
        if self._stirred or not patience:
            self._stirred, self._silent_since = False, now
        elif now - self._silent_since > patience:
            self._break(say("it did not answer within {patience} seconds", patience=patience))

    # Octets --------------------------------------------------------------------------------------------------------

    def hear(self) -> None:
        """Octets have come, or the line has gone."""
        more = True
        while more and self.alive:
            try:
                octets = self._sock.recv(_READ)
                self._stirred = True
                if octets:
                    self._say(self._dialogue.hear(octets, sent=self._sent))
                else:
                    self._break(say("it closed the line"))
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except (OSError, BrokenLineError) as error:
                self._break(str(error))
                break
            self._urge()
            # TLS hands out one record at a time, and no poll tells of the next.
            more = len(octets) == _READ or isinstance(self._sock, ssl.SSLSocket)

    def _urge(self) -> None:
        """Say at once that the replies have come, if more are awaited.

        Postfix sends the replies to a message and to the next envelope in two packets; Nagle (RFC 896) holds the
        second back until the first is acknowledged, and that waits for 40 ms (RFC 1122 §4.2.3.2). The kernel forgets
        the wish each time."""
        if self.alive and _QUICK and not self._unsent and self._dialogue.patience:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)

    def _say(self, octets: bytes) -> None:
        if self._unsent:
            self._unsent = memoryview(bytes(self._unsent) + octets)
        elif octets:
            self._unsent = memoryview(octets)
            self.flush()

    def flush(self) -> None:
        """Send what the kernel takes now."""
        while self._unsent:
            try:
                count = self._sock.send(self._unsent)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError as error:
                self._break(str(error))
                return
            self._stirred = True
            self._sent += count
            self._unsent = self._unsent[count:]
        if bool(self._unsent) != self._waits:
            self._waits = bool(self._unsent)
            self._lines.writes(self, waiting=self._waits)

    def _be_idle(self) -> None:
        self.idle = True
        if self._left == 0:
            self.leave()
        else:
            self._lines.tell(Ready(self))

    def _break(self, why: str, *, peaceful: bool = False) -> None:
        if not self.alive:
            return
        self.alive = False
        self.idle = False
        self._dialogue.broken(why, sent=self._sent, peaceful=peaceful)
        self._lines.gone(self, "" if peaceful else why)
        self._sock.close()
