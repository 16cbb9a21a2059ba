"""Returned mail, opened without trusting it. Pure.

What comes back was written by anybody: it may be cut off, ten thousand parts deep, or in no known encoding. Nothing in
here raises for what a message is.
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses

from roundup.email_address import one_line

#: So many parts are looked at; the parser itself is given no message with more, for it calls itself for each depth.
_MOST_PARTS = 60
_PART = re.compile(rb"^content-type:\s*(?:multipart/|message/)", re.IGNORECASE | re.MULTILINE)
_TEXT_OCTETS = 16_384


def opened(octets: bytes) -> Message:
    """A message; of one with too many parts only the header."""
    if len(_PART.findall(octets)) <= _MOST_PARTS:
        try:
            return BytesParser().parsebytes(octets)
        except (RecursionError, ValueError, LookupError, AssertionError, TypeError, IndexError):
            pass
    return BytesHeaderParser().parsebytes(octets.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0] + b"\n\n")


def parts(message: Message) -> list[Message]:
    """The message and its parts, outermost first, each once, without calling itself."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < 4 * _MOST_PARTS:
        part = waiting.pop(0)
        found.append(part)
        payload = part.get_payload()
        if isinstance(payload, list):
            waiting.extend(each for each in payload if isinstance(each, Message))
    return found


def header(message: Message, name: str) -> str:
    """A header on one line, decoded; empty: it has none."""
    value = message.get(name)
    if value is None:
        return ""
    try:
        return one_line(str(make_header(decode_header(str(value)))))
    except (HeaderParseError, ValueError, LookupError):
        return one_line(str(value))


def addresses(message: Message, *names: str) -> list[str]:
    """The addresses in these headers, in lower case."""
    values = [str(value) for name in names for value in message.get_all(name, ())]
    try:
        found = getaddresses([value[:_TEXT_OCTETS] for value in values])
    except (ValueError, IndexError):
        return []
    return [address.lower() for _, address in found if "@" in address]


def text(message: Message) -> str:
    """The beginning of its first text, decoded; empty: it has none."""
    for part in parts(message):
        if part.get_content_type() != "text/plain" or isinstance(part.get_payload(), list):
            continue
        try:
            content = part.get_payload(decode=True)
        except (ValueError, LookupError, AssertionError):
            continue
        if isinstance(content, bytes):
            charset = part.get_content_charset() or "utf-8"
            try:
                return content[:_TEXT_OCTETS].decode(charset, "replace")
            except LookupError:
                return content[:_TEXT_OCTETS].decode("utf-8", "replace")
    return ""
