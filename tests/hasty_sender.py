"""A sender made to be killed: a few raw connections, each with the next envelope riding on the end of the last body
(RFC 2920 §3.1), and a ledger of what it began and of what was accepted. Its own process.

The ledger has one unbuffered line for each step: `begun NUMBER` before the first octet of a body, `accepted NUMBER`
after its 250, before the next body. Bodies are sent in pieces with short rests, so that a kill can come between them.
"""

import argparse
import os
import random
import socket
import threading
import time
from pathlib import Path

DOMAIN = "hasty.example.org"
READER = "hasty@example.org"


def message_id(number: int) -> str:
    """The Message-ID of a message, angle brackets included."""
    return f"<{number}@{DOMAIN}>"


def octets(number: int, *, lines: int = 300) -> bytes:
    """A message as it goes over the wire, without its final dot."""
    head = f"From: sender@{DOMAIN}\r\nTo: {READER}\r\nMessage-ID: {message_id(number)}\r\nSubject: {number}\r\n\r\n"
    return head.encode() + b"The quick brown fox jumps over the lazy dog, again and again.\r\n" * lines


def envelope(number: int) -> bytes:
    """MAIL, RCPT and DATA in one group."""
    return f"MAIL FROM:<bounces+{number}@{DOMAIN}>\r\nRCPT TO:<{READER}>\r\nDATA\r\n".encode()


class Hand:
    """One raw connection to the relay."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._replies = self.socket.makefile("rb")
        self.await_reply()
        self.say(b"EHLO hasty\r\n")
        self.await_reply()

    def say(self, what: bytes) -> None:
        self.socket.sendall(what)

    def await_reply(self) -> bytes:
        """The last line of the next reply."""
        while (line := self._replies.readline())[3:4] == b"-":
            pass
        return line

    def drop(self) -> None:
        """Close without a farewell."""
        self._replies.close()
        self.socket.close()


def _send(port: int, numbers: range, ledger: int, dice: random.Random) -> None:
    hand = Hand(port)
    hand.say(envelope(numbers[0]))
    for number in numbers:
        replies = [hand.await_reply()[:3] for _ in range(3)]
        assert replies == [b"250", b"250", b"354"], replies
        os.write(ledger, f"begun {number}\n".encode())
        content = octets(number)
        for piece in (content[:5000], content[5000:12000], content[12000:]):
            hand.say(piece)
            time.sleep(dice.random() * 0.01)
        hand.say(b".\r\n" + envelope(number + numbers.step))
        assert hand.await_reply()[:3] == b"250"
        os.write(ledger, f"accepted {number}\n".encode())
    hand.drop()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    ledger = os.open(options.ledger, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    for line in range(options.connections):
        numbers = range(options.first + line, options.first + 100_000, options.connections)
        dice = random.Random(options.first + line)  # noqa: S311 - rests, not secrets
        threading.Thread(target=_send, args=(options.port, numbers, ledger, dice)).start()


if __name__ == "__main__":
    _main()
