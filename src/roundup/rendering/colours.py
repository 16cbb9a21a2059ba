"""Whether colours can be read on one another, and the nearest readable form of a colour (pure).

A newsletter chooses its accent without thinking of contrast, and a reader's dark scheme turns the paper round under
it. So templates never set text in the accent itself but in `accent | readable_on(surface)`.
"""

import colorsys
import re

#: WCAG 2.2, success criterion 1.4.3 (AA): the contrast that text of any size needs, a ratio from 1 to 21.
ENOUGH = 4.5

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 50


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two six-digit hex colours, from 1 to 21 (WCAG 2.2, "contrast ratio").

    Raises ValueError for anything but `#rrggbb`."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(colour: str, surface: str) -> str:
    """`colour`, or the nearest darker (on a light surface) or lighter (on a dark one) colour of its hue that text can
    have on `surface`: contrast 4.5 or more (WCAG 1.4.3). Six-digit lower-case hex comes out, because short and named
    colours are misread in `bgcolor` by old clients. Raises ValueError for anything but `#rrggbb`."""
    goal = max((0.0, 1.0), key=lambda lightness: contrast(_with_lightness(colour, lightness), surface))
    start = colorsys.rgb_to_hls(*_shares(colour))[1]
    for step in range(_STEPS + 1):
        tried = colour.lower() if step == 0 else _with_lightness(colour, start + (goal - start) * step / _STEPS)
        if contrast(tried, surface) >= ENOUGH:
            return tried
    raise AssertionError(f"neither black nor white can be read on {surface}")  # 4.58 is the least of their contrasts


def _with_lightness(colour: str, lightness: float) -> str:
    hue, _, saturation = colorsys.rgb_to_hls(*_shares(colour))
    return "#" + "".join(f"{round(share * 255):02x}" for share in colorsys.hls_to_rgb(hue, lightness, saturation))


def _luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance": sRGB channels made linear, weighted by what the eye sees of each."""
    red, green, blue = map(_linear, _shares(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _shares(colour: str) -> tuple[float, float, float]:
    """Red, green and blue, each from 0 to 1."""
    if not _HEX.fullmatch(colour):
        raise ValueError(f"{colour!r} is not a six-digit hex colour such as #8a1c1c")
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255
