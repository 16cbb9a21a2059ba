"""What the commands of `roundup issues` take, and their help."""

import click

from roundup.cli.declaring import done_by, json_option, pass_directory


@click.group()
def issues() -> None:
    """The archive, and what becomes of an issue.

    \b
    Example:  roundup issues list
    """


@issues.command("list")
@json_option
@pass_directory
@done_by("roundup.cli.issues:list_")
def list_() -> None:
    """Every issue, newest first.

    \b
    Example:  roundup issues list
    """


@issues.command()
@click.argument("key", metavar="DATE[/EDITION]")
@click.option("--failed", is_flag=True, help="List who has not got it, and why.")
@json_option
@pass_directory
@done_by("roundup.cli.issues:show")
def show() -> None:
    """One issue: what it carried, what became of its deliveries, and with --failed who missed it.

    \b
    Example:  roundup issues show 2026-11-20
    """


@issues.command()
@click.argument("key", metavar="DATE[/EDITION]")
@click.option("--expect", metavar="FINGERPRINT", default="", help="Refuse unless the issue is exactly this one.")
@json_option
@pass_directory
@done_by("roundup.cli.issues:approve")
def approve() -> None:
    """Let an issue go out that waits for approval; before its due time it is stored, and sent as it is then.

    \b
    Example:  roundup issues approve 2026-11-20
    """


@issues.command()
@click.argument("key", metavar="DATE[/EDITION]")
@pass_directory
@done_by("roundup.cli.issues:hold")
def hold() -> None:
    """Let an issue wait for a person; a delivery under way stops at its next claim.

    \b
    Example:  roundup issues hold 2026-11-20
    """


@issues.command()
@click.argument("key", metavar="DATE[/EDITION]")
@pass_directory
@done_by("roundup.cli.issues:release")
def release() -> None:
    """Let a held issue go; the next run goes on with it.

    \b
    Example:  roundup issues release 2026-11-20
    """


@issues.command()
@click.argument("key", metavar="DATE")
@click.option("--subject", metavar="TEXT", required=True, help="Its subject.")
@click.option("--intro", metavar="TEXT", required=True, help="What was wrong, and what is right.")
@click.option("--piece", "pieces", metavar="PIECE", multiple=True, help="A piece of the issue to show again.")
@click.option("--yes", is_flag=True, help="Write it down: the next run sends it.")
@pass_directory
@done_by("roundup.cli.issues:correct")
def correct() -> None:
    """Tell exactly those who have an issue what was wrong with it. Without --yes it is only shown.

    \b
    Example:  roundup issues correct 2026-11-20 --subject "A correction" --intro "The bridge is 40 metres long." --yes
    """


@issues.command()
@click.argument("key", metavar="DATE[/EDITION]")
@click.option("--was-sent", is_flag=True, help="It went out, in a time that a restore lost: its pieces are not new.")
@click.option("--was-not-sent", is_flag=True, help="Nobody got it, though a restore or refusals put it on hold.")
@pass_directory
@done_by("roundup.cli.issues:skip")
def skip() -> None:
    """Let an issue not go out at all; its pieces wait for the next one.

    \b
    Example:  roundup issues skip 2026-11-20
    """


@issues.command()
@click.argument("key", metavar="DATE[/EDITION]")
@click.option("--in-doubt", is_flag=True, help="Also to those who may have it already: some will have two copies.")
@json_option
@pass_directory
@done_by("roundup.cli.issues:retry")
def retry() -> None:
    """Offer an issue again to exactly those who were refused or whose time ran out, if they are still on the list.

    \b
    Example:  roundup issues retry 2026-11-20
    """
