"""What the faulty server has heard, taken and done."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from roundup.faults.catalogue import Fault, Step, fault_of

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE | re.IGNORECASE)


class Books:
    """The ledger and the notes of one server, shared by its lines. Used by one thread; others may read the counts.

    The ledger has a line for each reader of each message that was taken: address, tab, Message-ID. It is written with
    one unbuffered append before the final dot is answered, so that it survives whatever becomes of either side. With
    `keep`, each message's octets lie there as 1.eml, 2.eml, …; with `transcript`, every command is written down: the
    line's number, tab, the command as it came.
    """

    def __init__(
        self, ledger: Path, *, times: int = 0, keep: Path | None = None, transcript: Path | None = None
    ) -> None:
        self._ledger = _appending(ledger)
        self._transcript = None if transcript is None else _appending(transcript)
        self._keep = keep
        self._times = times
        self._count = 0 if keep is None else len(list(keep.iterdir()))
        #: How often each fault was done to each address.
        self.done: Counter[tuple[str, str]] = Counter()
        #: How often each address of a fault was named by a RCPT.
        self.named: Counter[str] = Counter()
        #: How many copies were taken for each address of a fault.
        self.taken: Counter[str] = Counter()
        #: How many lines are open, and how many there ever were.
        self.open_lines = 0
        self.lines = 0

    def does(self, address: str, step: Step) -> Fault | None:
        """The fault that is done to an address at this step, now; it is counted as done."""
        fault = fault_of(address)
        if fault is None:
            return None
        self.named[address] += step is Step.RCPT
        if fault.at is not step or (self._times and self.done[fault.name, address] >= self._times):
            return None
        self.done[fault.name, address] += 1
        return fault

    def enter(self, addresses: Iterable[str], content: bytes) -> None:
        """A message was taken; `content` is as it came, its leading dots doubled (RFC 5321 §4.5.2)."""
        if self._keep is not None:
            self._count += 1
            (self._keep / f"{self._count}.eml").write_bytes(_unstuffed(content))
        end = content.find(b"\r\n\r\n")
        found = _MESSAGE_ID.search(content, 0, end if end >= 0 else len(content))
        number = found[1].decode("utf-8", "surrogateescape") if found else ""
        lines = ""
        for address in addresses:
            lines += f"{address}\t{number}\n"
            # Of the others there may be a million; the ledger has them.
            self.taken.update([address] if fault_of(address) else ())
        os.write(self._ledger, lines.encode("utf-8", "surrogateescape"))

    def hear(self, line: int, command: bytes) -> None:
        """A command came along a line."""
        if self._transcript is not None:
            os.write(self._transcript, b"%d\t%s\n" % (line, command))

    def close(self) -> None:
        """No more is written."""
        os.close(self._ledger)
        if self._transcript is not None:
            os.close(self._transcript)


def _appending(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)


def _unstuffed(content: bytes) -> bytes:
    return content.replace(b"\r\n.", b"\r\n").removeprefix(b".")
