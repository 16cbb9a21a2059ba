"""The fourth verb of the pipeline: deliver. Lines work side by side, each through its own claims.

What one line does, again and again: claim (committed) → offer → settle and claim the next (committed). So at most one
message a line is in doubt at any moment, and no transaction is open while the next hop is spoken to.
"""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from roundup.clock import Clock
from roundup.journal import Journal
from roundup.messages import Addressee, Stationery
from roundup.model import IssueId, NotOffered, Unknown
from roundup.newsroom import Watch
from roundup.sending import Line, LineError, Sender

#: After so many broken lines in a row a worker gives up; the next run goes on.
_BROKEN_IN_A_ROW = 3


@dataclass(slots=True)
class Stop:
    """Asks the lines to finish what is in flight and claim no more. Safe from a signal handler."""

    _event: threading.Event = field(default_factory=threading.Event)

    def now(self) -> None:
        """Ask."""
        self._event.set()

    @property
    def asked(self) -> bool:
        """Whether it was asked."""
        return self._event.is_set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """Everything that delivering one frozen issue takes."""

    issue: IssueId
    stationery: Stationery
    journal: Journal
    sender: Sender
    clock: Clock
    watch: Watch
    stop: Stop


def deliver(work: Delivering) -> tuple[str, ...]:
    """Offer what is planned and not yet answered, until nothing is due now. Returns what went wrong with the lines, a
    sentence each; what became of the messages is in the journal."""
    troubles: list[str] = []
    first = threading.Event()
    with ThreadPoolExecutor(work.sender.connections, thread_name_prefix="line") as pool:
        lines = [pool.submit(_work, work, troubles.append, first)]
        try:
            # The others follow when the first is through: a wrong password tried once is a fault, tried by every
            # line of every run it is an attack, and locks the account.
            first.wait()
            if not troubles and not lines[0].done():
                lines += [pool.submit(_work, work, troubles.append, first) for _ in range(work.sender.connections - 1)]
            wait(lines, return_when=FIRST_EXCEPTION)
        finally:
            # Whatever ends the wait (a failed journal, Ctrl-C), the others finish what is in flight and stop.
            if not all(_ended_well(line) for line in lines):
                work.stop.now()
    for line in lines:
        line.result()
    return tuple(dict.fromkeys(troubles))


def _ended_well(line: "Future[None]") -> bool:
    return line.done() and line.exception() is None


def _work(work: Delivering, report: Callable[[str], None], opened: threading.Event) -> None:
    """One line's life: reconnect when it breaks, end when nothing is due or it breaks again and again."""
    broken = 0
    try:
        while broken < _BROKEN_IN_A_ROW and not work.stop.asked:
            # The line first, then the claim: who dies while connecting has claimed nobody, and nobody is in doubt.
            if not work.journal.has_turn(work.issue, at=work.clock()):
                return
            try:
                line = work.sender.connect()
            except LineError as error:
                report(str(error))
                return
            opened.set()
            answered, why = _with(line, work)
            if why:
                report(f"Delivering broke off: {why}")
            broken = 0 if answered else broken + 1
    finally:
        opened.set()


def _with(line: Line, work: Delivering) -> tuple[bool, str]:
    try:
        return _along(line, work)
    finally:
        line.close()


def _along(line: Line, work: Delivering) -> tuple[bool, str]:
    """Offer one message after another along a line until nothing is due, it breaks, or a stop is asked for.
    Returns whether any message was answered, and why the line broke (empty: it did not)."""
    answered = False
    following = work.journal.claim(work.issue, at=work.clock())
    while following is not None:
        delivery = following
        addressee = Addressee(email=delivery.email, name=delivery.name, key=delivery.key)
        outcome = line.offer(work.stationery.message(addressee, date=work.clock()))
        if isinstance(outcome, NotOffered | Unknown):
            work.journal.settle(delivery, outcome, at=work.clock())
            return answered, outcome.why
        answered = True
        work.watch.step()
        if work.stop.asked:
            work.journal.settle(delivery, outcome, at=work.clock())
            return answered, ""
        following = work.journal.settle_and_claim(delivery, outcome, at=work.clock())
    return answered, ""
