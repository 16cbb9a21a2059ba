"""What a sink can take of somebody who pipelines: ready octets, one thread a connection, one round trip a message.

The envelope of the next message rides on the end of the last (RFC 2920 §3.1), and nothing is personal, kept or retried.
It shows what the latency sink's delay alone allows, and with the delay off what the sink itself can take.
"""

import json
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

_ENVELOPE = b"MAIL FROM:<bounces@lantern.example.org>\r\nRCPT TO:<reader@example.com>\r\nDATA\r\n"


def say(line: socket.socket, octets: bytes, replies: int) -> None:
    """Send, and wait for so many replies of one line. Raises RuntimeError at one that is a no."""
    line.sendall(octets)
    read = b""
    while read.count(b"\r\n") < replies:
        got = line.recv(4096)
        if not got:
            raise RuntimeError("the sink hung up")
        read += got
    if any(reply[:1] not in (b"2", b"3") for reply in read.splitlines()):
        raise RuntimeError(f"the sink said {read!r}")


def send(port: int, content: bytes, count: int, failures: list[str]) -> None:
    """One connection's share."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            say(line, b"", 1)
            say(line, b"HELO bench.example.org\r\n", 1)
            say(line, _ENVELOPE, 3)
            for _ in range(count - 1):
                say(line, content + _ENVELOPE, 4)
            say(line, content + b"QUIT\r\n", 2)
    except (OSError, RuntimeError) as error:
        failures.append(str(error))


def main() -> None:
    """See the module."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    total, lines = asked["messages"], asked["connections"]
    content = (Path(asked["folder"]) / "issue.eml").read_bytes().replace(b"\r\n.", b"\r\n..") + b".\r\n"
    failures: list[str] = []
    shares = [len(range(first, total, lines)) for first in range(lines)]
    threads = [threading.Thread(target=send, args=(asked["port"], content, share, failures)) for share in shares]
    began, used = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    if failures:
        sys.exit(failures[0])
    print(json.dumps({"messages": total, "seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
