"""The octets of a body, decoded within a limit: memory stays small whatever the octets promise, and however many bodies
are on their way at once."""

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Self

#: What a gzip file begins with (RFC 1952 §2.3.1).
GZIP_MAGIC = b"\x1f\x8b"

#: The most octets of a body that are kept in memory; most feeds are smaller.
_IN_MEMORY = 100_000
#: How much is unpacked at a time. A bomb makes a thousand octets of one.
_PORTION = 65_536


class TooLargeError(Exception):
    """The body is larger than the limit."""


class IncompleteError(Exception):
    """The body is compressed and ends too early, or is not what it says."""


class Body:
    """A body that came: in memory when it is small, else in a temporary file without a name, until it is read.

    Dozens come at once, and each may be some megabytes that wait for their turn.
    """

    def __init__(self, octets: bytes = b"") -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed with this object
        self._file.write(octets)

    def add(self, octets: bytes) -> None:
        """More of it. Raises OSError if the disk is full."""
        self._file.write(octets)

    def read(self) -> bytes:
        """All of it."""
        self._file.seek(0)
        return self._file.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __del__(self) -> None:
        self._file.close()


def collect(chunks: Iterable[bytes], *, gzipped: bool, limit: int, promised: int = 0) -> Body:
    """The whole body, at most `limit` octets, decompressed when `gzipped`. One that promises more need not be heard
    out: packed, a body is smaller than what it unpacks to, or hardly larger.

    Raises TooLargeError as soon as the limit is passed, so that a bomb is never unpacked, IncompleteError for a gzip
    stream that is damaged or ends too early, and OSError if the disk is full.
    """
    if promised > limit:
        raise TooLargeError
    body = Body()
    for octets in _within(_inflated(chunks) if gzipped else chunks, limit):
        body.add(octets)
    return body


def beginning(chunks: Iterable[bytes], *, gzipped: bool, most: int, enough: Callable[[bytes], bool]) -> bytes:
    """The first octets of a body, at most so many, and no more once they are `enough`; however it ends."""
    found = b""
    try:
        for octets in _inflated(chunks) if gzipped else chunks:
            found += octets
            if len(found) >= most or enough(found):
                break
    except IncompleteError:
        # Whatever came of it may do.
        pass
    return found[:most]


def gunzipped(body: bytes, *, limit: int) -> bytes:
    """The content of a gzip file, such as `feed.xml.gz`; any other body as it is. Raises as `collect` does."""
    return b"".join(_within(_inflated([body]), limit)) if body.startswith(GZIP_MAGIC) else body


def _within(portions: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for octets in portions:
        size += len(octets)
        if size > limit:
            raise TooLargeError
        yield octets


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What the chunks unpack to, in small portions: one gzip member or several (RFC 1952 §2.2)."""
    inflater = zlib.decompressobj(wbits=31)
    met = False
    for chunk in chunks:
        waiting = chunk
        while waiting:
            met = True
            if inflater.eof:
                if not waiting.startswith(GZIP_MAGIC[:1]):
                    # Rubbish after the end, which gzip itself ignores.
                    return
                inflater = zlib.decompressobj(wbits=31)
            try:
                yield inflater.decompress(waiting, _PORTION)
            except zlib.error as error:
                raise IncompleteError from error
            waiting = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if met and not inflater.eof:
        raise IncompleteError
