"""The faulty server at work: on a port of this machine, in a thread of its own or in the caller's event loop."""

import asyncio
import ssl
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from roundup.faults import Manners
from roundup.faults.books import Books
from roundup.faults.dialogue import Dialogue


class Server:
    """A server. Started, and closed, in an event loop."""

    def __init__(self, books: Books, manners: Manners) -> None:
        self._books = books
        self._manners = manners
        self._context = _context(manners)
        self._dialogues: weakref.WeakSet[Dialogue] = weakref.WeakSet()
        self._listening: asyncio.Server

    async def start(self, port: int = 0, *, host: str = "127.0.0.1") -> int:
        """Listen on a port; 0: any that is free. Returns which. Raises `OSError`."""
        secure = self._context if self._manners.security == "tls" else None
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._dialogue, host, port, ssl=secure)
        return int(self._listening.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more, and drop every line."""
        self._listening.close()
        for dialogue in list(self._dialogues):
            dialogue.drop()
        # asyncio closes what was dropped in its next turn.
        await asyncio.sleep(0)

    def _dialogue(self) -> Dialogue:
        dialogue = Dialogue(self._books, self._manners, self._context)
        self._dialogues.add(dialogue)
        return dialogue


def _context(manners: Manners) -> ssl.SSLContext | None:
    if manners.security == "none" or manners.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(manners.certificate, manners.key)
    return context


@contextmanager
def faulty_server(books: Books, manners: Manners) -> Iterator[int]:
    """A faulty server in a thread of its own. Gives its port."""
    loop = asyncio.new_event_loop()
    server = Server(books, manners)
    port = loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever, name="faulty server", daemon=True)
    thread.start()
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
