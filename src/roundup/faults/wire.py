"""One line's octets: what came, what is to be answered, and when. It knows nothing of SMTP."""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast


class Wire(asyncio.Protocol, ABC):
    """One line, from its first octet to its end. Answers leave together when there is nothing left to read."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        #: What came and was not read yet.
        self.came = bytearray()
        self._answers: list[bytes] = []
        #: It answers later, or never again.
        self._waiting = self._over = False
        self._open = False
        self._handshake: asyncio.Task[None] | None = None

    # What a conversation does with it -----------------------------------------------------------------------------

    @abstractmethod
    def began(self) -> None:
        """The line is open."""

    @abstractmethod
    def read(self) -> bool:
        """Take one command, or what else is one step, from `came`. False: it has not come yet."""

    @abstractmethod
    def secured(self) -> None:
        """The line speaks TLS now."""

    @abstractmethod
    def ended(self) -> None:
        """The line is gone. Told once."""

    def answer(self, octets: bytes) -> None:
        """Answer with octets as they are."""
        self._answers.append(octets)

    def say(self, *lines: bytes) -> None:
        """Answer with lines, given without their ends."""
        self._answers += [line + b"\r\n" for line in lines]

    def hang_up(self, octets: bytes = b"") -> None:
        """Say a last thing, and end the line."""
        self._answers.append(octets)
        self._flush()
        self._over = True
        self._transport.close()

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        """Do something after a while; what comes meanwhile waits, so that answers keep their order."""
        self._flush()
        self._waiting = True

        def resume() -> None:
            self._waiting = False
            if not self._over:
                then()
                self._go_on()

        asyncio.get_running_loop().call_later(seconds, resume)

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on. What came in the clear with the request is thrown away (RFC 3207 §5)."""
        self._flush()
        self.came.clear()
        self._waiting = True
        self._handshake = asyncio.get_running_loop().create_task(self._shake_hands(context))

    def drop(self) -> None:
        """End the line at once, whatever is under way."""
        self._over = True
        if self._open:
            self._transport.abort()

    # What asyncio tells -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast(asyncio.Transport, transport)
        self._open = True
        self.began()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self.came += data
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """See `asyncio.Protocol`."""
        self._over = True
        if self._open:
            self._open = False
            self.ended()

    async def _shake_hands(self, context: ssl.SSLContext) -> None:
        try:
            transport = await asyncio.get_running_loop().start_tls(self._transport, self, context, server_side=True)
        except OSError as error:
            # The client trusts no such certificate, or went away: asyncio has closed the line and tells nobody.
            self.connection_lost(error)
            return
        if transport is None:
            self.connection_lost(None)
            return
        self._transport = transport
        self._waiting = False
        self.secured()
        self._go_on()

    def _go_on(self) -> None:
        while not (self._waiting or self._over) and self.read():
            pass
        if not self._over:
            self._flush()

    def _flush(self) -> None:
        if self._answers:
            self._transport.write(b"".join(self._answers))
            self._answers.clear()
