"""What `roundup preview` takes, and its help."""

import click

from roundup.cli.declaring import FilePath, done_by, json_option, pass_directory


@click.command()
@click.option("--out", metavar="DIR", type=FilePath(file_okay=False), help="Write the files there.")
@click.option("--at", metavar="TIME", help="As if it were this time: 2026-11-20T17:00.")
@click.option("--weekly", is_flag=True, help="The weekly edition in place of the day's issue.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of the desk; any free one if left out.")
@click.option("--no-browser", is_flag=True, help="Only print the desk's address.")
@json_option
@pass_directory
@done_by("roundup.cli.preview:preview")
def preview() -> None:
    """The editor's desk in a browser: the issue due next, today's if it is not sent yet. Looking changes nothing.

    With --out there is no desk: the issue is written to files, and its ranking printed.

    \b
    Example:  roundup preview
              roundup preview --out preview
    """
