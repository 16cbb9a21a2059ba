"""What `roundup run`, `schedule` and `test-send` take, and their help."""

import click

from roundup.cli.declaring import done_by, json_option, metrics_option, pass_directory


@click.command()
@click.option("--now", is_flag=True, help="Send now, whatever the hour, the weekday or a skipped date.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; send and store nothing.")
@click.option("--late", is_flag=True, help="Send an issue that was missed, under its own date.")
@click.option("--quiet", is_flag=True, help="Print nothing when there was nothing to do.")
@click.option("--expect", metavar="FINGERPRINT", default="", help="Refuse unless the issue is exactly this one.")
@click.option("--at", metavar="TIME", help="Take this for the present: 2026-11-20T17:00.")
@json_option
@pass_directory
@done_by("roundup.cli.daily:run")
def run() -> None:
    """The daily job, once. Start it every five minutes; it knows when an issue is due.

    \b
    Example:  roundup run --dry-run
    """


@click.command()
@metrics_option
@pass_directory
@done_by("roundup.cli.schedule:schedule")
def schedule() -> None:
    """Stay, and do the daily job whenever it is due. For containers, and systems without cron.

    Ctrl-C or SIGTERM ends it once the messages under way are answered; SIGHUP lets it read roundup.toml anew.

    \b
    Example:  roundup -C my-roundup schedule
    """


@click.command("test-send")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--weekly", is_flag=True, help="The weekly edition in place of the day's issue.")
@json_option
@pass_directory
@done_by("roundup.cli.daily:test_send")
def test_send() -> None:
    """Send the issue due next to these addresses only. Changes nothing: its links are marked as tests.

    \b
    Example:  roundup test-send editor@example.org
    """
