"""`roundup preview` without --out: the desk, for as long as the editor works at it."""

import os
import socket
import sys
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click
import uvicorn

from roundup import settings, wiring
from roundup.cli.newsletter import moment
from roundup.desk import Desk, Looking
from roundup.errors import RoundupError
from roundup.newsroom import Unwatched, Watch
from roundup.office import Office
from roundup.settings import Settings
from roundup.words import borrowed, say

#: How long whoever is being answered has, when the desk is closed, in seconds.
_GRACE = 2


class _Server(uvicorn.Server):
    """Lets go of those who listen for events before it waits for them."""

    def __init__(self, serving: uvicorn.Config, desk: Desk) -> None:
        super().__init__(serving)
        self._desk = desk

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._desk.close()
        super().handle_exit(sig, frame)


def keep_open(directory: Path, *, at: str | None, weekly: bool, port: int, browser: bool) -> int:
    """Serve the desk on this machine alone until it is stopped. Raises `SettingsError`."""

    def opening(*, sends: bool = False, watch: Watch | None = None) -> tuple[Settings, Office]:
        loaded = settings.load(directory)
        return loaded, wiring.office(directory, loaded, watch=watch or Unwatched(), sends=sends)

    zone = settings.load(directory).newsletter.zone
    looking = Looking(directory, opening, at=moment(at, zone), weekly=weekly)
    # The sources are read while the browser starts.
    threading.Thread(target=lambda: looking.sight, name="first-look", daemon=True).start()
    with _socket(port) as listening:
        chosen = int(listening.getsockname()[1])
        desk = Desk(looking, port=chosen)
        serving = uvicorn.Config(desk.app, log_level="error", access_log=False, timeout_graceful_shutdown=_GRACE)
        address = f"http://127.0.0.1:{chosen}/"
        click.echo(say("The desk: {address}", address=address))
        click.echo(say("Ctrl-C closes it."))
        sys.stdout.flush()
        if browser and _has_a_screen():
            webbrowser.open(address)
        # It sees to Ctrl-C itself, and raises it once more when it has closed.
        with suppress(KeyboardInterrupt):
            _Server(serving, desk).run(sockets=[listening])
    click.echo(say("The desk is closed."))
    return 0


def _socket(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        why = borrowed(error.strerror or error)
        raise RoundupError(
            say("The desk cannot listen on port {port}: {why}. Choose another with --port.", port=port, why=why)
        ) from None


def _has_a_screen() -> bool:
    """Whether a browser can be opened: one in a terminal would take the terminal."""
    if not sys.stdout.isatty():
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
