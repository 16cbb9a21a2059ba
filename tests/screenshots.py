"""Pictures of the shipped example for the README: docs/screenshots, made by `make screenshots`.

The example's own pictures are shown, from its folder; nobody is asked for anything.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Route

from roundup.desk.frames import name_of
from tests.browsers import MAGAZINE, a_browser, example, shown
from tests.desks import at_the_desk
from tests.newsletters import THE_DAY, write_secret

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
#: The widths of a small phone, of a mail program's pane, and of a wide window, in CSS pixels.
WIDTHS = (320, 640, 1024)
#: Where the example's pictures are said to be.
PICTURES = "https://magazine.example.org/pictures/"
#: A README shows the beginning.
_TALLEST = 1400


def answer(route: Route) -> None:
    """The example's pictures, from the disk."""
    file = MAGAZINE / "pictures" / Path(urlsplit(route.request.url).path).name
    if file.is_file():
        route.fulfill(path=file)
    else:
        route.abort()


def taken(browser: Browser, width: int, scheme: str) -> Path:
    """One picture."""
    page = browser.new_page()
    page.route("**/*", answer)
    shown(page, example("all")[1], width=width, scheme=scheme)
    path = FOLDER / f"{width}-{scheme}.jpg"
    height = min(_TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
    page.screenshot(
        path=path, type="jpeg", quality=80, clip={"x": 0, "y": 0, "width": width, "height": height}, full_page=True
    )
    page.close()
    return path


def of_the_desk(browser: Browser) -> Iterator[Path]:
    """The desk on the example, wide and narrow, light and dark."""
    names = {name_of(f"{PICTURES}{file.name}"): file for file in (MAGAZINE / "pictures").iterdir()}

    def own(route: Route) -> None:
        file = names.get(Path(urlsplit(route.request.url).path).name)
        route.fulfill(path=file) if file else route.continue_()

    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "magazine"
        shutil.copytree(MAGAZINE, directory)
        write_secret(directory)
        for width, name in ((1440, "wide"), (390, "narrow")):
            for scheme in ("light", "dark"):
                with at_the_desk(browser, directory, at=f"{THE_DAY}T16:20", width=width, color_scheme=scheme) as (
                    _,
                    page,
                ):
                    page.route("**/picture/*", own)
                    page.reload(wait_until="load")
                    if scheme == "dark":
                        page.click("#scheme")
                    page.wait_for_timeout(1000)
                    path = FOLDER / f"desk-{name}-{scheme}.jpg"
                    page.screenshot(path=path, type="jpeg", quality=80)
                    yield path


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with a_browser() as browser:
        for path in of_the_desk(browser):
            print(path)
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                print(taken(browser, width, scheme))


if __name__ == "__main__":
    main()
