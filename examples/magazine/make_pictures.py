#!/usr/bin/env python3
"""Make the PNG beside each SVG in `pictures/`.

The SVGs are the sources. Run it in the project's environment, with the `dev` extras and Debian's
Chromium, after any change to one; look at the result, and commit both:

    python examples/magazine/make_pictures.py

Each picture comes out at the size that its SVG states, in as many colours as fit into 60 KB: flat drawings lose little
by a palette, and weigh a fifth. (They are PNGs because few mail programs show SVG.)
"""

import struct
import sys
import zlib
from collections import Counter
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURES = Path(__file__).resolve().parent / "pictures"
CHROMIUM = "/usr/bin/chromium"

#: What a mail program should at most have to load for one picture, in bytes.
LIMIT = 60 * 1024

#: How many colours a picture may have: the first number that keeps it within the limit.
COLOURS = (256, 128, 96, 64, 48)

#: Draws an SVG and returns its width, then its pixels, each as one number: alpha, blue, green, red.
DRAW = """async svg => {
    const image = new Image()
    image.src = "data:image/svg+xml," + encodeURIComponent(svg)
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d")
    canvas.drawImage(image, 0, 0)
    const pixels = canvas.getImageData(0, 0, image.width, image.height).data
    return [image.width, ...Array.from(new Uint32Array(pixels.buffer))]
}"""


def channels(colour: int) -> tuple[int, int, int, int]:
    """A pixel's red, green, blue and alpha."""
    return colour & 255, colour >> 8 & 255, colour >> 16 & 255, colour >> 24


def nearest(colour: int, palette: list[int]) -> int:
    """Where in the palette the most similar colour stands."""
    wanted = channels(colour)
    distances = [sum((a - b) ** 2 for a, b in zip(wanted, channels(other), strict=True)) for other in palette]
    return distances.index(min(distances))


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file: length, kind, data, checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, pixels: list[int], colours: int) -> bytes:
    """Write pixels as a PNG with a palette of so many colours, the commonest; any other becomes its nearest."""
    counts = Counter(pixels)
    palette = [colour for colour, _ in counts.most_common(colours)]
    places = {colour: place for place, colour in enumerate(palette)}
    places |= {colour: nearest(colour, palette) for colour in counts if colour not in places}
    height = len(pixels) // width
    rows = (bytes(places[colour] for colour in pixels[y * width : (y + 1) * width]) for y in range(height))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", b"".join(bytes(channels(colour)[:3]) for colour in palette)),
            chunk(b"tRNS", bytes(channels(colour)[3] for colour in palette)),
            # Each row begins with its filter; 0 (none) suits a palette.
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), level=9)),
            chunk(b"IEND", b""),
        ]
    )


def make_picture(page: Page, drawing: Path) -> int:
    """Make the PNG beside one SVG, and give its size in bytes."""
    width, *pixels = page.evaluate(DRAW, drawing.read_text(encoding="utf-8"))
    tries = (png(width, pixels, colours) for colours in COLOURS)
    picture = next((content for content in tries if len(content) <= LIMIT), None)
    if picture is None:
        sys.exit(f"{drawing.name} is too heavy to mail (over {LIMIT // 1024} KB). Draw fewer shapes and colours.")
    return drawing.with_suffix(".png").write_bytes(picture)


def main() -> None:
    """Make every picture, and stop at one that is too heavy to mail."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page()
        for drawing in sorted(PICTURES.glob("*.svg")):
            sys.stdout.write(f"{drawing.stem}.png  {make_picture(page, drawing) / 1024:.1f} KB\n")
        browser.close()


if __name__ == "__main__":
    main()
