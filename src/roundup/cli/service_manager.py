"""How the resident speaks to systemd (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names. The library for
it had its last release in 2017, and the protocol is this file."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Microseconds that one job may take, a day: by then the next issue is due, and the journal knows who is left.
_LONGEST_JOB = 86_400_000_000


def notify(**told: str) -> None:
    """Tell the service manager, such as `notify(READY="1", STATUS="Ready.")`. Nobody listening is no fault: then there
    is no such manager."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # The at sign stands for the zero octet of a name that is in no directory (unix(7)).
    name = f"\0{address[1:]}" if address.startswith("@") else address
    lines = "\n".join(f"{key}={value.replace(chr(10), ' ')}" for key, value in told.items())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.connect(name)
            line.sendall(lines.encode())
    except OSError:
        # It went away, and no issue waits for it.
        return


def reloading() -> None:
    """New settings are being read. Ends with `notify(READY="1")`."""
    notify(RELOADING="1", MONOTONIC_USEC=str(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000))


def alive() -> None:
    """Say that the resident is awake, to a manager that would start it anew otherwise (`WatchdogSec=`)."""
    if _watchdog():
        notify(WATCHDOG="1")


@contextmanager
def at_work() -> Iterator[None]:
    """Nothing is said during a job, and a delivery may take hours: the watchdog is given a day for it. One that was fed
    by a second thread would see no job that hangs; one that was not would end each long delivery in its midst, with
    messages in doubt."""
    usual = _watchdog()
    if not usual:
        yield
        return
    notify(WATCHDOG="1", WATCHDOG_USEC=str(_LONGEST_JOB))
    try:
        yield
    finally:
        notify(WATCHDOG="1", WATCHDOG_USEC=usual)


def _watchdog() -> str:
    """After how many microseconds without a word the manager takes this process for hung; empty: never.
    `WATCHDOG_PID` is whom it means (sd_watchdog_enabled(3))."""
    usual, whom = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    return usual if usual.isdecimal() and whom in ("", str(os.getpid())) else ""
