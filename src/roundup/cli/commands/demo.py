"""What `roundup demo` takes, and its help."""

import click

from roundup.cli.declaring import FilePath, done_by


@click.command()
@click.option("--to", "target", metavar="DIR", type=FilePath(file_okay=False), help="Where to work.")
@click.option("--faults", is_flag=True, help="Into a mail server that fails on command, and see what becomes of it.")
@done_by("roundup.cli.demo:demo")
def demo() -> None:
    """The whole job on an invented magazine, into a mail server of its own. Nothing leaves this machine.

    With --faults the server fails in every way it knows, each at one reader, and the job is run once more, as the next
    start would.

    \b
    Example:  roundup demo --to demo
              roundup demo --to demo --faults
    """
