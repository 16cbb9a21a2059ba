"""What the commands of `roundup sources` take, and their help."""

import click

from roundup.cli.declaring import done_by, json_option, pass_directory


@click.group()
def sources() -> None:
    """The state of each source; release or silence one.

    \b
    Example:  roundup sources list
    """


@sources.command("list")
@click.argument("name", required=False)
@json_option
@pass_directory
@done_by("roundup.cli.sources:list_")
def list_() -> None:
    """How each source stood when it was last read; all about one with its NAME.

    \b
    Example:  roundup sources list
    """


@sources.command()
@click.argument("name")
@pass_directory
@done_by("roundup.cli.sources:accept")
def accept() -> None:
    """Take what a held source shows, at its next reading; also lets a muted one speak again.

    \b
    Example:  roundup sources accept example.org
    """


@sources.command()
@click.argument("name")
@pass_directory
@done_by("roundup.cli.sources:mute")
def mute() -> None:
    """Read a source no more, until it is accepted.

    \b
    Example:  roundup sources mute example.org
    """
