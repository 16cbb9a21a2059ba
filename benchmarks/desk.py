"""What the editor's desk costs, with 30 candidates as most days have, and with 300.

paint    seconds from its start until the browser has painted the page, against `preview --out` of the same newsletter
edit     seconds from a click on Pin, or on Undo, until the mail in the frame is the new one, against half a second
smooth   of the gaps between two frames while the whole page is scrolled, the 95th of 100, against 50 ms
"""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.newsletters import COMMAND, make
from benchmarks.processes import measured
from benchmarks.reading import Finding, Readings

_FEW, _MANY = 30, 300
_PATIENCE, _FRAME = 0.5, 0.05

_PIN = """async () => {
  const began = performance.now();
  const seen = new Promise((yes, no) => {
    document.querySelector("#frames iframe").addEventListener("load", yes, { once: true });
    setTimeout(() => no(new Error("never seen")), 20000);
  });
  const pieces = document.querySelectorAll(".piece[data-place]");
  const undo = document.getElementById("undo");
  (undo.disabled ? pieces[pieces.length - 1].querySelector("[name=pin]") : undo).click();
  await seen;
  return (performance.now() - began) / 1000;
}"""
_SCROLL = """async () => {
  const gaps = [];
  let last = performance.now();
  for (let at = 0; at < document.documentElement.scrollHeight; at += 60) {
    scrollTo(0, at);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push((now - last) / 1000);
    last = now;
  }
  gaps.sort((one, other) => one - other);
  return gaps[Math.floor(gaps.length * 0.95)];
}"""


def measure(found: Readings, work: Path, *, rounds: int, quick: bool, tell: Callable[[str], None]) -> None:
    """Add what was measured; nothing without a browser."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        found.waiting.append("the desk: Chromium is not installed")
        return
    few, many = (make(work / f"desk-{count}", pieces=count, words=60) for count in (_FEW, _MANY))
    written = [measured([*COMMAND, "-C", many, "preview", "--out", "preview"]).checked().seconds for _ in range(rounds)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        painted = [_painted(browser, many) for _ in range(rounds)]
        tell("desk: painted")
        edits = 6 if quick else 50
        for directory, count, most in ((few, _FEW, 1.0), (many, _MANY, None)):
            with _open(browser, directory) as page:
                page.wait_for_selector("#frames iframe")
                took = [float(page.evaluate(_PIN)) for _ in range(edits)]
                gap = float(page.evaluate(_SCROLL))
            what = f"an edit until it is seen, {count} candidates, against 500 ms"
            found.findings.append(Finding(what=what, took=took, against=[_PATIENCE] * edits, most=most))
        browser.close()
    found.findings += [
        Finding(
            what=f"the desk's first paint with {_MANY} candidates, against preview --out",
            took=painted, against=written, most=2.0,
        ),
        Finding(
            what=f"scrolling {_MANY} candidates: 95 of 100 frames, against 50 ms",
            took=[gap], against=[_FRAME], most=1.0,
        ),
    ]  # fmt: skip
    tell("desk: edited")


def _painted(browser: Browser, directory: Path) -> float:
    """Seconds from the command to the first paint."""
    began = time.time()
    with _open(browser, directory) as page:
        script = "() => performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime"
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
        return float(page.evaluate(script)) / 1000 - began


@contextmanager
def _open(browser: Browser, directory: Path) -> Iterator[Page]:
    command = [str(word) for word in (*COMMAND, "-C", directory, "preview", "--no-browser")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            address = re.search(r"http://\S+", process.stdout.readline())
            if address is None:
                raise RuntimeError("the desk did not open")
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address[0])
            yield page
            page.close()
        finally:
            process.terminate()
            process.wait(20)
