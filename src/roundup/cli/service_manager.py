"""How the resident speaks to systemd (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names. The library for
it had its last release in 2017, and the protocol is this file."""

import os
import socket
import time


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
