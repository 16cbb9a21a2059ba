"""A message as it arrived, as the rules look at it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from functools import cached_property

from lxml import html

from roundup.checking.name_rules import tags

_URL = re.compile(r"https?://[^\s<>\"]+|mailto:[^\s<>\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What it should be, by the settings."""

    name: str
    sender: str
    public_url: str
    unsubscribe_mailto: str
    bounce_address: str
    #: Its octets as they were sent; empty: they are not at hand.
    sent: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A DKIM-Signature header (RFC 6376 §3.5)."""

    domain: str
    algorithm: str
    #: The headers that it covers, in lower case.
    covers: Sequence[str]
    body_hash: str
    canonical_body: str
    has_length: bool


class Received:
    """A message as it arrived; line ends are made whole again, for files are saved with others."""

    def __init__(self, octets: bytes) -> None:
        self.octets = re.sub(rb"\r\n|\r|\n", b"\r\n", octets)

    @property
    def _head_and_body(self) -> tuple[bytes, bytes]:
        head, _, body = self.octets.partition(b"\r\n\r\n")
        return head, body

    @property
    def body(self) -> bytes:
        """What follows the headers."""
        return self._head_and_body[1]

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Every header as it stands, unfolded but not decoded."""
        head = re.sub(rb"\r\n(?=[ \t])", b"", self._head_and_body[0]).decode("utf-8", "replace")
        return [(name, value.strip()) for name, mark, value in (each.partition(":") for each in head.split("\r\n"))]

    def every(self, name: str) -> list[str]:
        """The undecoded values of all headers with a name."""
        return [value for each, value in self.headers if each.lower() == name.lower()]

    def one(self, name: str) -> str:
        """The undecoded value of the first; empty if there is none."""
        return next(iter(self.every(name)), "")

    @cached_property
    def parsed(self) -> EmailMessage:
        """As Python reads it."""
        message = message_from_bytes(self.octets, policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise TypeError(type(message))
        return message

    @property
    def senders(self) -> list[tuple[str, str]]:
        """Names and addresses in From. Split first and decoded then: a name may have a comma in it, and of a long one
        that stands in several encoded words the blanks between them are none (RFC 2047 §6.2)."""
        return [(_decoded(name), address) for name, address in getaddresses(self.every("From")[:1])]

    @cached_property
    def signatures(self) -> list[Signature]:
        """Those of DKIM, the newest first."""
        return [_signature(value) for value in self.every("DKIM-Signature")]

    def part(self, subtype: str) -> str:
        """The decoded text of the first part of text/`subtype`; empty if there is none."""
        for part in self.parsed.walk():
            if part.get_content_type() == f"text/{subtype}":
                payload = part.get_payload(decode=True)
                return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        return ""

    @cached_property
    def page(self) -> html.HtmlElement:
        """The HTML part."""
        return html.document_fromstring(self.part("html") or "<p></p>")

    @cached_property
    def links_of_html(self) -> frozenset[str]:
        """The addresses that the HTML part links to."""
        return frozenset(str(link.get("href")) for link in self.page.iter("a") if link.get("href"))

    @cached_property
    def links_of_text(self) -> frozenset[str]:
        """The addresses in the text part."""
        return frozenset(_URL.findall(self.part("plain")))


def _decoded(name: str) -> str:
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, ValueError, LookupError):
        return name


def _signature(value: str) -> Signature:
    told = tags(value)
    return Signature(
        domain=told.get("d", "").lower(),
        algorithm=told.get("a", "").lower(),
        covers=told.get("h", "").lower().split(":"),
        body_hash=told.get("bh", ""),
        canonical_body=told.get("c", "").partition("/")[2] or "simple",
        has_length="l" in told,
    )


def is_aligned(domain: str, other: str) -> bool:
    """Whether two domains are of one house (RFC 9989 §4.4, relaxed alignment): the same, or one under the other."""
    one, two = f".{domain.lower()}", f".{other.lower()}"
    shorter = min((one, two), key=len)
    return shorter.count(".") > 1 and (one.endswith(two) or two.endswith(one))
