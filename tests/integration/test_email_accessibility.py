"""axe-core finds nothing in the mail that keeps anybody from reading it: light and dark, on a phone and at a desk."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browsers import Parts, example, parts, shown

pytestmark = pytest.mark.browser

#: A mail is no page of a site: `<main>` is replaced by the large mail services, and there are no other regions.
NOT_FOR_MAIL = ("landmark-one-main", "region")
#: The rules of WCAG 2.2 A and AA and axe's best practices, and the size of targets (2.5.8), which is off by default.
OPTIONS = {"rules": {**{name: {"enabled": False} for name in NOT_FOR_MAIL}, "target-size": {"enabled": True}}}
ISSUES: dict[str, Callable[[], Parts]] = {
    "the example": example,
    "the example with all pictures": lambda: example("all"),
    "everything": parts,
    "everything without pictures": lambda: parts(pictures="none"),
    "everything in Arabic": lambda: parts(language="ar"),
}


@pytest.mark.parametrize("view", [(320, "light"), (320, "dark"), (1024, "light"), (1024, "dark")], ids=str)
@pytest.mark.parametrize("issue", ISSUES)
def test_nobody_is_kept_from_reading(page: Page, axe: str, issue: str, view: tuple[int, str]) -> None:
    width, scheme = view
    shown(page, ISSUES[issue]()[1], width=width, scheme=scheme)
    page.evaluate(axe)
    told: dict[str, Any] = page.evaluate("options => axe.run(document, options)", OPTIONS)
    passed = {each["id"] for each in told["passes"]}
    assert {"color-contrast", "link-name", "target-size", "html-has-lang"} <= passed
    assert ("image-alt" in passed) == ("without pictures" not in issue)
    assert [] == [
        (each["id"], each["help"], [node["html"][:120] for node in each["nodes"]]) for each in told["violations"]
    ]
    # What axe could not decide is decided by our own measure of contrast, in test_email_in_browser.
    assert {each["id"] for each in told["incomplete"]} <= {"color-contrast"}


@pytest.mark.parametrize("issue", ISSUES)
def test_nothing_has_to_be_scrolled_sideways_on_the_smallest_phone(page: Page, issue: str) -> None:
    shown(page, ISSUES[issue]()[1], width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
