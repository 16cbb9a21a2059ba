"""A mail server that is far away: whatever it answers leaves a fixed time after the octets that caused it.

It stands for a relay with that round-trip time: a sender that waits for each reply pays it four times a message, one
that pipelines as RFC 2920 allows pays it once. So `connections / delay` messages a second is the most that a sender
can reach whose every message waits for the answer to the one before. Started as a process of its own:

    python benchmarks/sinks/latency.py PORT SECONDS

With 0 seconds it shows what it can take by itself, and the benchmarks measure that in the same run with a probe that
pipelines: it has to be well above `connections / delay`, or the sink would be the limit and not the delay.
"""

import asyncio
import signal
import sys
from collections import deque

_REPLIES = {
    b"EHLO": b"250-far\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n",
    b"HELO": b"250 far\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}
_END = b"\r\n.\r\n"


class Dialogue(asyncio.Protocol):
    """One connection."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._held = bytearray()
        self._in_content = False
        #: Replies on their way, in the order in which they must arrive.
        self._travelling: deque[bytes] = deque()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A sender has come: greet it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport
        self._answer(b"220 far ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Octets have come. One group of replies answers all of them."""
        self._held += data
        answers = bytearray()
        while True:
            answer = self._content() if self._in_content else self._command()
            if answer is None:
                break
            answers += answer
        if answers:
            self._answer(bytes(answers))

    def _content(self) -> bytes | None:
        """The answer to a whole message; None: its end has not come. Content is thrown away as it comes."""
        end = self._held.find(_END)
        if end < 0:
            del self._held[: max(0, len(self._held) - len(_END) + 1)]
            return None
        del self._held[: end + len(_END)]
        self._in_content = False
        return b"250 2.0.0 taken\r\n"

    def _command(self) -> bytes | None:
        end = self._held.find(b"\r\n")
        if end < 0:
            return None
        verb = bytes(self._held[:4]).upper()
        self._in_content = verb == b"DATA"
        # DATA's own line end stays: it is the one before a lone dot.
        del self._held[: end + (0 if self._in_content else 2)]
        return _REPLIES.get(verb, b"250 2.1.0 ok\r\n")

    def _answer(self, octets: bytes) -> None:
        self._travelling.append(octets)
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._arrive)
        else:
            self._arrive()

    def _arrive(self) -> None:
        octets = self._travelling.popleft()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)
            if octets.endswith(_REPLIES[b"QUIT"]):
                self._transport.close()


async def _serve(port: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Dialogue(delay), "127.0.0.1", port, backlog=512)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
