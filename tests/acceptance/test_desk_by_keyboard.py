"""The desk without a mouse: everything is reached by Tab, and does by Enter what it does by a click."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.test_desk import BRIDGE, CONTENT, FERRY, LIBRARY
from tests.desks import at_the_desk, titles
from tests.newsletters import a_newsletter

pytestmark = pytest.mark.browser

_MARK_ALL = """() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  const seen = all.filter((each) => !each.disabled && each.checkVisibility());
  seen.forEach((each, number) => { each.dataset.reached = "no"; });
  document.addEventListener("focusin", (event) => { event.target.dataset.reached = "yes"; });
  return seen.length;
}"""
_LEFT = """() => [...document.querySelectorAll("[data-reached=no]")].map((each) => each.outerHTML.slice(0, 120))"""


@pytest.fixture
def newsletter(tmp_path: Path) -> Path:
    return a_newsletter(tmp_path, content=CONTENT)


def enter(page: Page, selector: str) -> None:
    """Go to something, and press Enter."""
    page.locator(selector).first.focus()
    page.keyboard.press("Enter")


def test_tab_reaches_everything_that_can_be_done(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (_, page):
        for summary in page.locator("main summary").all():
            summary.focus()
            page.keyboard.press("Enter")
        page.locator("body").evaluate("() => document.activeElement.blur()")
        count = int(page.evaluate(_MARK_ALL))
        assert count > 40
        for _number in range(count + 20):
            page.keyboard.press("Tab")
        assert page.evaluate(_LEFT) == []


def test_what_is_decided_of_pieces_and_sources_is_decided_by_enter(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        page.get_by_role("button", name=f"Move up: {FERRY}").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".pieces h3").nth(1)).to_have_text(FERRY)
        enter(page, "#undo")
        expect(page.locator(".pieces h3").nth(1)).to_have_text(LIBRARY)
        enter(page, ".group summary:has-text('Too old')")
        page.get_by_role("button", name="Put in: A piece of last year").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".pieces h3").nth(1)).to_have_text("A piece of last year")
        enter(page, "#add-piece summary")
        page.keyboard.press("Tab")
        page.keyboard.type("Listen: our podcast")
        page.keyboard.press("Tab")
        page.keyboard.type("https://lantern.example.org/podcast/12/")
        page.keyboard.press("Enter")
        expect(page.locator(".pieces h3").last).to_have_text("Listen: our podcast")
        page.locator("#house-appeal").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.locator("#credit").focus()
        page.keyboard.type("With thanks to the Trust")
        page.keyboard.press("Enter")
        expect(page.locator(".notice")).to_contain_text("Written down")
        assert ("appeal = false" in desk.word(), "With thanks to the Trust" in desk.word()) == (True, True)
        enter(page, "#check-links")
        expect(page.locator(".piece .finding.error").first).to_be_visible()
        enter(page, "#view-desktop")
        expect(page.locator("#frames")).to_have_class("frames desktop light")
        enter(page, "button[name=mute]")
        expect(page.locator("#trouble")).to_contain_text("No source could be used")
        enter(page, "button[name=accept]")
        expect(page.locator("#trouble .alarm")).to_have_count(0)
        assert BRIDGE in titles(page)
        assert desk.complaints == []


def test_what_becomes_of_the_issue_is_decided_by_enter(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        enter(page, "#hold")
        expect(page.locator(".chip.held")).to_have_text("held")
        enter(page, "#release")
        expect(page.locator(".chip.ready")).to_be_visible()
        enter(page, "#skip")
        enter(page, ".question a.button")
        enter(page, "#send")
        expect(page.locator("h1")).to_have_text("Send it to 2 people now?")
        enter(page, "#really")
        expect(page.locator("#delivery")).to_contain_text("2 accepted")
        enter(page, "#skip")
        enter(page, "#really")
        expect(page.locator("#day")).to_contain_text("Tuesday 24 November")
        assert desk.complaints == []
