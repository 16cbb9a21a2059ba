"""What the commands of `roundup store` take, and their help."""

import click

from roundup.cli.declaring import done_by, json_option, pass_directory


@click.group()
def store() -> None:
    """Where the newsletter remembers what was sent and who has left.

    \b
    Example:  roundup store move postgresql://roundup@db.example.org/daily_lantern
    """


@store.command()
@click.argument("url")
@json_option
@pass_directory
@done_by("roundup.cli.store:move")
def move() -> None:
    """Move everything from the SQLite file into an empty PostgreSQL database. If it is cut off, run it again.

    The former file is never used again; roundup.toml is yours to change afterwards.

    \b
    Example:  roundup store move postgresql://roundup@db.example.org/daily_lantern
    """
