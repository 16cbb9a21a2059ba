"""Other programs, started and measured: wall time, CPU time and peak memory, each of one process and nobody else's.

CPU time is user and system time as the kernel counts it for the process when it ends (`wait4`), its threads and the
children it waited for included. Peak memory is `ru_maxrss`; a child never shows less than this process had when it
started it, which is why this process stays small (about 20 MB).
"""

import os
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PATIENCE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a process used from its start to its end."""

    #: Seconds on the wall, and of CPU.
    seconds: float
    cpu: float
    #: Bytes.
    peak: int
    code: int
    output: str
    complaints: str

    def checked(self, *allowed: int) -> "Use":
        """Itself, if its exit code is 0 or among `allowed`. Raises RuntimeError with what it said."""
        if self.code not in (0, *allowed):
            raise RuntimeError(f"exit code {self.code}\n{self.output[-2000:]}\n{self.complaints[-2000:]}")
        return self


class Running:
    """A program at work."""

    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `ended`
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `ended`
        self._began = time.perf_counter()
        self._use: Use | None = None
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._complaints,
            env=environment(env),
        )

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._use is None and os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def cpu_so_far(self) -> float:
        """Seconds of CPU until now, to a hundredth."""
        return sum(_ticks(self.pid)[:2]) / os.sysconf("SC_CLK_TCK")

    def ended(self) -> Use:
        """What it used. Waits for its end."""
        if self._use is None:
            _, status, used = os.wait4(self.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._use = Use(
                seconds=time.perf_counter() - self._began,
                cpu=_cpu(used),
                peak=used.ru_maxrss * 1024,
                code=self._process.returncode,
                output=_read(self._output),
                complaints=_read(self._complaints),
            )
        return self._use

    def stop(self, number: int = signal.SIGTERM) -> Use:
        """What it used, after it was asked to end. Safe to repeat."""
        if self._use is None:
            os.kill(self.pid, number)
        return self.ended()


def environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment without what would steer roundup, and with `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ROUNDUP_")} | dict(more or {})


def measured(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, timeout: float = 3600.0) -> Use:
    """Run a program to its end; after `timeout` seconds it is killed."""
    process = Running(command, env)
    killer = threading.Timer(timeout, os.kill, (process.pid, signal.SIGKILL))
    killer.start()
    try:
        return process.ended()
    finally:
        killer.cancel()


@contextmanager
def running(command: Sequence[str | Path], *, port: int) -> Iterator[Running]:
    """A server that listens at `port` of 127.0.0.1; stopped at the end. Raises RuntimeError if it does not come up."""
    process = Running(command)
    try:
        try:
            await_listener(port)
        except RuntimeError as error:
            raise RuntimeError(f"{error}: {process.stop().complaints}") from error
        yield process
    finally:
        process.stop()


def await_listener(port: int) -> None:
    """Wait until somebody listens. Looked up, not tried out: a connection would be one more client to serve."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    deadline = time.monotonic() + _PATIENCE
    while wanted not in Path("/proc/net/tcp").read_text(encoding="ascii"):
        if time.monotonic() > deadline:
            raise RuntimeError(f"nobody listens at port {port}")
        time.sleep(0.01)


def free_port() -> int:
    """A port of 127.0.0.1 at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def session_cpu(leader: int) -> float:
    """Seconds of CPU of a daemon: its leader, the leader's dead children, and every process of its session."""
    total = 0
    for each in (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()):
        try:
            if os.getsid(each) == leader:
                total += sum(_ticks(each)[: 4 if each == leader else 2])
        except OSError:
            # It ended while we looked: its parent has its time now.
            continue
    return total / os.sysconf("SC_CLK_TCK")


def _ticks(process: int) -> list[int]:
    """utime, stime, cutime and cstime of proc(5)'s stat; the name before them may hold anything, brackets too."""
    text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    return [int(number) for number in text.rpartition(")")[2].split()[11:15]]


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    with file:
        return file.read().decode("utf-8", "replace")
