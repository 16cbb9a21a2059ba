"""The octets of a body, decoded within a limit. Pure: memory stays near the limit whatever the octets promise."""

import zlib
from collections.abc import Iterable

#: What a gzip file begins with (RFC 1952 §2.3.1).
GZIP_MAGIC = b"\x1f\x8b"


class TooLargeError(Exception):
    """The body is larger than the limit."""


class IncompleteError(Exception):
    """The body is compressed and ends too early, or is not what it says."""


def collect(chunks: Iterable[bytes], *, gzipped: bool, limit: int) -> bytes:
    """The whole body, at most `limit` octets, decompressed when `gzipped`.

    Raises TooLargeError as soon as the limit is passed, so that a bomb is never unpacked, and IncompleteError for a
    gzip stream that is damaged or ends too early.
    """
    body = bytearray()
    inflater = zlib.decompressobj(wbits=31) if gzipped else None
    for chunk in chunks:
        body += chunk if inflater is None else _inflated(inflater, chunk, limit + 1 - len(body))
        if len(body) > limit:
            raise TooLargeError
    if inflater is not None and not inflater.eof and (body or inflater.unused_data):
        raise IncompleteError
    return bytes(body)


def gunzipped(body: bytes, *, limit: int) -> bytes:
    """The content of a gzip file, such as `feed.xml.gz`; any other body as it is. Raises as `collect` does."""
    return collect([body], gzipped=True, limit=limit) if body.startswith(GZIP_MAGIC) else body


def _inflated(inflater: "zlib._Decompress", chunk: bytes, room: int) -> bytes:
    """What the chunk unpacks to, at most `room` octets."""
    try:
        return inflater.decompress(chunk, max(room, 1))
    except zlib.error as error:
        raise IncompleteError from error
