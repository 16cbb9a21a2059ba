"""The demo's mail server: takes what comes and stores it as a Maildir. The only file that knows aiosmtpd."""

import mailbox
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Keeper:
    """Stores each message under its recipient's address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self._folder.mkdir(parents=True, exist_ok=True)
        for recipient in envelope.rcpt_tos:
            box = mailbox.Maildir(self._folder / recipient, create=True)
            box.add(content.replace(b"\r\n", b"\n"))
        return "250 2.0.0 stored"


@contextmanager
def maildir_server(folder: Path) -> Iterator[int]:
    """A mail server on 127.0.0.1 that stores into `folder`, one Maildir a recipient. Gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(_Keeper(folder), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
