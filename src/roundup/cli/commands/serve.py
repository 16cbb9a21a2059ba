"""What `roundup serve` takes, and its help."""

import click

from roundup.cli.declaring import done_by, metrics_option, pass_directory


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
@metrics_option
@pass_directory
@done_by("roundup.cli.serve:serve")
def serve() -> None:
    """The public pages: sign-up, leaving, choosing, past issues.

    Put a web server with https in front, reached at public_url. Confirmation mails are sent from here.

    \b
    Example:  roundup -C my-roundup serve --port 8025
    """
