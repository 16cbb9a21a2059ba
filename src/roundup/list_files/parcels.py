"""A ZIP of list files, such as Mailchimp's. Pure: octets in."""

import zipfile
from functools import partial
from typing import BinaryIO, cast

from roundup.errors import ListError
from roundup.list_files import Opened
from roundup.words import borrowed, say

_SIGN = b"PK\x03\x04"
_ENDINGS = (".csv", ".txt", ".tsv", ".jsonl")
#: Of all files unpacked, in octets: five times what a list of a million people takes.
_LARGEST = 2 << 30


def members(name: str, opened: Opened) -> list[tuple[str, Opened]]:
    """The list files in a file: itself, under an empty name, or what is in it. Raises `ListError`."""
    with opened() as octets:
        if octets.read(len(_SIGN)) != _SIGN:
            return [("", opened)]
        try:
            with zipfile.ZipFile(octets) as parcel:
                infos = sorted((each for each in parcel.infolist() if _is_list(each)), key=lambda each: each.filename)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ListError(
                say(
                    "{name}: this ZIP cannot be opened: {error}. Nothing was changed.", name=name, error=borrowed(error)
                )
            ) from None
    if not infos:
        raise ListError(
            say("{name}:1: this is no text file. Save the list as CSV (UTF-8). Nothing was changed.", name=name)
        )
    if any(each.flag_bits & 1 for each in infos):
        raise ListError(
            say("{name}: this ZIP is locked by a password. Unpack it first. Nothing was changed.", name=name)
        )
    if sum(each.file_size for each in infos) > _LARGEST:
        raise ListError(say("{name}: what is in this ZIP is too large. Nothing was changed.", name=name))
    return [(each.filename, partial(_unpacked, name, opened, each.filename)) for each in infos]


def _is_list(info: zipfile.ZipInfo) -> bool:
    plain = info.filename.rpartition("/")[2]
    junk = info.filename.startswith("__MACOSX/") or plain.startswith(".")
    return not info.is_dir() and not junk and plain.lower().endswith(_ENDINGS)


class _Member:
    """One file of a ZIP, open as long as it is read."""

    def __init__(self, name: str, octets: BinaryIO, parcel: zipfile.ZipFile, member: str) -> None:
        self._name = name
        self._octets = octets
        self._parcel = parcel
        self._file = parcel.open(member)

    def read(self, size: int = -1) -> bytes:
        """See `BinaryIO`. Raises `ListError` for a ZIP that is damaged."""
        try:
            return self._file.read(size)
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise ListError(
                say(
                    "{name}: this ZIP cannot be opened: {error}. Nothing was changed.",
                    name=self._name,
                    error=borrowed(error),
                )
            ) from None

    def __enter__(self) -> "_Member":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        self._parcel.close()
        self._octets.close()


def _unpacked(name: str, opened: Opened, member: str) -> BinaryIO:
    octets = opened()
    return cast("BinaryIO", _Member(name, octets, zipfile.ZipFile(octets), member))
