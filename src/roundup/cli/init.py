"""`roundup init`: a newsletter directory, ready to preview."""

import json
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click
import jinja2

from roundup import credentials, settings, shipped
from roundup.errors import SettingsError
from roundup.list_changes import FOLLOWED_FILE

_PLACEHOLDER_DOMAIN = "example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    name: str
    sender: str
    editor: str
    postal_address: str


def init(directory: Path, target: Path | None, feeds: tuple[str, ...], folder: str | None) -> int:
    """What `roundup init` does. Gives the exit code."""
    newsletter = (directory / target) if target else directory
    newsletter.mkdir(parents=True, exist_ok=True)
    path = newsletter / settings.FILE
    if path.exists():
        return _complete(newsletter)
    content = _settings(newsletter, feeds, folder)
    # Read before it is written: a file that is there is never overwritten, so it must be right.
    loaded = settings.read(content, path)
    path.write_text(content, encoding="utf-8")
    credentials.make_secret(newsletter)
    if folder or not feeds:
        (newsletter / (folder or "content")).mkdir(parents=True, exist_ok=True)
    list_file = newsletter / FOLLOWED_FILE
    if not list_file.exists():
        list_file.write_text(f"email,name\n{loaded.editor.email},\n", encoding="utf-8")
    _next_steps(newsletter, target, _todo(content))
    return 0


def _complete(newsletter: Path) -> int:
    """A directory that has its settings gets only what is missing besides."""
    if not credentials.make_secret(newsletter):
        raise SettingsError(f"{newsletter / settings.FILE} is there already; nothing was changed.")
    click.echo(f"Made {newsletter / credentials.SECRET_FILE}. Back it up: it signs the links in every mail.")
    return 0


def _settings(newsletter: Path, feeds: tuple[str, ...], folder: str | None) -> str:
    hosts = [urlsplit(feed).hostname for feed in feeds]
    sources = [
        # Two feeds of one host would be called the same.
        {"feed": feed, "name": re.sub(r"^https?://|/$", "", feed)} if hosts.count(host) > 1 else {"feed": feed}
        for feed, host in zip(feeds, hosts, strict=True)
    ]
    website = f"https://{_PLACEHOLDER_DOMAIN}/"
    if feeds and urlsplit(feeds[0]).hostname:
        website = f"https://{urlsplit(feeds[0]).hostname}/"
    if folder or not feeds:
        sources.append({"folder": folder or "content", "link": f"{website}{{year}}/{{month:02}}/{{slug}}/"})
    answers = _answers(newsletter, website)
    values = {
        "name": answers.name,
        "id": re.sub(r"[^a-z0-9]+", "-", answers.name.lower()).strip("-")[:60] or "roundup",
        "language": "en-GB",
        "timezone": _machine_zone(),
        "sender": answers.sender,
        "editor": answers.editor,
        "postal_address": answers.postal_address,
        "website": website,
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(shipped.templates() / "init"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - TOML, whose strings are quoted as JSON's are
    )
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()}
    blocks = [{key: json.dumps(value, ensure_ascii=False) for key, value in source.items()} for source in sources]
    return environment.get_template("roundup.toml").render(**quoted, sources=blocks)


def _answers(newsletter: Path, website: str) -> _Answers:
    """What cannot be guessed: asked on a terminal, else a placeholder that the next steps name."""
    host = (urlsplit(website).hostname or "").removeprefix("www.")
    if not re.search(r"\.[a-z-]{2,}$", host):
        # A number or a bare name (an intranet's) takes no mail.
        host = _PLACEHOLDER_DOMAIN
    guess = _Answers(
        name=newsletter.resolve().name.replace("-", " ").replace("_", " ").title() or "The Daily Roundup",
        sender=f"roundup@{host}",
        editor=f"editor@{host}",
        postal_address="1 Example Street, London",
    )
    if not sys.stdin.isatty():
        return guess
    return _Answers(
        name=click.prompt("The newsletter's name", default=guess.name),
        sender=click.prompt("The address it is sent from", default=guess.sender),
        editor=click.prompt("The editor's address, for reports", default=guess.editor),
        postal_address=click.prompt("The postal address to show (bulk senders must)", default=guess.postal_address),
    )


def _machine_zone() -> str:
    """This machine's time zone by name, or London's."""
    link = Path("/etc/localtime")
    name = str(link.resolve()).partition("zoneinfo/")[2] if link.is_symlink() else ""
    return name if "/" in name and not name.startswith("Etc/") else "Europe/London"


def _todo(content: str) -> list[str]:
    """What is still a placeholder."""
    left = []
    if "1 Example Street" in content:
        left.append("postal_address, which is still a placeholder")
    if f"@{_PLACEHOLDER_DOMAIN}" in content.partition("[[sources]]")[0].replace("# ", ""):
        left.append("from and [editor] email, if they are not right")
    return left


def _next_steps(newsletter: Path, target: Path | None, todo: list[str]) -> None:
    where = f"-C {shlex.quote(str(target))} " if target else ""
    click.echo(f"Made {newsletter / settings.FILE}, {FOLLOWED_FILE} and {credentials.SECRET_FILE} (back that one up).")
    if todo:
        click.echo(f"Look through {settings.FILE}, above all at {'; '.join(todo)}.")
    click.echo(f"See the next issue:      roundup {where}preview")
    click.echo(f"Write it as .eml files:  roundup {where}run --now")
