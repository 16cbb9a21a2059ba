"""Commands at work, waited for and killed."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

_PATIENCE = 90.0


def until(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> None:
    """Wait until something has come about while it works."""
    deadline = time.monotonic() + _PATIENCE
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def killed(process: "subprocess.Popen[str]") -> None:
    """Killed with `kill -9`."""
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=_PATIENCE)


def peak(process: "subprocess.Popen[str]") -> int:
    """The memory that it took at most, in KB, once it has ended well."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert 0 == process.returncode, process.communicate()
    process.communicate()
    return used.ru_maxrss
