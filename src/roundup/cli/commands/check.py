"""What `roundup check` takes, and its help."""

import click

from roundup.cli.declaring import FilePath, done_by, json_option, pass_directory


@click.command()
@click.option("--send-to", metavar="ADDRESS", help="Send the issue due next there, and look at what arrives.")
@click.option(
    "--received", metavar="FILE", type=FilePath(dir_okay=False),
    help="Look at a message that arrived, saved as a file, and at nothing else.",
)  # fmt: skip
@click.option("--offline", is_flag=True, help="Leave out all that asks the network.")
@click.option("--name-server", metavar="ADDRESS", default="", help="Ask this name server: 192.0.2.53 or 127.0.0.1:53.")
@json_option
@pass_directory
@done_by("roundup.cli.check:check")
def check() -> None:
    """Everything that can be wrong, in order of damage, with what to do. Writes nothing; mails only if asked.

    \b
    Example:  roundup check --offline
    """
