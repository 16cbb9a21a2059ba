"""The referee is never wrong, however the lines of a relay's processes come to stand among one another."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.sending.referee import Verdict
from tests.relay_logs import NOW, RelayLog, active, marked

_FATES = ("queued", "cut off", "refused", "untaken", "failed")


@dataclass(slots=True)
class _Estate:
    """Processes that each log their own lines in order; whose line is next is chance."""

    dice: Random
    processes: list[Iterator[str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    queued: set[str] = field(default_factory=set)
    free_queue_ids: list[str] = field(default_factory=lambda: [f"4F1A{digit}" for digit in range(6)])
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def session(self, pid: int, messages: int, *, ours: bool) -> Iterator[str]:
        """One connection from its first line to its last. It may be dropped within its last message only."""
        address = "localhost[127.0.0.1]" if ours else "mail.example.net[192.0.2.7]"
        yield f"smtpd[{pid}]: connect from {address}"
        taken = 0
        for nth in range(messages):
            fate = self.dice.choice(_FATES)
            if fate == "cut off" and nth < messages - 1:
                fate = "queued"
            yield from self._message(pid, address, fate, ours=ours)
            taken += fate == "queued"
        yield f"smtpd[{pid}]: disconnect from {address} ehlo=1 mail={messages} data={taken}/{messages} commands=9"

    def _message(self, pid: int, address: str, fate: str, *, ours: bool) -> Iterator[str]:
        # Some are offered a second time, with the same Message-ID, as after a refusal.
        again = [each for each in self.ids if each not in self.queued]
        message_id = self.dice.choice(again) if ours and again and self.dice.random() < 0.2 else self._new_id(ours=ours)
        while fate == "untaken" or not self.free_queue_ids:
            yield f"smtpd[{pid}]: NOQUEUE: reject: RCPT from {address}: 450 4.2.0 later; from=<a@b> to=<c@d>"
            if fate == "untaken":
                return
        # Taken from the front and given back at the end: ids are used again, soon.
        queue_id = self.free_queue_ids.pop(0)
        yield f"smtpd[{pid}]: {queue_id}: client={address}"
        named = f"cleanup[{pid + 100}]: {queue_id}: message-id={message_id}"
        if fate == "cut off":
            if self.dice.random() < 0.5:
                yield named
            else:
                self.processes.append(iter([named]) if self.dice.random() < 0.5 else iter(()))
            yield f"smtpd[{pid}]: lost connection after DATA (4096 bytes) from {address}"
            return
        yield named
        if fate == "refused":
            yield f"cleanup[{pid + 100}]: {queue_id}: milter-reject: END-OF-MESSAGE from {address}: 4.7.1 no; from=<>"
            self.free_queue_ids.append(queue_id)
            return
        if fate == "failed":
            # Nothing that Postfix logs then names the message.
            self.free_queue_ids.append(queue_id)
            return
        self.queued.add(message_id)
        self.processes.append(self._manager(queue_id))

    def _new_id(self, *, ours: bool) -> str:
        if not ours:
            return f"<{next(self._numbers)}@example.net>"
        self.ids.append(f"<{next(self._numbers)}@magazine.example>")
        return self.ids[-1]

    def _manager(self, queue_id: str) -> Iterator[str]:
        yield active(queue_id)
        yield f"qmgr[2]: {queue_id}: removed"
        self.free_queue_ids.append(queue_id)

    def some_lines(self, number: int) -> list[str]:
        """The next lines, as chance will have them."""
        lines: list[str] = []
        while self.processes and len(lines) < number:
            process = self.dice.choice(self.processes)
            line = next(process, None)
            if line is None:
                self.processes.remove(process)
            else:
                lines.append(line)
        return lines


@settings(max_examples=300, deadline=None)
@given(
    dice=st.randoms(use_true_random=False),
    connections=st.tuples(st.integers(1, 4), st.integers(0, 2)),
    before=st.integers(0, 60),
    batch=st.integers(1, 12),
    limit=st.sampled_from([0.5, 2.0, 30.0]),
)
def test_no_verdict_is_ever_wrong(
    *, dice: Random, connections: tuple[int, int], before: int, batch: int, limit: float
) -> None:
    ours, theirs = connections
    estate = _Estate(dice=dice)
    sessions = [estate.session(pid, dice.randint(0, 4), ours=pid <= ours) for pid in range(1, ours + theirs + 1)]
    with tempfile.TemporaryDirectory() as folder:
        log = RelayLog(Path(folder) / "mail.log")
        # Every line of ours is open before the referee is called. Others may come later.
        log.write([next(session) for session in sessions[:ours]])
        estate.processes += sessions
        log.write(estate.some_lines(before))
        log.takes_marks = dice.random() < 0.95
        word_later = dice.random() < 0.3

        def mark(word: str) -> None:
            if word_later:
                estate.processes.insert(0, iter(marked(word)))
            elif log.takes_marks:
                log.write(marked(word))

        def wait(seconds: float) -> None:
            RelayLog.wait(log, seconds)
            log.write(estate.some_lines(batch))

        log.mark, log.wait = mark, wait  # type: ignore[method-assign]
        asked = ["<never@magazine.example>", *(f"<{number}@magazine.example>" for number in range(1, 12))]
        verdicts = log.referee(limit=limit, grace=0.3).judge(asked, since=NOW - timedelta(hours=1)).verdicts
    estate.some_lines(10_000)
    wrong = {
        each: verdict
        for each, verdict in verdicts.items()
        if verdict is not Verdict.UNDECIDED and (verdict is Verdict.QUEUED) != (each in estate.queued)
    }
    assert wrong == {}
