"""What `roundup init` takes, and its help."""

import click

from roundup.cli.declaring import FilePath, done_by, pass_directory


@click.command()
@click.argument("target", metavar="[DIR]", required=False, type=FilePath(file_okay=False))
@click.option("--feed", "feeds", metavar="URL", multiple=True, help="A feed to read; may be given again.")
@click.option("--folder", metavar="PATH", help="A folder of Markdown and HTML files.")
@pass_directory
@done_by("roundup.cli.init:init")
def init() -> None:
    """Make a newsletter directory. Asks only what it can't guess; on no terminal, nothing.

    \b
    Example:  roundup init my-roundup --feed https://example.org/feed/
    """
