"""What the first octets of a file say: which kind of picture it is, and how large. Pure; never raises.

Only the heads are read (PNG 3rd ed. §11.2.1, GIF89a §18, ITU-T T.81 §B.2.2): no pixel is decoded, so that no octets
can make it slow. Nobody's library is asked: those that know many forms read XML and fetch addresses, too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

#: The kinds that every mail program shows (caniemail.com).
MAILABLE = frozenset({"JPEG", "PNG", "GIF"})

_PNG = b"\x89PNG\r\n\x1a\n"
#: The first frame header of any kind: T.81 table B.1, without DHT, JPG and DAC, which stand among them.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers that nothing belongs to: TEM, RST0 to RST7, SOI.
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN, _END = 0xDA, 0xD9
#: The brands of ISO 14496-12 files that are pictures.
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC"}
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_PAGE = re.compile(rb"\s*(?>(?:<!--.*?-->\s*)*)<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the head of a file says."""

    #: `JPEG`, `PNG`, `GIF`, `WebP`, …; `HTML` for a web page.
    kind: str
    #: In pixels. None: the octets end before the size, or the kind is none that is mailed.
    size: tuple[int, int] | None = None
    #: The octets can't be what they begin as, however they go on.
    broken: bool = False


def head(octets: bytes) -> Head | None:
    """What a file's first octets say; None if they are nothing that is known here."""
    for mark, kind, size in _MAILED:
        if octets.startswith(mark):
            return _head(kind, octets, size)
    kind = _other(octets)
    return Head(kind=kind) if kind else None


class _BrokenError(Exception):
    """It can't be such a picture."""


def _head(kind: str, octets: bytes, size: Callable[[bytes], tuple[int, int] | None]) -> Head:
    try:
        found = size(octets)
    except _BrokenError:
        return Head(kind=kind, broken=True)
    return Head(kind=kind, size=found, broken=found is not None and 0 in found)


def _png(octets: bytes) -> tuple[int, int] | None:
    """The size in IHDR, which must come first (PNG §5.6)."""
    if len(octets) < 24:
        return None
    if octets[12:16] != b"IHDR":
        raise _BrokenError
    return int.from_bytes(octets[16:20], "big"), int.from_bytes(octets[20:24], "big")


def _gif(octets: bytes) -> tuple[int, int] | None:
    """The size of the logical screen (GIF89a §18)."""
    if len(octets) < 10:
        return None
    return int.from_bytes(octets[6:8], "little"), int.from_bytes(octets[8:10], "little")


def _jpeg(octets: bytes) -> tuple[int, int] | None:
    """The size in the frame header, which stands behind any number of other segments (T.81 §B.2.1). Each step goes
    on by two octets at least."""
    at = 2
    while at + 4 <= len(octets):
        if octets[at] != 0xFF:
            raise _BrokenError
        marker = octets[at + 1]
        if marker == 0xFF:
            # Fill (T.81 §B.1.1.2).
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            # Length, precision, height, width (T.81 §B.2.2).
            if at + 9 > len(octets):
                return None
            return int.from_bytes(octets[at + 7 : at + 9], "big"), int.from_bytes(octets[at + 5 : at + 7], "big")
        else:
            length = int.from_bytes(octets[at + 2 : at + 4], "big")
            if marker in {_SCAN, _END} or length < 2:
                raise _BrokenError
            at += 2 + length
    return None


_MAILED: tuple[tuple[bytes, str, Callable[[bytes], tuple[int, int] | None]], ...] = (
    (_PNG, "PNG", _png),
    (b"GIF87a", "GIF", _gif),
    (b"GIF89a", "GIF", _gif),
    (b"\xff\xd8\xff", "JPEG", _jpeg),
)


def _other(octets: bytes) -> str:
    """The name of a kind that is not mailed; empty if it is unknown."""
    if octets[:4] == b"RIFF" and octets[8:12] == b"WEBP":
        return "WebP"
    if octets[4:8] == b"ftyp":
        return _BRANDS.get(octets[8:12], "")
    if octets.startswith(b"BM"):
        return "BMP"
    if octets.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    beginning = octets[:4_096].removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(beginning):
        return "HTML"
    return "SVG" if beginning.lstrip().startswith(b"<") and _SVG.search(beginning) else ""
