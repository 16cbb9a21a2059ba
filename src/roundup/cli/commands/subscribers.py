"""What the commands of `roundup subscribers` take, and their help."""

import click

from roundup.cli.declaring import FilePath, done_by, json_option, pass_directory


@click.group()
def subscribers() -> None:
    """The list. An import never brings back who left.

    \b
    Example:  roundup subscribers list
    """


@subscribers.command("list")
@json_option
@pass_directory
@done_by("roundup.cli.subscribers:list_")
def list_() -> None:
    """Everybody on the list, and whether the next issue would go to them.

    \b
    Example:  roundup subscribers list
    """


@subscribers.command()
@click.argument("address")
@click.option("--name", default="", help="How to address them.")
@pass_directory
@done_by("roundup.cli.subscribers:add")
def add() -> None:
    """Put somebody on the list who asked for it; also brings back who left.

    \b
    Example:  roundup subscribers add ann@example.org --name "Ann Example"
    """


@subscribers.command()
@click.argument("address")
@pass_directory
@done_by("roundup.cli.subscribers:remove")
def remove() -> None:
    """Take somebody off the list. No file brings them back.

    \b
    Example:  roundup subscribers remove ann@example.org
    """


@subscribers.command("import")
@click.argument("file", type=FilePath())
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--refused", type=FilePath(), help="Write every row that was refused to this CSV file.")
@json_option
@pass_directory
@done_by("roundup.cli.list_files:import_")
def import_() -> None:
    """Take people in: a CSV file, a ZIP or a plain list of addresses, as other programs export them.

    Mailchimp, Substack, Ghost, listmonk, Buttondown, beehiiv, Kit, MailerLite, MailPoet, Mailman; or the columns email,
    name, status, cadence, sections. FILE is looked for in the newsletter's directory. docs/subscribers.md says more.

    \b
    Example:  roundup subscribers import people.csv --dry-run
    """


@subscribers.command()
@click.argument("file", required=False, type=FilePath(dir_okay=False))
@click.option("--format", "kind", type=click.Choice(["csv", "jsonl"]), help="By FILE's ending if left out, else csv.")
@click.option("--person", metavar="ADDRESS", help="All that is kept of one person, as JSON, and nobody else.")
@pass_directory
@done_by("roundup.cli.list_files:export")
def export() -> None:
    """Write the whole list, to FILE in the newsletter's directory or to standard output.

    CSV is safe to open in a spreadsheet; JSON Lines is for programs. `subscribers import` reads both back.

    \b
    Example:  roundup subscribers export people.csv
    """


@subscribers.command()
@click.argument("address")
@pass_directory
@done_by("roundup.cli.persons:forget")
def forget() -> None:
    """Erase all that is kept of a person, but for a keyed hash, by which no list file brings them back.

    \b
    Example:  roundup subscribers forget ann@example.org
    """


@subscribers.command()
@click.option("--weeks", default=12, show_default=True, type=click.IntRange(1, 520), help="How many weeks to show.")
@click.option("--issues", default=10, show_default=True, type=click.IntRange(0, 1000), help="How many issues to show.")
@json_option
@pass_directory
@done_by("roundup.cli.statistics:stats")
def stats() -> None:
    """How the list grows: who came and who left by week, what became of sign-ups and of issues.

    Nobody is tracked: there is no number of opened mails or of followed links.

    \b
    Example:  roundup subscribers stats --weeks 12
    """
