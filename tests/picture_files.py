"""Small pictures of every kind, made by hand: only their heads are true."""

import struct
import zlib


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def a_png(width: int = 1200, height: int = 630) -> bytes:
    """A PNG of one bit a pixel, all black: whole, and any program shows it."""
    rows = zlib.compress((b"\0" + bytes(-(-width // 8))) * height) if width * height < 10_000_000 else b""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def a_gif(width: int = 1200, height: int = 630) -> bytes:
    """The head of a GIF."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"


def a_jpeg(width: int = 1200, height: int = 630, *, notes: int = 0, progressive: bool = False) -> bytes:
    """The head of a JPEG, before which so many octets of notes stand (a camera's, a colour profile)."""
    segments = b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    while notes > 0:
        length = min(notes, 65_533)
        segments += b"\xff\xe2" + struct.pack(">H", length + 2) + bytes(length)
        notes -= length
    frame = (
        b"\xff" + (b"\xc2" if progressive else b"\xc0") + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    )
    return (
        b"\xff\xd8"
        + segments
        + b"\xff\xc4\x00\x04\0\0"
        + b"\xff"
        + frame
        + b"\xff\xda\x00\x08\1\1\0\0\x3f\0"
        + bytes(99)
    )


def a_webp() -> bytes:
    """The head of a WebP."""
    return b"RIFF\x24\0\0\0WEBPVP8 \x18\0\0\0" + bytes(24)


def an_avif() -> bytes:
    """The head of an AVIF."""
    return b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"
