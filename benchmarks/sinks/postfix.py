"""A real Postfix of its own: its own directory, its own port, the machine's Postfix untouched.

It takes mail as it does in production, with its queue manager, its queue files and their fsync, and hands each message
to `discard`, which throws it away: what is measured is how fast it can be fed. Needs root, as every Postfix does.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import await_listener, free_port, session_cpu

_POSTFIX = Path("/usr/sbin/postfix")
_QUEUES = ("maildrop", "incoming", "active", "deferred")
_PATIENCE = 120.0

#: Only what has to differ from Postfix's own values: where things lie, and that nothing leaves.
_MAIN = """
compatibility_level = 3.6
myhostname = mx.bench.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {root}/queue
data_directory = {root}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
alias_maps =
alias_database =
local_recipient_maps =
default_transport = discard:
relay_transport = discard:
disable_dns_lookups = yes
smtpd_peername_lookup = no
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
"""

_MASTER = (
    "127.0.0.1:{port} inet n - n - - smtpd\n"
    "postlog unix-dgram n - n - 1 postlogd\n"
    "cleanup unix n - n - 0 cleanup\n"
    "qmgr unix n - n 300 1 qmgr\n"
    "rewrite unix - - n - - trivial-rewrite\n"
    "bounce unix - - n - 0 bounce\n"
    "defer unix - - n - 0 bounce\n"
    "trace unix - - n - 0 bounce\n"
    "proxymap unix - - n - - proxymap\n"
    "error unix - - n - - error\n"
    "retry unix - - n - - error\n"
    "discard unix - - n - - discard\n"
    "anvil unix - - n - 1 anvil\n"
)


def missing() -> str:
    """What it lacks on this machine; empty: nothing."""
    if not _POSTFIX.exists():
        return "Postfix is not installed (apt install postfix)"
    return "" if os.geteuid() == 0 else "Postfix needs root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A Postfix at work."""

    root: Path
    port: int

    @property
    def leader(self) -> int:
        """The process number of its master."""
        return int((self.root / "queue" / "pid" / "master.pid").read_text(encoding="ascii"))

    def drained(self) -> float:
        """Seconds of CPU of all its processes so far, once it has nothing left to do."""
        deadline = time.monotonic() + _PATIENCE
        while any(each.is_file() for name in _QUEUES for each in (self.root / "queue" / name).rglob("*")):
            if time.monotonic() > deadline:
                raise RuntimeError(f"mail is stuck:\n{(self.root / 'postfix.log').read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.05)
        return session_cpu(self.leader)


@contextmanager
def started() -> Iterator[Server]:
    """Start one, and stop it in the end."""
    root = Path(tempfile.mkdtemp(prefix="bench-postfix-"))
    # The daemons drop root, and must still find what is theirs.
    root.chmod(0o755)
    server = Server(root=root, port=free_port())
    try:
        _start(server)
        yield server
    finally:
        _stop(server)
        shutil.rmtree(root, ignore_errors=True)


def _start(server: Server) -> None:
    root, settings = server.root, server.root / "settings"
    for folder in (settings, root / "queue", root / "data"):
        folder.mkdir()
    shutil.chown(root / "data", "postfix")
    (settings / "main.cf").write_text(_MAIN.format(root=root), encoding="utf-8")
    (settings / "master.cf").write_text(_MASTER.format(port=server.port), encoding="utf-8")
    # Its daemons would keep a pipe open for as long as they run.
    command = [str(_POSTFIX), "-c", str(settings), "start"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
    await_listener(server.port)


def _stop(server: Server) -> None:
    try:
        leader = server.leader
        os.kill(leader, signal.SIGTERM)
    except (OSError, ValueError):
        # It never came up.
        return
    deadline = time.monotonic() + _PATIENCE
    while Path(f"/proc/{leader}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
