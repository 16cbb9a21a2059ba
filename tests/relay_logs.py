"""A relay's log as a test writes it: what stands in it, what comes later, and a clock that only waiting moves."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from roundup.sending.postfix_log import PostfixLog

#: When every such log is read.
NOW = datetime(2026, 11, 23, 22, 15, 25, tzinfo=UTC)


def traditional(at: datetime) -> str:
    """RFC 3164: no year, no zone; here that of Paris."""
    return f"{at + timedelta(hours=1):%b} {(at + timedelta(hours=1)).day:2} {at + timedelta(hours=1):%H:%M:%S}"


def precise(at: datetime) -> str:
    """RFC 3339, as rsyslog writes it since Debian 12."""
    return at.astimezone().isoformat(timespec="microseconds")


class RelayLog:
    """A log file whose writer is the test. Lines are given without time and host: "smtpd[7]: connect from …"."""

    def __init__(self, path: Path, *, stamp: Callable[[datetime], str] = traditional, name: str = "postfix") -> None:
        self.path = path
        self._stamp = stamp
        self._name = name
        self._seconds = 0.0
        #: What comes after the word, a batch for each time that the referee waits.
        self.later: list[list[str]] = []
        #: Whether the relay logs the word it is given.
        self.takes_marks = True
        self.write(["master[1]: daemon started -- version 3.7.11, configuration /etc/postfix"], hours_ago=30)

    def lines(self, lines: Iterable[str], *, hours_ago: float = 0) -> str:
        """The lines as they stand in the file."""
        stamp = self._stamp(NOW + timedelta(seconds=self._seconds) - timedelta(hours=hours_ago))
        return "".join(f"{stamp} mx {self._name}/{line}\n" for line in lines)

    def write(self, lines: Iterable[str], *, hours_ago: float = 0) -> None:
        """Add lines to the file."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(self.lines(lines, hours_ago=hours_ago))

    def mark(self, word: str) -> None:
        """Somebody says two addresses in one MAIL command."""
        if self.takes_marks:
            self.write(marked(word))

    def wait(self, seconds: float) -> None:
        """Time goes by, and lines come."""
        self._seconds += seconds
        if self.later:
            self.write(self.later.pop(0))

    def referee(self, *, limit: float = 30.0, grace: float = 1.0) -> PostfixLog:
        """The referee of this log."""
        return PostfixLog(
            path=self.path,
            mark=self.mark,
            limit=limit,
            grace=grace,
            now=lambda: NOW + timedelta(seconds=self._seconds),
            stopwatch=lambda: self._seconds,
            wait=self.wait,
        )


def marked(word: str, *, pid: int = 99) -> list[str]:
    """What Postfix logs when it is made to log a word."""
    return [
        f"smtpd[{pid}]: connect from localhost[127.0.0.1]",
        f"smtpd[{pid}]: warning: Illegal address syntax from localhost[127.0.0.1] in MAIL command: <{word}@x,{word}@x>",
        f"smtpd[{pid}]: disconnect from localhost[127.0.0.1] ehlo=1 mail=0/1 quit=1 commands=2/3",
    ]


def active(queue_id: str) -> str:
    """The queue manager has taken a message up."""
    return f"qmgr[2]: {queue_id}: from=<bounces+x@magazine.example>, size=4711, nrcpt=1 (queue active)"
