"""Whose names to print: never an address, never a name cut in two. Pure."""

import re
from collections.abc import Iterable

from roundup.gathering.cleaning import plain

_ADDRESS = r"[^\s@()<>]+@[^\s@()<>]+"
_IN_BRACKETS = re.compile(rf"\s*[(<\[]\s*(?:mailto:)?{_ADDRESS}\s*[)>\]]\s*")
# What is left when a parser takes the address out of `Name (mailto:name@example.org)`.
_BROKEN_ADDRESS = re.compile(r"\s*\((?:mailto:)?\)?\s*$")
_BEFORE_NAME = re.compile(rf"^{_ADDRESS}\s*\((.*)\)$")
_ONLY_ADDRESS = re.compile(rf"^(?:mailto:)?{_ADDRESS}$")
# An address without brackets beside a name: `Jane, jane@x.org`, `eve@x.org / Eve`, `Jane at jane@x.org`. A handle
# (`@jane`) is none.
_BARE = re.compile(
    r"(?:\s*[,;/|–—-]\s*|\s+(?:at|e-?mail:?)\s+|\s+)?\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?:\s*[,;/|–—-]\s*)?", re.IGNORECASE
)


def names(raw: Iterable[str]) -> tuple[str, ...]:
    """The names to print, in the source's order, each once.

    `Name (mail)` and `mail (Name)` (RSS 2.0 `author`, Blogger) become `Name`; a bare address is nobody's name. A name
    is never split: `NARUSE, Yui` and `Josh Aas, ISRG Executive Director` are one author each.
    """
    kept: dict[str, str] = {}
    for text in raw:
        name = _name(plain(text))
        if name:
            kept.setdefault(name.casefold(), name)
    return tuple(kept.values())


def _name(text: str) -> str:
    """The name in an author's field, without an address; empty if there is none."""
    bracketed = _BEFORE_NAME.match(text)
    if bracketed:
        text = bracketed[1]
    text = _BROKEN_ADDRESS.sub("", _IN_BRACKETS.sub(" ", text).replace(" ,", ",")).strip()
    if _ONLY_ADDRESS.match(text):
        return ""
    return _BARE.sub("", text).strip() if "@" in text else text
