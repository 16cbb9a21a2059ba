"""The email in a browser: inlining changes nothing, nothing is cut off, everything can be read and touched."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from roundup.rendering.colours import contrast
from tests.browsers import Parts, example, parts, shown

pytestmark = pytest.mark.browser

#: Every element of the body with its place and all its computed properties, so that a difference is found by name.
COMPUTED = """() => [...document.querySelectorAll('body, body *')].map(element => {
    const style = getComputedStyle(element);
    return [element.tagName + '.' + element.className, ...[...style].map(name => name + ': ' + style[name])];
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


def computed(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.evaluate(COMPUTED)
    return found


def without(name: str, found: list[list[str]]) -> list[list[str]]:
    return [[value for value in each if not value.startswith(name)] for each in found]


def counted(found: list[list[str]]) -> str:
    """How many values were compared."""
    return f"{len(found)} elements, {sum(len(each) - 1 for each in found)} computed values"


ISSUES: dict[str, Callable[[], Parts]] = {"the example": example, "everything": parts}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600, 1024])
@pytest.mark.parametrize("issue", ISSUES)
def test_inlining_changes_nothing_that_can_be_seen(page: Page, width: int, scheme: str, issue: str) -> None:
    before, after = ISSUES[issue]()
    expected = computed(shown(page, before, width=width, scheme=scheme))
    assert len(expected) > 60
    assert expected == computed(shown(page, after, width=width, scheme=scheme))
    print(f"{issue}, {width} px, {scheme}: {counted(expected)} equal before and after inlining")


@pytest.mark.parametrize("issue", ISSUES)
def test_without_any_style_block_a_wide_window_shows_the_same(page: Page, issue: str) -> None:
    before, after = ISSUES[issue]()
    # That both schemes are provided for stands in the style block that stays.
    expected = without("color-scheme: ", computed(shown(page, before)))
    stripped = re.sub(r"<style>.*?</style>", "", after, flags=re.DOTALL)
    assert "<style" not in stripped
    assert expected == without("color-scheme: ", computed(shown(page, stripped)))
    print(f"{issue}, without style blocks: {counted(expected)} equal")


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
    assert len(boxes) == 9 + 1 + 2
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_the_preheader_is_not_seen(page: Page) -> None:
    shown(page, parts()[1])
    assert not page.locator("body > *").first.is_visible()
    assert page.evaluate("[...document.querySelectorAll('body *')].filter(e => !e.checkVisibility()).length") == 1


def hexadecimal(channels: list[float]) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in channels[:3])
