"""The desk as an editor has it: `roundup preview` at work on a newsletter, and a browser before it that lets nothing
out."""

import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, expect

from tests.newsletters import DUE, started

#: How long anything on the desk may take to be seen, in milliseconds.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


@dataclass(slots=True)
class OpenDesk:
    """A desk that is open, and what came of it."""

    directory: Path
    address: str
    process: subprocess.Popen[str]
    page: Page | None = None
    #: What the page asked of anybody but the desk, what the browser complained of, and dialogs that opened.
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """What the desk answers, without a browser."""
        return self._answer(urllib.request.Request(self.address + path.lstrip("/"), headers=dict(headers)))

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> tuple[int, bytes]:
        body = urllib.parse.urlencode(form).encode()
        return self._answer(urllib.request.Request(self.address + path.lstrip("/"), data=body, headers=dict(headers)))

    def hidden(self) -> dict[str, str]:
        """The token and the tag that a page's forms carry."""
        page = self.get("/")[1].decode()
        found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in ("token", "tag", "issue")}
        return {name: each[1] if each else "" for name, each in found.items()}

    def word(self, day: str = "2026-11-20") -> str:
        """The issue's file."""
        path = self.directory / "issues" / f"{day}.toml"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _answer(self, request: urllib.request.Request) -> tuple[int, bytes]:
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@contextmanager
def an_open_desk(directory: Path, *args: str, at: str | None = DUE) -> Iterator[OpenDesk]:
    """`roundup preview` at work; in the end it must close in peace."""
    when = ["--at", at] if at else []
    process = started(directory, "preview", *when, *args)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    if found is None:
        process.kill()
        raise AssertionError(line + "".join(process.communicate()))
    try:
        yield OpenDesk(directory=directory, address=found[0], process=process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            _, complaints = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert "Traceback" not in complaints, complaints
    assert process.returncode == 0, "Ctrl-C is how a desk is closed"


@contextmanager
def at_the_desk(
    browser: Browser, directory: Path, *args: str, at: str | None = DUE, width: int = 1280, **context: object
) -> Iterator[tuple[OpenDesk, Page]]:
    """A desk with a page open on it."""
    with an_open_desk(directory, *args, at=at) as desk:
        made = browser.new_context(viewport={"width": width, "height": 900}, **context)  # type: ignore[arg-type]
        page = made.new_page()
        page.set_default_timeout(PATIENCE)
        watch(page, desk)
        page.goto(desk.address)
        try:
            yield desk, page
        finally:
            made.close()


def watch(page: Page, desk: OpenDesk) -> None:
    """Keep what the page asks others, what it complains of, and what dialogs it opens."""

    def requested(request: Request) -> None:
        if not request.url.startswith((desk.address, "data:", "about:")):
            desk.asked.append(request.url)

    def complained(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            desk.complaints.append(message.text)

    def opened(dialog: Dialog) -> None:
        desk.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.context.on("request", requested)
    page.on("console", complained)
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.on("dialog", opened)


def until(true: Callable[[], bool], what: str, *, seconds: float = 15.0) -> None:
    """Wait for something that is no matter of the page's."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        time.sleep(0.02)


def titles(page: Page) -> list[str]:
    """The order as it is shown."""
    return [each.inner_text() for each in page.locator(".pieces h3").all()]


def mail(page: Page) -> str:
    """What the frame shows."""
    return page.frame_locator("#frames iframe").locator("body").inner_text()


def path_of(url: str) -> str:
    return urlsplit(url).path
