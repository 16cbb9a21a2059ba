"""What tests with real parts share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browsers import a_browser, a_page

_SHARE = Path(__file__).resolve().parents[2] / ".venv" / "share"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with a_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of it that asks nobody for anything."""
    page = a_page(browser)
    yield page
    page.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core. Without it the test is skipped, but in CI it fails."""
    found = sorted(_SHARE.glob("axe-core-*.min.js"))
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core is not here, and a CI run without it would prove nothing")
        pytest.skip("axe-core is not here (scripts/axe.py fetches it)")
    return found[-1].read_text(encoding="utf-8")
