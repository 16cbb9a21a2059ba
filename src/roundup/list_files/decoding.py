"""The text of a list file: its encoding, and whether it is text at all. Pure."""

import codecs
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from roundup.errors import ListError
from roundup.list_files import Opened
from roundup.words import say

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A file after its first reading."""

    encoding: str
    #: SHA-256 of its octets, in hex.
    digest: str
    octets: int


def inspect(name: str, opened: Opened) -> Inspected:
    """Read a file through once. Raises `ListError` if it is no text.

    UTF-8 with or without a BOM, UTF-16 with one, or else Windows-1252, in which every octet means something: what
    spreadsheets on Windows write. Only the whole file tells the first from the last.
    """
    digest, size = hashlib.sha256(), 0
    decoder: codecs.IncrementalDecoder | None = None
    encoding, text = "utf-8-sig", _Text(name)
    with opened() as octets:
        for chunk in _chunks(octets):
            digest.update(chunk)
            if decoder is None:
                encoding = "utf-16" if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
                decoder = codecs.getincrementaldecoder(encoding)("replace" if encoding == "utf-16" else "strict")
            size += len(chunk)
            try:
                text.look_at(decoder.decode(chunk, final=False))
            except UnicodeDecodeError:
                encoding, decoder = "cp1252", codecs.getincrementaldecoder("cp1252")("replace")
                text.look_at(decoder.decode(chunk))
    if decoder is not None and encoding == "utf-8-sig":
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            encoding = "cp1252"
    return Inspected(encoding=encoding, digest=digest.hexdigest(), octets=size)


class _Text:
    """What of a text says that it is none.

    One NUL is a slip in one row. In the heading, or several together, they say that this is no text: UTF-16 without
    its mark, a spreadsheet's own format, the zeros that a power cut leaves at the end.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._in_heading = True
        self._last = ""

    def look_at(self, text: str) -> None:
        """The text that follows. Raises `ListError`."""
        heading, end, _ = text.partition("\n") if self._in_heading else ("", "", "")
        self._in_heading = self._in_heading and not end
        if "\x00" in heading or "\x00\x00" in self._last + text:
            raise ListError(
                say(
                    "{name}:1: this is no text file. Save the list as CSV (UTF-8). Nothing was changed.",
                    name=self._name,
                )
            )
        self._last = text[-1:]


def _chunks(octets: BinaryIO) -> Iterator[bytes]:
    while chunk := octets.read(_CHUNK):
        yield chunk


class _Watched(io.RawIOBase):
    """Octets, while somebody looks on, and their digest: the file may have become another since it was inspected."""

    def __init__(self, octets: BinaryIO, seen: Callable[[int], None]) -> None:
        self._octets = octets
        self._seen = seen
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        """See `io.IOBase`."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        """See `io.RawIOBase`."""
        chunk = self._octets.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self.digest.update(chunk)
        self._seen(len(chunk))
        return len(chunk)


def lines(name: str, opened: Opened, inspected: Inspected, seen: Callable[[int], None]) -> Iterator[str]:
    """The lines of an inspected file, with their ends as they are. `seen` is told of every few octets read. Raises
    `ListError` if the file changed meanwhile."""
    with opened() as octets:
        watched = _Watched(octets, seen)
        text = io.TextIOWrapper(
            io.BufferedReader(watched, _CHUNK), encoding=inspected.encoding, errors="replace", newline=""
        )
        yield from text
    if watched.digest.hexdigest() != inspected.digest:
        raise ListError(
            say("{name} was changed while it was read. Nothing was changed here; run the command again.", name=name)
        )
