"""What `roundup worker` takes, and its help."""

import click

from roundup.cli.declaring import done_by, metrics_option, pass_directory


@click.command()
@metrics_option
@pass_directory
@done_by("roundup.cli.worker:worker")
def worker() -> None:
    """Stay, and make deliveries that `run` leaves to workers, beside others on other machines.

    Needs PostgreSQL and [delivery] workers = true. Ctrl-C or SIGTERM ends it once the messages under way are answered.

    \b
    Example:  roundup -C my-roundup worker --metrics 9465
    """
