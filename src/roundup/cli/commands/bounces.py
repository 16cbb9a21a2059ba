"""What `roundup bounces` takes, and its help."""

import click

from roundup.cli.declaring import done_by, json_option, pass_directory


@click.command()
@click.option("--stdin", "piped", is_flag=True, help="Read one message from standard input, for a mail server's alias.")
@json_option
@pass_directory
@done_by("roundup.cli.bounces:bounces")
def bounces() -> None:
    """Read bounces, complaints and unsubscribe mail. Answers nothing, and moves only what is ours.

    \b
    Example:  roundup bounces
    """
