"""Mail servers that take everything and keep nothing. Each is started for one measurement and stopped after it, so
that what it used of the CPU is what that measurement cost it.

smtp-sink            Debian's, from the postfix package: the usual yardstick
fast sink            ours, fast.c: without smtp-sink's limit of one octet at a time
latency sink         ours, latency.py: every reply takes 10 ms; and with no delay, to show that it is not the limit
Postfix              a real one with a discard transport: it queues, syncs and throws away
stunnel + smtp-sink  Debian's stunnel4 in front of smtp-sink: TLS from the first octet, or after STARTTLS
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks.processes import free_port, running
from benchmarks.sinks import postfix

_SMTP_SINK = Path("/usr/sbin/smtp-sink")
_STUNNEL = Path("/usr/bin/stunnel4")
DELAY = 0.010


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a sink says at its end."""

    #: Seconds of CPU.
    cpu: float
    #: Messages, and octets of content; None where the sink does not count.
    messages: int | None = None
    octets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A sink at work at a port of 127.0.0.1."""

    port: int
    #: Ends it and says what it used. To be called once the sender is through.
    finish: Callable[[], Took]
    #: "none", "tls" or "starttls", and the certificate to trust.
    security: str = "none"
    certificate: Path | None = None

    @property
    def trusted(self) -> dict[str, str]:
        """The environment in which a sender trusts it."""
        return {"SSL_CERT_FILE": str(self.certificate)} if self.certificate else {}


def compiled(work: Path) -> Path:
    """The fast sink's program, compiled with the machine's C compiler if it is not there yet."""
    program = work / "fast"
    if not program.exists():
        source = Path(__file__).with_name("fast.c")
        subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True, timeout=120)
    return program


@contextmanager
def fast_sink(work: Path) -> Iterator[Sink]:
    """Ours, in C."""
    port = free_port()
    with running([compiled(work), str(port)], port=port) as process:

        def finish() -> Took:
            use = process.stop().checked()
            messages, octets = (int(number) for number in use.output.split())
            return Took(cpu=use.cpu, messages=messages, octets=octets)

        yield Sink(port=port, finish=finish)


def _smtp_sink_command(port: int) -> list[str | Path]:
    # It refuses to stay root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    return [_SMTP_SINK, *user, f"127.0.0.1:{port}", "512"]


@contextmanager
def smtp_sink(_work: Path) -> Iterator[Sink]:
    """Debian's."""
    port = free_port()
    with running(_smtp_sink_command(port), port=port) as process:
        yield Sink(port=port, finish=lambda: Took(cpu=process.stop().cpu))


@contextmanager
def latency_sink(delay: float) -> Iterator[Sink]:
    """Ours, far away: every reply takes so many seconds."""
    port = free_port()
    program = Path(__file__).with_name("latency.py")
    with running([sys.executable, program, str(port), str(delay)], port=port) as process:
        # Its interpreter's start is no part of what a message costs it.
        before = process.cpu_so_far()
        yield Sink(port=port, finish=lambda: Took(cpu=process.stop().checked().cpu - before))


@contextmanager
def _postfix(_work: Path) -> Iterator[Sink]:
    with postfix.started() as server:
        yield Sink(port=server.port, finish=lambda: Took(cpu=server.drained()))


_STUNNEL_SETTINGS = """
foreground = yes
pid =
debug = warning
syslog = no
[front]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{behind}
cert = {work}/certificate.pem
key = {work}/key.pem
{protocol}
"""


@contextmanager
def _tls_sink(work: Path, security: str) -> Iterator[Sink]:
    _make_certificate(work)
    port, behind = free_port(), free_port()
    settings = work / f"stunnel-{port}.conf"
    protocol = "protocol = smtp" if security == "starttls" else ""
    text = _STUNNEL_SETTINGS.format(port=port, behind=behind, work=work, protocol=protocol)
    settings.write_text(text, encoding="utf-8")
    with (
        running(_smtp_sink_command(behind), port=behind) as sink,
        running([_STUNNEL, settings], port=port) as front,
    ):

        def finish() -> Took:
            return Took(cpu=front.stop().cpu + sink.stop().cpu)

        yield Sink(port=port, finish=finish, security=security, certificate=work / "certificate.pem")


def _make_certificate(work: Path) -> None:
    if (work / "certificate.pem").exists():
        return
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    usage = ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(work / "key.pem"), "-out", str(work / "certificate.pem")]
    subprocess.run(["openssl", "req", *kind, *names, *usage, *files], check=True, capture_output=True, timeout=30)


#: A sink's name in the tables -> how it is started.
SINKS: Mapping[str, Callable[[Path], AbstractContextManager[Sink]]] = MappingProxyType(
    {
        "smtp-sink": smtp_sink,
        "fast sink": fast_sink,
        "latency sink, 10 ms": lambda _work: latency_sink(DELAY),
        "latency sink, no delay": lambda _work: latency_sink(0),
        "Postfix": _postfix,
        "stunnel + smtp-sink, TLS": lambda work: _tls_sink(work, "tls"),
        "stunnel + smtp-sink, STARTTLS": lambda work: _tls_sink(work, "starttls"),
    }
)


def missing(name: str) -> str:
    """What a sink lacks on this machine; empty: nothing."""
    if name == "Postfix":
        return postfix.missing()
    if "smtp-sink" in name and not _SMTP_SINK.exists():
        return "smtp-sink is not installed (apt install postfix)"
    if "stunnel" in name and not _STUNNEL.exists():
        return "stunnel is not installed (apt install stunnel4)"
    return ""
