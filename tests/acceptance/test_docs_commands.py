"""Every command of every page: run here word for word, run by a test of its own, or listed with why it cannot be."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from roundup.cli import group
from tests.command_lines import Ran, run_lines
from tests.lived_in import a_lived_in_newsletter, a_week_later

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CHANGELOG.md", "cron/README.md", "examples/magazine/README.md"]
PAGES += [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))]

#: Pages whose commands a test of their own follows.
FOLLOWED = {
    "README.md": "test_readme.py",
    "docs/start.md": "test_readme.py",
    "docs/approval.md": "test_approval.py",
    "docs/bounces.md": "test_bounces_page.py",
    "docs/check.md": "../house/test_check_page.py",
    "docs/delivery.md": "test_delivery_page.py",
    "docs/dkim.md": "test_dkim.py",
}
#: Pages that are followed here, each in a newsletter of its own.
FOLLOWED_HERE = (
    "docs/backup.md",
    "docs/connecting.md",
    "docs/deliverability.md",
    "docs/moving.md",
    "docs/public-pages.md",
    "docs/scheduling.md",
    "docs/subscribers.md",
    "docs/the-editors-word.md",
)
#: Lines that no test runs, and why.
NOT_RUN = {
    "cp roundup.service roundup.timer /etc/systemd/system/": "a test does not change the machine's services",
    "systemctl daemon-reload": "the same",
    "install -m 600 /dev/stdin /etc/credstore/ROUNDUP_SMTP_PASSWORD": "the same",
    "systemctl enable --now roundup.timer": "the same",
    "journalctl -u roundup.service        # what it said": "the same",
    "podman build -f cron/Containerfile -t roundup .": "CI has no engine; test_starting.py runs what it starts",
    "podman run -d --name roundup -v /srv/my-roundup:/newsletter:U -e ROUNDUP_SMTP_PASSWORD roundup": "the same",
    'pip install "roundup-digest[postgresql]"': "it is on no index yet; CI installs the same extra from the checkout",
    "createuser --pwprompt roundup": "asks for a password; tests/postgres.py makes the same by SQL",
    "createdb --owner=roundup --encoding=UTF8 daily_lantern": "the same",
    "roundup -C my-roundup store move postgresql://roundup@db.example.org/daily_lantern":
        "another machine's; test_store_move.py moves to its own",
    "pg_dump --format=custom --file=daily_lantern.dump postgresql://roundup@db.example.org/daily_lantern":
        "another machine's; test_postgresql.py dumps and restores its own",
    "pg_restore --clean --if-exists --dbname=postgresql://roundup@db.example.org/daily_lantern daily_lantern.dump":
        "the same",
    "make test": "it is what runs this",
    "scripts/words.py": "changes the catalogues; tests/house/test_words.py checks them with it",
    """python -c "from roundup import settings; print(settings.schema(), end='')" > src/roundup/roundup.schema.json""":
        "tests/house/test_developing_page.py runs it, into no file",
    "roundup preview": "docs/desk.md: test_desk.py opens it and works at it",
}  # fmt: skip

#: Pages that are linked to and come with the next parts.
COMING: set[str] = set()
COMMANDS_TO_COME: set[str] = set()


def lines_of(page: str) -> list[str]:
    """The commands of a page: lines of its consoles and shells, and what is set in by four blanks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"^ *```(?:console|sh|bash|shell)\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        found += [line.strip().removeprefix("$ ") for line in block.splitlines() if line.strip()]
    bare = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    words = r"(?:cp|install|journalctl|make|pip|roundup|sudo|systemctl|uv|apt|python3?|docker|podman)"
    return found + [line.strip() for line in re.findall(rf"^ {{4,}}{words} .*", bare, re.MULTILINE)]


def _known(page: str) -> Iterator[str]:
    for line in lines_of(page):
        if page not in FOLLOWED and page not in FOLLOWED_HERE and line not in NOT_RUN:
            yield line


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_run_or_listed_with_the_reason(page: str) -> None:
    assert [*_known(page)] == [], "have it run by a test, or list it in NOT_RUN"


def test_the_lists_name_nothing_that_is_not_there() -> None:
    there = {line for page in PAGES for line in lines_of(page)}
    assert set(NOT_RUN) - there == set()
    assert {name for name in FOLLOWED.values() if not (Path(__file__).parent / name).is_file()} == set()
    assert [page for page in (*FOLLOWED, *FOLLOWED_HERE) if not lines_of(page)] == []


def test_the_commands_of_the_pages_run(tmp_path: Path) -> None:
    """Each page has a newsletter of its own, which has sent an issue."""
    directory = a_lived_in_newsletter(tmp_path / "first")
    (directory / "unsubscribed.csv").write_text("email\nbo@example.net\n", encoding="utf-8")
    (first,) = run_lines(["roundup -C my-roundup run --now --at 2026-11-20T17:00"], directory.parent)
    assert first.code == 0, first
    a_week_later(directory)
    for page in FOLLOWED_HERE:
        folder = shutil.copytree(directory.parent, tmp_path / Path(page).stem)
        given = lines_of(page)
        ran = run_lines(
            [line if " -C " in line else line.replace("roundup", "roundup -C my-roundup", 1) for line in given], folder
        )
        assert [each for each in ran if each.code != 0 or not each.out] == [], page
        _as_it_says(page, ran)


def _as_it_says(page: str, ran: list[Ran]) -> None:
    """More than that they end well, where a page says what comes of them."""
    said = {each.line.split("my-roundup ")[-1]: each.out for each in ran}
    if page == "docs/moving.md":
        assert "1 new, active" in said["subscribers import people.csv"]
        assert "1 changed" in said["subscribers import unsubscribed.csv"]
    if page == "docs/connecting.md":
        assert "example.org  ok" in said["sources list"]
    if page == "docs/deliverability.md":
        assert "you@example.org: accepted" in said["test-send you@example.org"]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)", text)
    gone = [link for link in links if not ((ROOT / page).parent / link).exists() and link not in COMING]
    assert gone == []


def _named_in_sentences(page: str) -> Iterator[str]:
    text = re.sub(r"^ *```.*?^ *```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    yield from re.findall(r"`(roundup(?:\s[^`]*)?)`", text)


@pytest.mark.parametrize("page", [page for page in PAGES if "decisions" not in page])
def test_every_command_and_option_that_a_sentence_names_is_there(page: str) -> None:
    for line in _named_in_sentences(page):
        words = re.sub(r'"[^"]*"', "TEXT", line).split()[1:]
        command: click.Command = group
        known = {"--help"} | {name for each in group.params for name in each.opts}
        for word in words:
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
                known |= {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
            elif command is group and word in COMMANDS_TO_COME:
                break
            else:
                assert not word.startswith("-") or word in known, f"{page}: {line}"
                assert command is not group or word.startswith("-") or words[0] == "-C", f"{page}: {line}"
