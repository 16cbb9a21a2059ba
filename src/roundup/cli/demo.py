"""`roundup demo`: the whole job on the shipped example, as of the example's own day."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import click

from roundup import credentials, settings, shipped, wiring
from roundup.cli.demo_faults import with_faults
from roundup.cli.mailbox import maildir_server
from roundup.cli.preview import show, write
from roundup.cli.progress import a_watch
from roundup.daily import run
from roundup.office import Orders
from roundup.settings import Settings
from roundup.settings_mail import Smtp
from roundup.upcoming import upcoming

#: Friday, when the example's issue is due.
_EXAMPLE_DAY = (2026, 11, 20, 17, 0)


def demo(target: Path | None, *, faults: bool) -> int:
    """What `roundup demo` does. Gives the exit code."""
    folder = target or Path(tempfile.mkdtemp(prefix="roundup-demo-"))
    newsletter, mails, looks = folder / "newsletter", folder / "mail", folder / "preview"
    for old in (newsletter, mails, looks):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(shipped.example(), newsletter)
    credentials.make_secret(newsletter)
    if faults:
        zone = settings.load(newsletter).newsletter.zone
        return with_faults(newsletter, at=datetime(*_EXAMPLE_DAY, tzinfo=zone), folder=_emptied(folder / "faults"))
    with maildir_server(mails) as port:
        loaded = _with_server(settings.load(newsletter), port)
        return _issue_of_the_day(newsletter, loaded, mails=mails, looks=looks)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _with_server(loaded: Settings, port: int) -> Settings:
    """The example's settings, with the demo's own mail server in place of the invented one."""
    return loaded.model_copy(update={"smtp": Smtp(host="127.0.0.1", port=port, security="none", connections=2)})


def _issue_of_the_day(newsletter: Path, loaded: Settings, *, mails: Path, looks: Path) -> int:
    office = wiring.office(newsletter, loaded, watch=a_watch())
    at = datetime(*_EXAMPLE_DAY, tzinfo=loaded.newsletter.zone)
    with office.store.to_read() as ledgers:
        seen = upcoming(office.newsroom, ledgers, schedule=office.schedule, now=at)
    write(seen, looks, office=office, settings=loaded)
    _show_pictures(newsletter, loaded, looks)
    show(seen, looks, loaded, now=at)
    click.echo()
    report = run(office, Orders(now=True, at=at))
    for line in report.lines(loaded.newsletter.zone):
        click.echo(line)
    boxes = sorted(each.name for each in mails.iterdir()) if mails.is_dir() else []
    click.echo(f"\nThe mail is in {mails}, a Maildir for each of {len(boxes)} readers, for example:")
    click.echo(f"  {next((mails / boxes[0] / 'new').iterdir())}" if boxes else "  (none)")
    click.echo(f"See the issue in a browser:\n  {looks / 'issue.html'}")
    return report.exit_code


def _show_pictures(newsletter: Path, loaded: Settings, looks: Path) -> None:
    """The example's site does not exist, so the page to look at takes the pictures from beside it. The mail itself
    is as it would be."""
    page = looks / "issue.html"
    shutil.copytree(newsletter / "pictures", looks / "pictures", dirs_exist_ok=True)
    site = f"{loaded.newsletter.website.rstrip('/')}/pictures/"
    page.write_text(page.read_text(encoding="utf-8").replace(f'src="{site}', 'src="pictures/'), encoding="utf-8")
