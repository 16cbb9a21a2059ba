"""A mail server of the far side that answers each recipient as their name says, and takes nothing."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: What is answered to `RCPT TO`, by the local part.
REPLIES = {
    "nobody": "550 5.1.1 No such user here",
    "unknown": "550 5.4.4 Host or domain name not found",
    "full": "552 5.2.2 Mailbox full",
    "disabled": "550 5.2.1 Mailbox disabled",
    "policy": "554 5.7.1 Message refused by policy",
    "big": "552 5.3.4 Message too big for system",
    "vague": "550 5.0.0 Requested action not taken",
    "later": "450 4.2.0 Try again later",
}


class _Far(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 far.example ESMTP")
        for raw in self.rfile:
            line = raw.decode("ascii", "replace").strip()
            verb = line[:4].upper()
            if verb == "RCPT":
                local = line.partition("<")[2].partition("@")[0]
                self._say(REPLIES.get(local, "550 5.1.1 No such user here"))
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("503 5.5.1 no recipients" if verb == "DATA" else "250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def a_far_server() -> Iterator[int]:
    """The server at work; gives its port."""
    with _Server(("127.0.0.1", 0), _Far) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()


@contextmanager
def a_listener() -> Iterator[tuple[int, list[object]]]:
    """Somebody who listens for mail, and writes down who connects: nobody should."""
    connections: list[object] = []

    class Heard(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            connections.append(self.client_address)

    with _Server(("127.0.0.1", 0), Heard) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1]), connections
        finally:
            server.shutdown()
