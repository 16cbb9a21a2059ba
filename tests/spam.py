"""SpamAssassin as the judge of a message (M31): which of its rules speak against it.

The sum of their scores would flatter: a list's headers and a hop that is trusted count as merits. So each rule is
asked for. Its daemon runs on a port of 127.0.0.1, with the rules that its package brings and settings of our own;
the machine's SpamAssassin is not touched, and nothing is asked of the network.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from tests.newsletters import free_port

_DAEMON = Path("/usr/sbin/spamd")
_RULES = Path("/usr/share/spamassassin")
#: Which plugins are loaded; without them most rules would be silent.
_PLUGINS = Path("/etc/spamassassin")
_PATIENCE = 60.0
#: The whole report: every rule that speaks, and its score.
_SETTINGS = "clear_report_template\nreport _TESTSSCORES(,)_\n"
#: A thousandth of a point says that there is HTML, of every message that has any (M15 wants it).
_SAYS_NOTHING = frozenset({"HTML_MESSAGE"})
#: What speaks of the port in the address of a test's own pages. To be allowed only where they are served.
OF_THE_LOOPBACK = frozenset({"WEIRD_PORT"})


def missing_parts() -> str:
    """What a judge lacks on this machine; empty: nothing."""
    lacking = [str(each) for each in (_DAEMON, _RULES, _PLUGINS) if not each.exists()]
    return f"SpamAssassin is not installed: no {', '.join(lacking)}" if lacking else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamAssassin:
    """A running daemon."""

    port: int

    def rules_against(self, octets: bytes, *, allowed: Collection[str] = ()) -> dict[str, float]:
        """The rules that speak against a message, with their scores; none if all is well. It is shown as the mail
        server of a reader gets it, from afar: of what comes from this machine some rules are silent."""
        rules = self._rules(_from_afar(octets))
        return {
            name: score
            for name, score in rules.items()
            if score > 0 and name not in _SAYS_NOTHING and name not in allowed
        }

    def _rules(self, octets: bytes) -> dict[str, float]:
        head, _, report = self.asked("REPORT", octets).partition("\r\n\r\n")
        assert head.startswith("SPAMD/1.1 0 EX_OK"), head
        pairs = (each.partition("=") for each in report.strip().split(","))
        # Of a message about which there is nothing to say, it says "none".
        return {name: float(score) for name, equals, score in pairs if equals}

    def asked(self, command: str, octets: bytes = b"") -> str:
        """What the daemon answers to a command of its protocol."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE) as line:
            line.sendall(f"{command} SPAMC/1.5\r\nContent-length: {len(octets)}\r\n\r\n".encode() + octets)
            with line.makefile("rb") as answer:
                return answer.read().decode("utf-8", "replace")


def _from_afar(octets: bytes) -> bytes:
    """A message with one more hop, above those that it has. SpamAssassin knows the addresses that are kept for
    examples and has a rule against them: this one is anybody's, and nobody asks for it."""
    head = octets.partition(b"\r\n\r\n")[0]
    place = head.find(b"\nReceived:") + 1
    hop = (
        "Received: from mail.example.org (mail.example.org [8.8.4.4])\r\n\tby mx.example.com (Postfix) with ESMTPS id"
        f" 4fT6qK1b7Wz9\r\n\tfor <reader@example.com>; {formatdate()}\r\n"
    )
    return octets[:place] + hop.encode() + octets[place:]


@contextmanager
def a_spamassassin(children: int = 1) -> Iterator[SpamAssassin]:
    """Start the daemon, and stop it in the end. `children`: how many messages it judges at the same time."""
    root = Path(tempfile.mkdtemp(prefix="spam-"))
    root.chmod(0o755)
    made = SpamAssassin(port=free_port())
    command = [str(_DAEMON), "--local", "--nouser-config", f"--max-children={children}"]
    command += [f"--listen=127.0.0.1:{made.port}", f"--syslog={root / 'log'}", f"--pidfile={root / 'pid'}"]
    command += [f"--configpath={_RULES}", f"--siteconfigpath={root / 'settings'}", f"--helper-home-dir={root / 'home'}"]
    try:
        _settle(root)
        if os.geteuid() == 0:
            command.append("--username=nobody")
            shutil.chown(root / "home", "nobody")
        with _running(command) as process:
            _await_answer(process, made, root / "log")
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _settle(root: Path) -> None:
    (root / "home").mkdir()
    (root / "settings").mkdir()
    for path in _PLUGINS.glob("*.pre"):
        shutil.copy(path, root / "settings")
    (root / "settings" / "local.cf").write_text(_SETTINGS, encoding="utf-8")


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that takes its children with it; one that does not end is ended with its whole process group."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, process_group=0) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _await_answer(process: subprocess.Popen[bytes], daemon: SpamAssassin, log: Path) -> None:
    """It listens at once, and answers when it has read its rules."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if "PONG" in daemon.asked("PING"):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nobody answers: {log.read_text(encoding='utf-8') if log.exists() else ''}")
