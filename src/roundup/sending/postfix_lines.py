"""What Postfix's log lines say about some messages. Fed with lines in their order; touches nothing.

The rules, as observed with Postfix 3.7 and read in its smtpd.c and cleanup_message.c:

- `cleanup: QID: message-id=<M>` is logged while the headers arrive, so it proves nothing by itself; but nothing is
  queued without it, and the smtpd logs the end of the session after it.
- `qmgr: QID: from=<…> … (queue active)` is logged for what is queued, and for nothing else.
- `smtpd: lost connection after DATA (N bytes)`, with the bytes, is logged only between the 354 and the final dot:
  the message that this smtpd was receiving is thrown away. (`lost connection after DATA from …` is another thing: no
  transaction was open.) cleanup may log that message's Message-ID later still.
- A refusal by restrictions, header checks or a milter at the end of the data is logged with the queue id.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from roundup.words import say

#: How many queue ids that came to nothing are remembered, for a cleanup that names its message late.
_REMEMBERED = 10_000
#: More sessions than any relay has at once: beyond that the oldest are forgotten, and the log counts as torn.
_MOST_SESSIONS = 20_000
_CUT_OFF = (b"lost connection after DATA (", b"timeout after DATA (")
_REFUSED_BY_SMTPD = (b"reject: END-OF-MESSAGE from ", b"reject: DATA from ")
_REFUSED_BY_CLEANUP = (b"milter-reject: END-OF-MESSAGE from ", b"reject: header ", b"reject: body ")
_MARKED = b"warning: Illegal address syntax from "


@dataclass(slots=True)
class _Session:
    """One client of one smtpd process."""

    address: bytes
    #: Its beginning was seen, so that it can be held against its sums.
    whole: bool
    #: Which message it is receiving, or received last.
    queue_id: bytes = b""
    #: How many of its messages cleanup has named.
    named: int = 0


class Testimony:
    """What has been heard so far about the messages of `message_ids`, and whether the relay has come to rest since
    `word` was logged."""

    def __init__(self, message_ids: Iterable[bytes], *, word: bytes) -> None:
        self._wanted = frozenset(message_ids)
        self._like_ours = tuple({each[each.rfind(b"@") :] for each in self._wanted})
        self._word = word
        self._hearers = {
            b"smtpd": self._hear_smtpd,
            b"cleanup": self._hear_cleanup,
            b"qmgr": self._hear_qmgr,
            b"master": self._hear_master,
        }
        self._sessions: dict[bytes, _Session] = {}
        self._receiving: dict[bytes, _Session] = {}
        self._unsettled: dict[bytes, bytes] = {}
        self._came_to_nothing: dict[bytes, None] = {}
        self._vanished: set[bytes] = set()
        self._awaited: set[bytes] = set()
        self._home: bytes = b""
        self._proxied: set[bool] = set()
        self._strangers: set[bool] = set()
        self._ours_named = False
        self._torn = ""
        #: Messages that the relay has taken.
        self.queued: set[bytes] = set()
        #: How the line that holds the word begins: its time. Empty: it was not heard.
        self.mark_stamp = b""

    def hear(self, lines: Iterable[bytes]) -> None:
        """Take whole lines, without their ends, in the order of the log."""
        for line in lines:
            head, found, text = line.partition(b"]: ")
            # "Nov 23 22:15:25 host postfix/smtpd[123" or "2026-11-23T22:15:25.123456+01:00 host postfix/smtpd[123"
            _, slash, daemon = head[head.rfind(b" ") + 1 : head.rfind(b"[")].rpartition(b"/")
            if not slash or not found:
                if b"due to rate-limiting" in line or b" messages from postfix" in line:
                    # rsyslog's imuxsock and imjournal say so, and journald ("Suppressed 12 messages from …").
                    self._torn = say("lacks lines: its writer dropped some (rate limiting)")
                continue
            hearer = self._hearers.get(daemon)
            if hearer is not None:
                hearer(head, text.rstrip(b"\r"))

    @property
    def all_queued(self) -> bool:
        """Whether there is nothing left to find out."""
        return len(self.queued) == len(self._wanted)

    @property
    def is_at_rest(self) -> bool:
        """Whether every session that could bring one of the messages is over."""
        return bool(self.mark_stamp) and not self._awaited

    @property
    def open_sessions(self) -> int:
        """How many sessions are still waited for."""
        return len(self._awaited)

    @property
    def unsettled(self) -> frozenset[bytes]:
        """Messages that came to the relay, of which it was not said what became of them."""
        return frozenset(self._unsettled.values()).union(self._vanished) - self.queued

    @property
    def reason_to_doubt(self) -> str:
        """Why silence of this log proves nothing; empty: it does. The rest of a sentence that begins with the log."""
        if self._torn:
            return self._torn
        near = _is_loopback(self._home)
        if near in self._proxied or (not near and self._proxied):
            return say("belongs to a Postfix that hands mail through another program before it takes it")
        if not self._ours_named and (near in self._strangers or (not near and self._strangers)):
            return say("names none of this newsletter's Message-IDs: Postfix may be changing them")
        return ""

    def _hear_smtpd(self, head: bytes, text: bytes) -> None:
        process = _process(head)
        if text.startswith(b"connect from "):
            self._end(process)
            self._begin(process, _Session(_address(text[13:]), whole=True))
        elif text.startswith(b"disconnect from "):
            self._check_sums(process, text)
            self._end(process)
        elif text.startswith(_CUT_OFF):
            session = self._sessions.get(process)
            if session is not None and session.queue_id:
                self._give_up(session.queue_id)
        elif text.startswith(_MARKED):
            if self._word in text and not self.mark_stamp:
                self._mark(head, process, _address(text[len(_MARKED) :]))
        else:
            queue_id, _, event = text.partition(b": ")
            if event.startswith(b"client="):
                self._receive(process, queue_id, _address(event[7:]))
            elif event.startswith(_REFUSED_BY_SMTPD):
                self._give_up(_key(process, queue_id))

    def _hear_cleanup(self, head: bytes, text: bytes) -> None:
        queue_id, _, event = text.partition(b": ")
        key = _key(_process(head), queue_id)
        if event.startswith(b"message-id="):
            self._name(key, event[11:].strip())
        elif event.startswith(_REFUSED_BY_CLEANUP):
            self._give_up(key)

    def _hear_qmgr(self, head: bytes, text: bytes) -> None:
        # Nearly always nothing is awaited: the log may have a million such lines.
        if not self._unsettled or not text.endswith(b"(queue active)"):
            return
        queue_id, _, event = text.partition(b": ")
        if not event.startswith(b"from=<"):
            return
        message_id = self._unsettled.pop(_key(_process(head), queue_id), None)
        if message_id is not None:
            self.queued.add(message_id)

    def _hear_master(self, head: bytes, text: bytes) -> None:
        instance = _instance(_process(head))
        if text.startswith(b"daemon started"):
            # It holds the lock of its queue: no process of its forerunner is left.
            for process in [each for each in self._sessions if each.startswith(instance + b"/")]:
                self._end(process)
        elif text.startswith(b"warning: process ") and b"/smtpd pid " in text:
            pid = text.partition(b"/smtpd pid ")[2].partition(b" ")[0]
            for process in [each for each in self._sessions if each.endswith(b"/smtpd[" + pid)]:
                if process in self._awaited:
                    self._torn = say("says that a process of Postfix crashed")
                self._end(process)

    def _begin(self, process: bytes, session: _Session) -> None:
        if len(self._sessions) >= _MOST_SESSIONS:
            self._torn = say("has sessions that never end")
            self._end(next(iter(self._sessions)))
        self._sessions[process] = session

    def _end(self, process: bytes) -> None:
        session = self._sessions.pop(process, None)
        if session is not None:
            self._receiving.pop(session.queue_id, None)
        self._awaited.discard(process)

    def _mark(self, head: bytes, process: bytes, address: bytes) -> None:
        self.mark_stamp = stamp_of(head)
        self._home = address
        near = _is_loopback(address)
        # Who reaches the relay over the loopback does so always; from elsewhere the address may have been another.
        self._awaited = {each for each, session in self._sessions.items() if not near or _is_loopback(session.address)}
        self._awaited.discard(process)

    def _receive(self, process: bytes, queue_id: bytes, address: bytes) -> None:
        if process not in self._sessions:
            self._begin(process, _Session(address, whole=False))
        session = self._sessions[process]
        if queue_id == b"NOQUEUE":
            self._proxied.add(_is_loopback(session.address))
            return
        self._receiving.pop(session.queue_id, None)
        session.queue_id = _key(process, queue_id)
        self._receiving[session.queue_id] = session
        self._came_to_nothing.pop(session.queue_id, None)

    def _name(self, key: bytes, message_id: bytes) -> None:
        session = self._receiving.get(key)
        if session is not None:
            session.named += 1
        if message_id.endswith(self._like_ours):
            self._ours_named = True
        elif session is not None:
            self._strangers.add(_is_loopback(session.address))
        # Queue ids are used again, unless they are the long ones.
        before = self._unsettled.pop(key, None)
        if before is not None:
            self._vanished.add(before)
        if message_id in self._wanted and key not in self._came_to_nothing:
            self._unsettled[key] = message_id

    def _give_up(self, key: bytes) -> None:
        self._unsettled.pop(key, None)
        self._came_to_nothing[key] = None
        if len(self._came_to_nothing) > _REMEMBERED:
            del self._came_to_nothing[next(iter(self._came_to_nothing))]

    def _check_sums(self, process: bytes, text: bytes) -> None:
        """Hold a session against the sums that its smtpd tells at its end: `data=2/3` is two of three taken."""
        session = self._sessions.get(process)
        if session is None or not session.whole or _is_loopback(session.address) in self._proxied:
            return
        taken = text.partition(b" data=")[2].partition(b" ")[0].partition(b"/")[0]
        if taken.isdigit() and int(taken) > session.named:
            self._torn = say("lacks lines: it names fewer messages than it says were taken")


def stamp_of(head: bytes) -> bytes:
    """What stands before the names of host and program: the time."""
    return head.rsplit(b" ", 2)[0]


def _process(head: bytes) -> bytes:
    """Host, program and process id: "host postfix/smtpd[123"."""
    return head[head.rfind(b" ", 0, head.rfind(b" ")) + 1 :]


def _instance(process: bytes) -> bytes:
    """Host and instance of Postfix: what stands before the first slash of the program's name."""
    return process.partition(b"/")[0]


def _key(process: bytes, queue_id: bytes) -> bytes:
    """A queue id is unique within an instance."""
    return _instance(process) + b"/" + queue_id


def _address(text: bytes) -> bytes:
    """The address of "name[address]", at the beginning of a text."""
    return text.partition(b"[")[2].partition(b"]")[0]


def _is_loopback(address: bytes) -> bool:
    return address.startswith(b"127.") or address == b"::1"
