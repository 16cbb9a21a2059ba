"""The email as a browser lays it out: the one judge of inlining, widths and contrast that runs without a mail client.

No page may ask the network for anything: every request is answered here, or refused.
"""

import os
import re
import shutil
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from roundup.model import Picture
from roundup.rendering.colours import contrast
from roundup.rendering.jinja import JinjaRenderer
from tests.builders import (
    EMAIL_TEMPLATES,
    NONCE,
    a_house_block,
    a_masthead,
    a_piece,
    a_ranked_piece,
    an_issue,
    numbered_pieces,
)

pytestmark = pytest.mark.browser

PROPERTIES = """
    display color background-color font-family font-size font-style font-weight line-height letter-spacing
    text-decoration-line text-align vertical-align overflow-wrap list-style-type table-layout width height max-width
    margin-top margin-right margin-bottom margin-left padding-top padding-right padding-bottom padding-left
    border-top-width border-top-style border-top-color border-bottom-width border-bottom-style border-bottom-color
""".split()  # noqa: SIM905 (a list of thirty lines says no more)

#: Every element of the body with its place, so that a difference is found by name.
COMPUTED = """names => [...document.querySelectorAll('body, body *')].map(element => {
    const style = getComputedStyle(element);
    return [element.tagName + '.' + element.className, ...names.map(name => name + ': ' + style[name])];
})"""

#: Every piece of visible text with its colour and the nearest background behind it, as [red, green, blue].
TEXTS = """() => {
    const channels = colour => colour.match(/[0-9.]+/g).map(Number);
    const behind = element => {
        for (; element; element = element.parentElement) {
            const [red, green, blue, alpha = 1] = channels(getComputedStyle(element).backgroundColor);
            if (alpha === 1) return [red, green, blue];
        }
        throw new Error('no background anywhere');
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() && element.getClientRects().length)
            found.push([walker.currentNode.data.trim(), channels(getComputedStyle(element).color), behind(element),
                        parseFloat(getComputedStyle(element).fontSize)]);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed, and a CI run without it would prove nothing")
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", *quiet])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.route("**/*", answer)
    yield page
    page.close()


def answer(route: Route) -> None:
    if route.request.url.endswith(".png"):
        route.fulfill(body=png(1120, 630), content_type="image/png")
    else:
        route.abort()


def png(width: int, height: int) -> bytes:
    """A grey picture (PNG specification §5)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def parts(*, accent: str = "#8a1c1c", logo: str = "") -> tuple[str, str]:
    """An issue with everything in it, before and after its CSS is inlined."""
    lead = a_piece(picture=Picture(url="https://lantern.example/lead.png", alt="A hall"), comments=None)
    long = a_piece(title="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch and what it means to us all")
    issue = an_issue(
        pieces=(a_ranked_piece(lead), a_ranked_piece(long), *numbered_pieces(3)),
        more=(*numbered_pieces(2, first=8), a_ranked_piece(long)),
    )
    blocks = (a_house_block(), a_house_block(kind="sponsor", link="https://trust.example/"))
    masthead = a_masthead(accent=accent, logo=logo, blocks=blocks)
    renderer = JinjaRenderer(masthead=masthead, folders=[EMAIL_TEMPLATES])
    return renderer.markup(issue, nonce=NONCE), renderer.render(issue, nonce=NONCE).rendered.html


def shown(page: Page, html: str, *, width: int = 1024, scheme: str = "light") -> Page:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(html, wait_until="load")
    return page


def computed(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(COMPUTED, PROPERTIES)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600, 1024])
@pytest.mark.parametrize("logo", ["", "https://lantern.example/logo.png"])
def test_inlining_changes_nothing_that_can_be_seen(page: Page, width: int, scheme: str, logo: str) -> None:
    before, after = parts(logo=logo)
    expected = computed(shown(page, before, width=width, scheme=scheme))
    assert len(expected) > 60
    assert expected == computed(shown(page, after, width=width, scheme=scheme))


def test_without_any_style_block_a_wide_window_shows_the_same(page: Page) -> None:
    before, after = parts()
    expected = computed(shown(page, before))
    assert expected == computed(shown(page, re.sub(r"<style>.*?</style>", "", after, flags=re.DOTALL)))


@pytest.mark.parametrize("width", [320, 375, 640, 1024])
def test_nothing_has_to_be_scrolled_sideways(page: Page, width: int) -> None:
    shown(page, parts(logo="https://lantern.example/logo.png")[1], width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 375, 640, 1024])
def test_the_picture_fills_the_column_and_no_more(page: Page, width: int) -> None:
    shown(page, parts()[1], width=width)
    picture = page.evaluate("document.querySelector('img.picture').getBoundingClientRect().toJSON()")
    assert min(560, width - 32) == picture["width"]
    assert picture["height"] == pytest.approx(picture["width"] * 630 / 1120, abs=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["#8a1c1c", "#f2c400", "#ffffff", "#000000", "#1c3f8a", "#808080"])
def test_every_text_can_be_read_whatever_the_accent(page: Page, scheme: str, accent: str) -> None:
    """WCAG 1.4.3; and no text is smaller than 12 px."""
    shown(page, parts(accent=accent)[1], scheme=scheme)
    texts: list[Any] = page.evaluate(TEXTS)
    assert len(texts) > 30
    for text, colour, background, size in texts:
        assert contrast(hexadecimal(colour), hexadecimal(background)) >= 4.5, text
        assert size >= 12, text


def test_the_dark_scheme_is_dark(page: Page) -> None:
    shown(page, parts()[1], scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 24, 26)"


def test_what_is_to_be_touched_is_large_enough(page: Page) -> None:
    """WCAG 2.5.8: 24 by 24 CSS pixels."""
    shown(page, parts()[1], width=320)
    boxes = page.evaluate(
        "[...document.querySelectorAll('.go, .join, .leave')].map(each => each.getBoundingClientRect().toJSON())"
    )
    assert len(boxes) == 5 + 1 + 1
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_the_preheader_is_not_seen(page: Page) -> None:
    shown(page, parts()[1])
    assert not page.locator("body > *").first.is_visible()
    assert page.evaluate("[...document.querySelectorAll('body *')].filter(e => !e.checkVisibility()).length") == 1


def hexadecimal(channels: list[float]) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in channels[:3])
