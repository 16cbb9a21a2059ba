"""Who takes the mail of a newsletter whose runs are killed, and how it is known what they took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.estate import an_estate
from tests.sinks import a_sink
from tests.torture.policy import a_slow_policy

#: Seconds that a run needs, more or less, to make good what a kill did, if nobody is asked about it.
RECOVERY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Who takes the mail, and how it is known what was taken."""

    smtp: dict[str, object]
    #: Further tables of roundup.toml's [delivery].
    delivery: dict[str, object]
    #: What is written as mail is taken, and what stands in it once for each message.
    log: Path
    mention: bytes
    #: Address and Message-ID of all that was taken, once nothing more is coming.
    lines: Callable[[], list[tuple[str, str]]]
    #: Seconds that a run needs, more or less, to make good what a kill did.
    recovery: float


@contextmanager
def a_sink_as_taker(folder: Path, *, latency: float) -> Iterator[Taker]:
    """The counting sink, which answers a message after `latency`."""
    with a_sink(folder, keep=False, latency=latency) as sink:
        yield Taker(
            smtp=sink.smtp,
            delivery={},
            log=sink.ledger,
            mention=b"\n",
            lines=sink.lines,
            recovery=RECOVERY,
        )


@contextmanager
def an_estate_as_taker(*, latency: float) -> Iterator[Taker]:
    """A real Postfix that takes up to `latency` for a message, and fills Dovecot's mailboxes."""
    with a_slow_policy(latency) as slow, an_estate(slow) as estate:
        # Its log has to begin before anything is offered, and says so to the second.
        time.sleep(2.5)
        yield Taker(
            smtp={"host": "127.0.0.1", "port": estate.plain_port, "security": "none"},
            delivery={"relay_log": str(estate.log)},
            log=estate.log,
            # cleanup names a message while it is coming, before it is taken.
            mention=b": message-id=<",
            lines=estate.lines,
            # The log is watched for a second before it decides anything.
            recovery=1.5,
        )
