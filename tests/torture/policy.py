"""A policy server for Postfix (SMTPD_POLICY_README) that takes its time, and has nothing against anybody.

A Postfix with nothing else to do answers a message within three milliseconds. One with a busy disk, a virus scanner or
a spam filter does not, and it is then that a line breaks while nobody knows whether the message was taken.
"""

import random
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def a_slow_policy(most_seconds: float) -> Iterator[str]:
    """Serve on a port of this machine; each answer takes up to `most_seconds`. Gives a line of main.cf: every message
    is asked about between its final dot and its 250."""
    chance = random.Random(0)  # noqa: S311 - moments, not secrets

    class Policy(socketserver.StreamRequestHandler):
        """One smtpd, which asks again and again."""

        def handle(self) -> None:
            # A question is lines of name=value, and an empty one.
            for line in self.rfile:
                if line == b"\n":
                    time.sleep(chance.uniform(0, most_seconds))
                    self.wfile.write(b"action=DUNNO\n\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Policy) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="policy", daemon=True).start()
        try:
            yield f"smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:{server.server_address[1]}\n"
        finally:
            server.shutdown()
