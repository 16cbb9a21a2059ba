"""The desk can be used by everybody: axe-core finds nothing, on a phone nothing has to be scrolled sideways."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desks import at_the_desk
from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup
from tests.sinks import a_sink

pytestmark = pytest.mark.browser

OPTIONS = {"rules": {"target-size": {"enabled": True}}, "iframes": False}
VIEWS = [(360, "light"), (1280, "dark")]
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


def judged(page: Page, axe: str) -> list[tuple[str, str, list[str]]]:
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", OPTIONS)
    assert {"color-contrast", "document-title", "html-has-lang"} <= {each["id"] for each in found["passes"]}
    return [(each["id"], each["help"], [node["html"][:160] for node in each["nodes"]]) for each in found["violations"]]


def today(page: Page, address: str) -> None:
    page.goto(address)
    for summary in page.locator("summary").all():
        summary.click()


def refused(page: Page, address: str) -> None:
    page.goto(address)
    page.fill("#test-to", "nobody")
    page.click("#send-test")
    expect(page.locator("#told .alarm")).to_be_visible()


PAGES: dict[str, Callable[[Page, str], object]] = {
    "today": today,
    "today, refused": refused,
    "today, as text": lambda page, address: page.goto(f"{address}?view=text"),
    "send": lambda page, address: page.goto(f"{address}send"),
    "skip": lambda page, address: page.goto(f"{address}skip"),
    "past issues": lambda page, address: page.goto(f"{address}issues"),
    "a past issue": lambda page, address: page.goto(f"{address}issues/2026-11-19"),
    "trouble": lambda page, address: page.goto(f"{address}issues/1999-01-01"),
}


@pytest.fixture(scope="module")
def newsletter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    content = {f"{n}.md": a_piece_file(f"Piece {n}", comments=n * n) for n in range(12)}
    content |= {"long.md": a_piece_file(LONG * 3, body=LONG), "old.md": a_piece_file("Old", day="2025-01-01")}
    content |= {"before.md": a_piece_file("Of Thursday", day="2026-11-19")}
    with a_sink(folder) as sink:
        people = ["ada@example.com,Ada", "x-550-one@example.net,No"]
        directory = a_newsletter(
            folder, smtp=sink.smtp, subscribers=people, content=content, selection={"maximum": 8},
            section=[{"name": "Views", "authors": ["Ada Marsh"]}],
        )  # fmt: skip
        roundup(directory, "run", "--at", "2026-11-19T17:00")
        return directory


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_axe_finds_nothing_on_any_page(browser: Browser, axe: str, newsletter: Path, view: tuple[int, str]) -> None:
    width, scheme = view
    with at_the_desk(browser, newsletter, width=width, color_scheme=scheme) as (desk, page):
        for name, opened in PAGES.items():
            opened(page, desk.address)
            assert judged(page, axe) == [], name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_in_arabic_it_runs_from_the_right(browser: Browser, axe: str, tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, newsletter={"language": "ar"})
    with at_the_desk(browser, directory, at=DUE, width=360) as (_, page):
        assert page.evaluate("document.documentElement.dir") == "rtl"
        assert judged(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
