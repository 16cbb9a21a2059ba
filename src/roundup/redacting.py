"""Our secrets, taken out of whatever is said, stored or logged: one place knows them all.

Every value that `roundup.credentials` gives out is known here from then on. What comes from elsewhere and may repeat
one (a mail server that quotes the login it refuses, a driver's error, a traceback) passes `redacted` at the edge,
before it is shown or written down. Known to the whole process, as the language is: a process works for one newsletter.
"""

import logging
import re
import sys
import threading
import traceback
from base64 import b64decode, b64encode
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus

#: What stands in a secret's place. No word, so it needs no translation.
HIDDEN = "•••"
#: Whatever is shorter is a part of too many words that are none; and no secret.
_FEWEST_CHARACTERS = 4
#: A password in an address, whoever's: `https://name:password@host/` (RFC 3986 §3.2.1).
_IN_ADDRESS = re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]+@")

#: The longest first, so that of one in which another stands nothing is left.
_spellings: tuple[str, ...] = ()
_octets: dict[bytes, None] = {}


def keep_secret(value: str) -> None:
    """Let nobody be told this from now on, however it is spelled."""
    if len(value) < _FEWEST_CHARACTERS or value in _spellings:
        return
    octets = value.encode("utf-8", "surrogateescape")
    _octets[octets] = None
    _in_base64.cache_clear()
    plain = b64encode(octets).decode("ascii")
    found = (
        value, escape(value), quote(value, safe=""), quote_plus(value), quote(value), repr(value)[1:-1],
        value.replace("\\", "\\\\").replace('"', '\\"'), octets.hex(), plain, plain.rstrip("="),
        plain.replace("+", "-").replace("/", "_"),
    )  # fmt: skip
    _spell(found)


def keep_key(pem: str) -> None:
    """The same for the lines of a key's file, which are base64 already: as they stand. Every reply of a mail server is
    searched for all there is, so there is no more of it than is of use."""
    lines = pem.splitlines()
    _spell([line for line in lines if not line.startswith("-----") and len(line) >= _FEWEST_CHARACTERS])


def _spell(found: Iterable[str]) -> None:
    # A new one, whole at once: the desk's threads read settings while others speak.
    global _spellings  # noqa: PLW0603 - known to the whole process, as the module says
    _spellings = tuple(sorted({*_spellings, *found}, key=lambda each: (-len(each), each)))


def redacted(text: str) -> str:
    """A text without any secret of ours, and without the passwords of addresses."""
    for spelling in _spellings:
        if spelling in text:
            text = text.replace(spelling, HIDDEN)
    if "://" in text:
        text = _IN_ADDRESS.sub(rf"\1:{HIDDEN}@", text)
    return _in_base64().sub(_unless_it_holds_one, text) if _octets else text


@lru_cache(maxsize=1)
def _in_base64() -> re.Pattern[str]:
    """Words in which a server may quote what AUTH PLAIN and LOGIN said (RFC 4616, RFC 4954): as long as the shortest
    secret is in base64. Shorter ones hold none, and every reply to a message has some."""
    shortest = min(map(len, tuple(_octets)))
    return re.compile(rf"[A-Za-z0-9+/_-]{{{shortest * 4 // 3},}}={{0,2}}")


def _unless_it_holds_one(found: re.Match[str]) -> str:
    """A word, unless it is base64 of something with a secret in it."""
    word = found[0].rstrip("=").replace("-", "+").replace("_", "/")
    decoded = b64decode(word[: len(word) - (len(word) % 4 == 1)] + "==")
    return HIDDEN if any(each in decoded for each in tuple(_octets)) else found[0]


def report() -> str:
    """The traceback of the error that is being handled, redacted."""
    return redacted(traceback.format_exc())


def watch_over_logs() -> None:
    """From now on, whatever any library logs, and what a thread dies of, is redacted."""
    made = logging.getLogRecordFactory()

    def making(*args: Any, **more: Any) -> logging.LogRecord:
        record = made(*args, **more)
        said = record.getMessage()
        if (safe := redacted(said)) != said:
            record.msg, record.args = safe, None
        if record.exc_info:
            told = "".join(traceback.format_exception(*record.exc_info))
            if (safe := redacted(told)) != told:
                # A formatter shows this in place of what it would make of the error itself.
                record.exc_text = safe.rstrip("\n")
        return record

    logging.setLogRecordFactory(making)
    sys.excepthook = _told
    threading.excepthook = lambda died: _told(died.exc_type, died.exc_value, died.exc_traceback)


def _told(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    if kind is not SystemExit:
        sys.stderr.write(redacted("".join(traceback.format_exception(kind, error, where))))
