"""Who sends: roundup, the yardstick `smtp-source`, and how others do it.

For each there are two rates. *Sending* is the part in which messages go: for roundup the delivery phase as its own
`run --json` reports it, from the first connection to the last outcome in the journal; for the comparators what they
time themselves. *Whole* is the process from its start to its end, for roundup with reading the sources, rendering,
and the freeze of the whole list.

CPU is given twice as well: of the whole process, and of the sending, which the comparators count themselves. For
roundup it is that of the whole process less what `run --dry-run` in the same directory takes, which starts the
interpreter, reads and renders but neither freezes nor sends; so the freeze counts as sending, to its disadvantage.
"""

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks import newsletters
from benchmarks.newsletters import Mail, roundup, told, with_issue, with_list, write_settings
from benchmarks.processes import measured
from benchmarks.sinks import Sink, fast_sink

_SOURCE = "/usr/sbin/smtp-source"
_FOLDER = Path(__file__).with_name("comparators")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What sending took."""

    messages: int
    #: Seconds of the sending, and of the whole process.
    seconds: float
    whole_seconds: float
    #: Seconds of CPU of the sending, and of the whole process.
    cpu: float
    whole_cpu: float


@dataclass(slots=True)
class Bench:
    """What the senders work with."""

    #: Where newsletters and programs are made. Should be on a disk that is one: a journal's cost is its fsync.
    work: Path
    mails: Mapping[str, Mail]
    #: The program of a comparator that had to be installed -> its path, or why there is none.
    installed: Mapping[str, Path | str]
    #: smtp-source's -l for a mail's size, once found out.
    lengths: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One measurement's task."""

    bench: Bench
    sink: Sink
    mail: Mail
    connections: int
    messages: int


def smtp_source(errand: Errand) -> Sent:
    """Postfix's generator: C, one thread, one message for all, a reply awaited four times a message. -N numbers the
    addresses that it mails."""
    use = measured(_source_command(errand, errand.messages, _length(errand))).checked()
    return Sent(
        messages=errand.messages,
        seconds=use.seconds,
        whole_seconds=use.seconds,
        cpu=use.cpu,
        whole_cpu=use.cpu,
    )


def _source_command(errand: Errand, messages: int, length: int, port: int = 0) -> list[str]:
    addresses = ["-f", "bounces@lantern.example.org", "-t", "reader@example.com"]
    amounts = ["-s", str(errand.connections), "-m", str(messages), "-l", str(length)]
    return [_SOURCE, "-d", "-N", *amounts, *addresses, f"127.0.0.1:{port or errand.sink.port}"]


def _length(errand: Errand) -> int:
    """smtp-source's -l for messages as long as ours: it leaves its headers out of account, so the fast sink counts."""
    known = errand.bench.lengths
    if errand.mail.name not in known:
        with fast_sink(errand.bench.work) as counter:
            length = errand.mail.octets
            measured(_source_command(errand, 64, length, counter.port)).checked()
            took = counter.finish()
            known[errand.mail.name] = 2 * length - round((took.octets or 0) / 64)
    return known[errand.mail.name]


def _roundup(journal: str, errand: Errand, *keys: str) -> Sent:
    bench, sink = errand.bench, errand.sink
    directory = bench.work / "newsletter"
    shutil.rmtree(directory, ignore_errors=True)
    with_issue(with_list(bench.work, errand.messages), directory, errand.mail)
    write_settings(directory, port=sink.port, connections=errand.connections, journal=journal, security=sink.security)
    for key in keys:
        newsletters.sign(directory, bench.work / f"{key}.pem")
    rehearsal = roundup(directory, "run", "--now", "--dry-run", "--json", env=sink.trusted).checked()
    use = roundup(directory, "run", "--now", "--json", env=sink.trusted).checked()
    report = told(use)
    if report["deliveries"] != {"accepted": errand.messages}:
        raise RuntimeError(f"not everybody was served: {use.output}")
    return Sent(
        messages=errand.messages,
        seconds=errand.messages / report["messages_per_second"],
        whole_seconds=use.seconds,
        cpu=max(0.0, use.cpu - rehearsal.cpu),
        whole_cpu=use.cpu,
    )


def _comparator(program: list[str], errand: Errand, **more: Any) -> Sent:
    asked = {
        "port": errand.sink.port,
        "security": errand.sink.security,
        "connections": errand.connections,
        "messages": errand.messages,
        "folder": str(errand.mail.folder),
        **more,
    }
    # The arguments after the question, if any, stand in program[2:].
    command = [*program[:2], json.dumps(asked), *program[2:]]
    use = measured(command, env=errand.sink.trusted).checked()
    report = told(use)
    return Sent(
        messages=report["messages"],
        seconds=report["seconds"],
        whole_seconds=use.seconds,
        cpu=report["cpu"],
        whole_cpu=use.cpu,
    )


def _probe(errand: Errand) -> Sent:
    return _comparator([sys.executable, str(_FOLDER / "probe.py")], errand)


def _threads(way: str, errand: Errand) -> Sent:
    return _comparator([sys.executable, str(_FOLDER / "threads.py")], errand, way=way)


def _django(errand: Errand) -> Sent:
    python = errand.bench.installed["Django"]
    return _comparator([str(python), str(_FOLDER / "django_mail.py")], errand)


def _nodemailer(errand: Errand) -> Sent:
    folder = errand.bench.installed["nodemailer"]
    return _comparator(["node", str(_FOLDER / "pool.js"), str(folder)], errand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A way of sending."""

    send: Callable[[Errand], Sent]
    #: How many of a case's messages it is given, at most 1: slow ones would take minutes, and their rate is steady.
    share: float = 1.0
    #: The part it needs of `Bench.installed`; empty: none.
    installed: str = ""


ED25519, RSA, BOTH = "signed: Ed25519", "signed: RSA-2048", "signed: both"
SAFE, FAST, SOURCE = "roundup, journal safe", "roundup, journal fast", "smtp-source"
PROBE = "probe: pipelines ready octets"
READY, BUILT = "smtplib, ready octets", "smtplib + EmailMessage"
#: A sender's name in the tables -> how it sends.
SENDERS: Mapping[str, Sender] = MappingProxyType(
    {
        SOURCE: Sender(send=smtp_source),
        SAFE: Sender(send=lambda errand: _roundup("safe", errand)),
        FAST: Sender(send=lambda errand: _roundup("fast", errand)),
        ED25519: Sender(send=lambda errand: _roundup("safe", errand, "ed25519")),
        RSA: Sender(send=lambda errand: _roundup("safe", errand, "rsa")),
        BOTH: Sender(send=lambda errand: _roundup("safe", errand, "rsa", "ed25519")),
        PROBE: Sender(send=_probe, share=0.25),
        READY: Sender(send=lambda errand: _threads("ready", errand), share=0.5),
        BUILT: Sender(send=lambda errand: _threads("built", errand), share=0.05),
        "Django mail": Sender(send=_django, share=0.1, installed="Django"),
        "nodemailer pool": Sender(send=_nodemailer, share=0.1, installed="nodemailer"),
    }
)
