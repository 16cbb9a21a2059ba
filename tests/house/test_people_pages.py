"""The pages on the list and on the public pages say what is so: their tables are compared, their commands run."""

import re
import shlex
from pathlib import Path

import pytest
from starlette.routing import Route

from roundup.list_files.products import PRODUCTS
from roundup.model import Status
from roundup.settings_people import PrivacySettings, SignupSettings
from tests.newsletters import a_newsletter, roundup
from tests.websites import a_website

ROOT = Path(__file__).resolve().parents[2]
LIST, PAGES, SECURITY = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("subscribers", "public-pages", "web-security")
)


def row(page: str, name: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def words_of(status: Status, product: str) -> set[str]:
    """The words of a product that mean a status, but for yes and no."""
    (found,) = (each for each in PRODUCTS if each.name == product)
    return {
        word for words in found.statuses.values() for word, means in words.items() if means is status
    } - {"true", "false", "yes", "no", "1", "0"}  # fmt: skip


@pytest.mark.parametrize("product", ["listmonk", "Buttondown", "beehiiv", "Kit", "MailerLite", "MailPoet"])
def test_the_table_of_statuses_is_that_of_the_code(product: str) -> None:
    _, mailed, waits, never = row(LIST, product)
    told = [{word.lower() for word in re.findall(r"`(\w+)`", cell)} for cell in (mailed, waits, never)]
    gone = (Status.LEFT, Status.REMOVED, Status.BOUNCED, Status.COMPLAINED)
    never_mailed = set[str]().union(*(words_of(status, product) for status in gone))

    assert [words_of(Status.ACTIVE, product), words_of(Status.PENDING, product)] == told[:2]
    assert never_mailed == told[2] - {"unsubscribed_at", "cold"}


def test_every_product_is_told() -> None:
    assert not [each.name for each in PRODUCTS if f"| {each.name} |" not in LIST]


def test_the_times_are_those_of_the_settings() -> None:
    defaults = PrivacySettings()

    assert "after 7 days" in row(LIST, "`unconfirmed`")[2]
    assert (7, 400, 0) == (defaults.unconfirmed.days, defaults.deliveries.days, defaults.left.days)
    assert "after 400 days" in row(LIST, "`deliveries`")[2]
    assert "never" in row(LIST, "`left`")[2]


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, subscribers=None)
    (directory / "people.csv").write_text("email,name\nann@example.org,Ann\n", encoding="utf-8")
    commands = [line.removeprefix("$ ") for line in re.findall(r"^\$ .*$", LIST, re.MULTILINE)]
    assert 10 == len(commands)
    for command in commands:
        words = shlex.split(command)
        assert words[:3] == ["roundup", "-C", "my-roundup"]
        result = roundup(directory, *words[3:])
        assert 0 == result.returncode, (command, result.stderr)


def test_every_address_of_the_pages_is_told() -> None:
    with a_website() as site:
        paths = {route.path for route in site.app.routes if isinstance(route, Route)}
    told = set(re.findall(r"^\| `(/[^`]*)` \|", PAGES, re.MULTILINE)) | {"/archive/feed.xml"}
    there = {re.sub(r"\{\w+\}", "…", path).rstrip("/") or "/" for path in paths} - {"/u/…/stay"}

    assert {path.rstrip("/") or "/" for path in told} == {
        path for path in there if not path.startswith("/archive/…")
    }  # fmt: skip


def test_the_limits_are_those_of_the_settings() -> None:
    signup = SignupSettings()

    assert (300, 10) == (signup.per_hour, signup.per_network)
    assert "300 mails go out in an hour" in PAGES
    assert "a network ten\ntimes an hour" in PAGES


def test_every_test_that_the_review_names_is_there() -> None:
    named = set(re.findall(r"`((?:unit|integration|acceptance|contract|properties)/[\w/]+\.py)`", SECURITY))
    files = set(re.findall(r"`((?:web|store|list_files|cli)/\w+\.py|\w+\.py)`", SECURITY))

    assert not [name for name in named if not (ROOT / "tests" / name).is_file()]
    assert not [name for name in files if not (ROOT / "src" / "roundup" / name).is_file()]
    assert len(named) > 12
