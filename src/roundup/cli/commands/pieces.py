"""What the commands of `roundup pieces` take, and their help."""

import click

from roundup.cli.declaring import done_by, json_option, pass_directory

_day = click.option("--issue", "day", metavar="DATE", help="Of another issue than the one due next.")
_at = click.option("--at", metavar="TIME", help="As if it were this time: 2026-11-20T16:00.")


@click.group()
def pieces() -> None:
    """What could go into the next issue, and your word on it.

    A piece is named by its id or its link. What you say is written to the file of the issue, issues/DATE.toml; you may
    as well write that by hand.

    \b
    Example:  roundup pieces list
              roundup pieces pin https://example.org/2026/11/the-bridge/
    """


@pieces.command("list")
@_day
@_at
@json_option
@pass_directory
@done_by("roundup.cli.pieces:list_")
def list_() -> None:
    """Every piece that could go in: its place, or why it is out.

    \b
    Example:  roundup pieces list
    """


@pieces.command()
@click.argument("references", metavar="PIECE…", nargs=-1, required=True)
@click.option("--place", type=click.IntRange(min=1), help="Where: 1 is the top. At the end of the pins if left out.")
@click.option("--off", is_flag=True, help="Pin it no more.")
@_day
@_at
@pass_directory
@done_by("roundup.cli.pieces:pin")
def pin() -> None:
    """Put pieces first, in this order.

    \b
    Example:  roundup pieces pin https://example.org/2026/11/the-bridge/
    """


@pieces.command()
@click.argument("references", metavar="PIECE…", nargs=-1, required=True)
@click.option("--off", is_flag=True, help="Let it in again.")
@_day
@_at
@pass_directory
@done_by("roundup.cli.pieces:exclude")
def exclude() -> None:
    """Leave pieces out, of this issue and of all that follow.

    \b
    Example:  roundup pieces exclude https://example.org/2026/11/house-notices/
    """


@pieces.command()
@click.argument("reference", metavar="[PIECE]", required=False)
@click.option("--title", metavar="TEXT", help="The piece's title in the mail; empty: as its source has it.")
@click.option("--excerpt", metavar="TEXT", help="Its excerpt in the mail; empty: as its source has it.")
@click.option("--picture", metavar="ADDRESS", help="Its picture in the mail; empty: as its source has it.")
@click.option("--alt", metavar="TEXT", help="What the picture shows.")
@click.option("--subject", metavar="TEXT", help="The issue's subject; empty: as it would be.")
@click.option("--preheader", metavar="TEXT", help="What an inbox shows behind it; empty: as it would be.")
@click.option("--intro", metavar="TEXT", help="Words at the top; an empty line begins a paragraph.")
@click.option("--appeal/--no-appeal", default=None, help="Show appeals, or none, whatever their dates.")
@click.option("--sponsor/--no-sponsor", default=None, help="Show sponsors, or none, whatever their dates.")
@click.option("--credit", metavar="TEXT", help="A sponsor for this issue alone; empty: as the settings have it.")
@click.option("--credit-link", metavar="ADDRESS", help="Where it leads.")
@_day
@_at
@pass_directory
@done_by("roundup.cli.pieces:edit")
def edit() -> None:
    """Change what the mail says of a piece, or, without PIECE, of the issue.

    \b
    Example:  roundup pieces edit https://example.org/2026/11/the-bridge/ --title "Two towns, one bridge"
              roundup pieces edit --subject "The day the council blinked" --intro "Good evening."
    """


@pieces.command()
@click.argument("link", metavar="LINK")
@click.option("--title", metavar="TEXT", help="Its title.")
@click.option("--excerpt", metavar="TEXT", help="A few words on it.")
@click.option("--author", metavar="NAME", help="Whose it is.")
@click.option("--off", is_flag=True, help="Take it out again.")
@_day
@_at
@pass_directory
@done_by("roundup.cli.pieces:add")
def add() -> None:
    """Add a piece that no source has.

    \b
    Example:  roundup pieces add https://example.org/podcast/12/ --title "Listen: our podcast"
    """
