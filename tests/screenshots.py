"""Pictures of the shipped example for the README: docs/screenshots, made by `make screenshots`.

The example's own pictures are shown, from its folder; nobody is asked for anything.
"""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Route

from tests.browsers import MAGAZINE, a_browser, example, shown

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
#: The widths of a small phone, of a mail program's pane, and of a wide window, in CSS pixels.
WIDTHS = (320, 640, 1024)
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


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with a_browser() as browser:
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                print(taken(browser, width, scheme))


if __name__ == "__main__":
    main()
