"""`roundup serve`: the public pages."""

import socket
from pathlib import Path

import click
import uvicorn

from roundup import clock, wiring
from roundup.cli.newsletter import opened, pass_directory
from roundup.errors import RoundupError
from roundup.web import Site, create_app
from roundup.words import borrowed, say


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
@pass_directory
def serve(directory: Path, *, host: str, port: int) -> int:
    """The public pages, where readers leave. Put a web server with https in front, reached at public_url.

    \b
    Example:  roundup -C my-roundup serve --port 8025
    """
    settings, office = opened(directory)
    newsroom = office.newsroom
    with office.store.to_write() as ledgers:
        site = Site(
            masthead=newsroom.masthead,
            subscribers=ledgers.subscribers,
            secret=newsroom.secret,
            clock=clock.now,
            templates=[folder / "web" for folder in wiring.templates(directory)],
        )
        listening = _socket(host, port)
        address = f"http://{host}:{listening.getsockname()[1]}/"
        click.echo(
            say("Serving the public pages of {name} on {address}", name=settings.newsletter.name, address=address)
        )
        # The access log would hold tokens: it stays off.
        config = uvicorn.Config(create_app(site), access_log=False, log_level="warning", server_header=False)
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _socket(host: str, port: int) -> socket.socket:
    """Where to listen. Raises `RoundupError`."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = borrowed(error.strerror or error)
        raise RoundupError(
            say("Nobody can be served on {host}:{port}: {why}.", host=host, port=port, why=why)
        ) from None
