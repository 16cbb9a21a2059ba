"""Which picture belongs to a piece: one that its source offers as such, else the first real one of its text. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from roundup.gathering.cleaning import plain
from roundup.gathering.excerpts import SOURCE_CHARACTERS
from roundup.gathering.links import absolute
from roundup.gathering.markup import tags
from roundup.model import Picture

#: Smaller than this on either side, in pixels, is a tracking pixel, a spacer or an icon.
SMALLEST = 32
#: What a side may have at most, in pixels, where a source states it.
_LONGEST_SIDE = 20_000
_PIXELS = re.compile(r"(\d{1,5})(?:\.0+)?(?:px)?", re.ASCII)

# Counters, share buttons, avatars and smileys that stand in front of real pictures in feeds.
_NO_PICTURE = re.compile(
    r"feedburner|feedproxy|/~(?:r|ff|4)/|pixel|doubleclick|/b\.gif|gravatar\.com|/emoji/|/smilies/|s\.w\.org/images/core|"
    r"feeds\.wordpress\.com|stats\.wp\.com|quantserve|scorecardresearch|google-analytics|addtoany|sharethis|/spacer\.|"
    r"/blank\.gif|blogger\.googleusercontent\.com/tracker",
    re.IGNORECASE,
)


def offered(candidates: Iterable[Mapping[str, object]], base: str) -> Picture | None:
    """The first picture among media elements (Media RSS `content` and `thumbnail`, RSS `enclosure`); None if none is.

    YouTube's `media:content` is a film: the medium or the type must say image, or else the address must look like one.
    """
    for media in candidates:
        address = str(media.get("url") or media.get("href") or "")
        if address and _is_image(media, address) and not _is_small(media):
            picture = made(address, base=base, stated=media)
            if picture:
                return picture
    return None


def first_in(source: str, base: str) -> Picture | None:
    """The first real picture in a piece's HTML; None if it has none."""
    for attributes in tags(source[:SOURCE_CHARACTERS], "img"):
        if not _is_small(attributes):
            picture = made(attributes.get("src", ""), base=base, alt=attributes.get("alt", ""), stated=attributes)
            if picture:
                return picture
    return None


def described(picture: Picture, source: str, base: str) -> Picture:
    """An offered picture with the words and the size that the piece's HTML has for it, where it is shown there, too:
    Media RSS has the words in `media:description`, which feedparser does not give, and JSON Feed has no size."""
    if picture.alt and picture.width:
        return picture
    for attributes in tags(source[:SOURCE_CHARACTERS], "img"):
        shown = made(attributes.get("src", ""), base=base, alt=attributes.get("alt", ""), stated=attributes)
        if shown is not None and shown.url == picture.url:
            known = picture if picture.width else shown
            return replace(picture, alt=picture.alt or shown.alt, width=known.width, height=known.height)
    return picture


def made(
    address: str, *, base: str, alt: str = "", stated: Mapping[str, object] = MappingProxyType({})
) -> Picture | None:
    """The picture at an address, made absolute against `base`; None if it can't be mailed or isn't a picture. `stated`
    may have its width and height."""
    url = absolute(address, base) if address.strip() else None
    if url is None or _NO_PICTURE.search(url):
        return None
    width, height = _stated(stated.get("width")), _stated(stated.get("height"))
    if width is None or height is None:
        # One side alone is how large it is shown.
        return Picture(url=url, alt=plain(alt))
    return Picture(url=url, alt=plain(alt), width=width, height=height)


def _is_image(media: Mapping[str, object], address: str) -> bool:
    """Whether a media element says that it is an image."""
    kind = f"{media.get('medium') or ''} {media.get('type') or ''}".lower().strip()
    if kind:
        return "image" in kind and "svg" not in kind
    return bool(re.search(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", address, re.IGNORECASE))


def _stated(side: object) -> int | None:
    """A side in pixels that a source states; None if it states none that is worth believing."""
    match = _PIXELS.fullmatch(str(side).strip())
    return int(match[1]) if match and SMALLEST <= int(match[1]) <= _LONGEST_SIDE else None


def _is_small(attributes: Mapping[str, object]) -> bool:
    """Whether the element gives a side shorter than `SMALLEST` pixels."""
    sides = (re.match(r"\d{1,6}(?=px|\D*$)", str(attributes.get(side) or "").strip()) for side in ("width", "height"))
    # A width in percent says nothing about pixels.
    percent = any(str(attributes.get(side) or "").strip().endswith("%") for side in ("width", "height"))
    return not percent and any(int(side[0]) < SMALLEST for side in sides if side)
