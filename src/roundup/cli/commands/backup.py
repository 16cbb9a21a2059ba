"""What `roundup backup` and `restore` take, and their help."""

import click

from roundup.cli.declaring import FilePath, done_by, json_option, pass_directory


@click.command()
@click.argument("file", type=FilePath(dir_okay=False))
@json_option
@pass_directory
@done_by("roundup.cli.backup:backup")
def backup() -> None:
    """Keep everything of the newsletter in one file, also while a run is at work.

    \b
    Example:  roundup backup backups/roundup.tar.gz
    """


@click.command()
@click.argument("file", type=FilePath(dir_okay=False, exists=True))
@click.option("--lost-were-sent", is_flag=True, help="The issues since the backup were sent: they are closed.")
@click.option("--hold", "holds", is_flag=True, help="Let them wait for a decision, without asking.")
@json_option
@pass_directory
@done_by("roundup.cli.backup:restore")
def restore() -> None:
    """Bring a newsletter back from a backup; what may have been sent since then waits for you.

    \b
    Example:  roundup -C my-roundup restore backups/roundup.tar.gz
    """
