"""What tests with real parts share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browsers import a_page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of it that asks nobody for anything."""
    page = a_page(browser)
    yield page
    page.close()
