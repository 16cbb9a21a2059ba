"""A real browser for tests: the one judge of inlining, widths and contrast that runs without a mail client.

No page may ask the network for anything: every request is answered here, or refused.
"""

import os
import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from roundup import settings, wiring
from roundup.model import Picture
from roundup.newsroom import Unwatched
from roundup.rendering.jinja import JinjaRenderer
from roundup.upcoming import upcoming
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
from tests.newsletters import DUE, write_secret

MAGAZINE = Path(__file__).resolve().parents[1] / "examples" / "magazine"
#: The markup of an issue before its CSS is inlined, and after.
Parts = tuple[str, str]
Pictures = Literal["lead", "all", "none"]


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Chromium; without it the test is skipped, or in CI failed."""
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


def a_page(browser: Browser) -> Page:
    """A page that asks nobody for anything."""
    page = browser.new_page()
    page.route("**/*", answer)
    return page


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


def parts(*, accent: str = "#8a1c1c", logo: str = "", pictures: Pictures = "all", language: str = "en-GB") -> Parts:
    """An issue with everything in it, before and after its CSS is inlined."""
    picture = Picture(url="https://lantern.example/lead.png", alt="A hall", width=1120, height=630)
    lead = a_ranked_piece(a_piece(picture=picture, comments=None))
    long = a_piece(title="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch and what it means to us all")
    beside = a_piece(title="Two towns, one bridge", link="https://lantern.example/bridge/", picture=picture)
    arabic = a_piece(title="الجسر الذي بنته مدينتان", link="https://lantern.example/ar/", excerpt="عام واحد …")
    further = (
        a_ranked_piece(long),
        a_ranked_piece(beside),
        a_ranked_piece(replace(arabic, language="ar")),
        *numbered_pieces(3),
    )
    sections = [replace(each, section="Views") for each in numbered_pieces(2, first=20)]
    issue = an_issue(
        pieces=(lead, *further, *sections),
        more=(*numbered_pieces(2, first=8), a_ranked_piece(long)),
    )
    issue = replace(issue, intro="Good evening.\n\nA short one today.")
    blocks = (a_house_block(), a_house_block(kind="sponsor", link="https://trust.example/"))
    masthead = a_masthead(accent=accent, logo=logo, blocks=blocks, language=language)
    masthead = replace(masthead, pictures=pictures)
    renderer = JinjaRenderer(masthead=masthead, folders=[EMAIL_TEMPLATES])
    return renderer.markup(issue, nonce=NONCE), renderer.render(issue, nonce=NONCE).rendered.html


@cache
def example(pictures: Pictures = "lead") -> Parts:
    """The shipped magazine's issue of its own day, made as a preview makes it."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "magazine"
        shutil.copytree(MAGAZINE, directory)
        write_secret(directory)
        path = directory / "roundup.toml"
        told = path.read_text(encoding="utf-8").replace("[look]\n", f'[look]\npictures = "{pictures}"\n')
        path.write_text(told, encoding="utf-8")
        loaded = settings.load(directory)
        office = wiring.office(directory, loaded, watch=Unwatched())
        now = datetime.fromisoformat(DUE).replace(tzinfo=ZoneInfo("Europe/London"))
        with office.store.to_read() as ledgers:
            seen = upcoming(office.newsroom, ledgers, schedule=office.schedule, now=now)
        assert seen.issue is not None
        renderer = cast(JinjaRenderer, office.newsroom.renderer)
        return renderer.markup(seen.issue, nonce=NONCE), renderer.render(seen.issue, nonce=NONCE).rendered.html


def shown(page: Page, html: str, *, width: int = 1024, scheme: str = "light") -> Page:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(html, wait_until="load")
    return page
