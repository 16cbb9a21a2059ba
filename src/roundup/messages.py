"""Where a message is built: a rendered issue and one subscriber in, the exact octets out. Pure.

The issue is encoded once: it is cut wherever something is a subscriber's own, and the pieces between are the octets of
a message already. A subscriber's own values are encoded and spliced in between soft line breaks, which no decoder
shows, so that a message costs microseconds instead of the milliseconds that `EmailMessage` takes.
"""

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache
from operator import itemgetter
from typing import NewType

from roundup.audience import Variant
from roundup.bounces.return_path import return_paths
from roundup.email_address import one_line
from roundup.headers import address, list_phrase, mailbox, shown, unstructured
from roundup.model import IssueKey, Message, RenderedIssue
from roundup.quoted_printable import CRLF, quoted
from roundup.rendering import PLACEHOLDERS, placeholder
from roundup.sending.dkim import Seal, Signer
from roundup.tokens import Purpose, Secret

#: The name of a slot: where something of the subscriber's own stands.
Slot = NewType("Slot", str)
DATE, TO, MESSAGE_ID, TOKEN = Slot("date"), Slot("to"), Slot("message-id"), Slot("token")
Segment = bytes | Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every message of a newsletter says of itself in its headers."""

    #: The newsletter's name and stable id.
    name: str
    id: str
    sender: str
    #: Empty: answers go to the sender.
    reply_to: str
    #: Where `roundup serve` is reached, ending in a slash; empty: nowhere.
    public_url: str
    #: The mailbox that takes unsubscribe mail; empty: none.
    unsubscribe_mailto: str
    #: Envelope sender without its token; empty: the sender's address, without a token.
    bounce_address: str
    zone: tzinfo
    #: Who vouches for its messages; nobody: the relay does, or whoever looks at them is their only reader.
    signers: tuple[Signer, ...] = ()

    @property
    def domain(self) -> str:
        """The sender's, in which Message-IDs and the List-Id stand."""
        return self.sender.rpartition("@")[2]

    @property
    def leave_link(self) -> str:
        """The address at which a subscriber leaves, ending where the token begins."""
        if self.public_url:
            return f"{self.public_url}u/"
        return f"mailto:{self.unsubscribe_mailto}?subject=unsubscribe%20" if self.unsubscribe_mailto else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Who a message is for."""

    email: str
    name: str
    key: bytes
    #: LEAVE for a subscriber; TEST for everybody else, whose tokens change nothing.
    purpose: Purpose = Purpose.LEAVE


def fingerprint(rendered: RenderedIssue, letterhead: Letterhead, variants: Sequence[Variant] = ()) -> str:
    """SHA-256 in hex over From, Reply-To, subject, preheader, HTML and text, with the placeholders by name: equal
    when what readers get is equal. Its variants follow, in their order. No dates of sending, ids or nonces go into it.
    """
    parts = [address(letterhead.name, letterhead.sender), letterhead.reply_to]
    for each in (rendered, *(variant.rendered for variant in variants)):
        parts += [
            each.subject,
            each.preheader,
            _by_name(each.html, each.nonce),
            _by_name(each.text, each.nonce),
        ]
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode()
        digest.update(len(octets).to_bytes(8, "big") + octets)
    return digest.hexdigest()


def _by_name(text: str, nonce: str) -> str:
    for name in PLACEHOLDERS:
        text = text.replace(placeholder(name, nonce), f"{{{name}}}")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationery:
    """An issue encoded once, from which each subscriber's message is built."""

    zone: tzinfo
    #: What is the same for everybody. Between each two of these there is one slot.
    constant: tuple[bytes, ...]
    #: The octets for all slots, in the order in which they stand, from the octets by the slot's name.
    in_order: Callable[[Mapping[str, bytes]], tuple[bytes, ...]]
    #: What stands in slots of this issue's body, and the slots: in the text, and in the HTML, where it is escaped.
    body_slots: tuple[tuple[str, Slot, Slot], ...]
    #: What is computed from a subscriber's key, begun once for the issue.
    token: Callable[[bytes], str]
    test_token: Callable[[bytes], str]
    message_id: Callable[[bytes], str]
    envelope_from: Callable[[bytes], str]
    #: None: nobody signs.
    seal: Seal | None

    @property
    def takes_long(self) -> bool:
        """Whether a message takes a millisecond to make, not microseconds."""
        return self.seal is not None and self.seal.takes_long

    def message(self, addressee: Addressee, *, date: datetime) -> Message:
        """One subscriber's message. The same for the same arguments: a retry offers the same octets but for Date, and
        the signatures, which cover it and are of its second."""
        key, second = addressee.key, int(date.timestamp())
        token = self.token(key) if addressee.purpose is Purpose.LEAVE else self.test_token(key)
        message_id = self.message_id(key)
        octets: dict[str, bytes] = {
            DATE: _date(second, self.zone),
            # RFC 6532 §3.2: an address outside ASCII stands in its header as UTF-8; the relay was asked for SMTPUTF8.
            TO: mailbox("To", addressee.name, addressee.email).removeprefix("To: ").encode(),
            MESSAGE_ID: message_id.encode("ascii"),
            TOKEN: token.encode("ascii"),
        }
        self._write_values(octets, addressee)
        pieces = [b""] * (2 * len(self.constant) - 1)
        pieces[::2] = self.constant
        pieces[1::2] = self.in_order(octets)
        if self.seal is not None:
            pieces.insert(0, self.seal.signatures(octets, second))
        return Message(
            envelope_from=self.envelope_from(key),
            envelope_to=addressee.email,
            message_id=message_id,
            content=b"".join(pieces),
            undotted=True,
        )

    def _write_values(self, octets: dict[str, bytes], addressee: Addressee) -> None:
        """The subscriber's own values, for the slots of the body."""
        for what, in_text, in_html in self.body_slots:
            value = shown(addressee.name) if what == "NAME" else addressee.email
            escaped = html.escape(value)
            octets[in_text] = octets[in_html] = quoted(value)
            if escaped != value:
                octets[in_html] = quoted(escaped)


@lru_cache(maxsize=64)
def _date(second: int, zone: tzinfo) -> bytes:
    """The value of a Date header (RFC 5322 §3.3). Remembered, for many messages leave within one second."""
    return format_datetime(datetime.fromtimestamp(second, zone)).encode("ascii")


def filled(rendered: RenderedIssue, addressee: Addressee, secret: Secret, *, variant: int = 0) -> tuple[str, str]:
    """The HTML and the text as one person reads them."""
    token = secret.token(addressee.key, addressee.purpose)
    html_part, text_part = rendered.html, rendered.text
    values = (
        ("TOKEN", token),
        ("EMAIL", addressee.email),
        ("NAME", one_line(addressee.name)),
        ("VIEW", secret.view_token(rendered.key, variant)),
    )
    for name, value in values:
        html_part = html_part.replace(placeholder(name, rendered.nonce), html.escape(value))
        text_part = text_part.replace(placeholder(name, rendered.nonce), value)
    return html_part, text_part


def stationery(rendered: RenderedIssue, letterhead: Letterhead, secret: Secret, *, variant: int = 0) -> Stationery:
    """Encode an issue, or the variant of it that has a number, for mailing."""
    issue, boundary = rendered.key, secret.boundary(rendered.key)
    # The issue's own token is the same for everybody.
    view = placeholder("VIEW", rendered.nonce), secret.view_token(issue, variant)
    constant, slots = _taking_turns(
        (
            *_headers(rendered.subject, letterhead, boundary),
            *_part("plain", rendered.text.replace(*view), rendered.nonce, boundary),
            *_part("html", rendered.html.replace(*view), rendered.nonce, boundary),
            f"--{boundary}--{CRLF}".encode(),
        )
    )
    return Stationery(
        zone=letterhead.zone,
        constant=constant,
        # A tuple, for there are always more slots than one: Date, To and Message-ID.
        in_order=itemgetter(*slots),
        body_slots=tuple(each for each in _BODY_SLOTS if not set(slots).isdisjoint(each[1:])),
        token=secret.tokens(Purpose.LEAVE),
        test_token=secret.tokens(Purpose.TEST),
        message_id=_message_ids(letterhead, issue, secret),
        envelope_from=_envelope_senders(letterhead, issue, secret),
        seal=Seal(tuple(_between(constant, slots)), letterhead.signers) if letterhead.signers else None,
    )


def _message_ids(letterhead: Letterhead, issue: IssueKey, secret: Secret) -> Callable[[bytes], str]:
    number = secret.message_numbers(issue)
    ending = f"@{letterhead.domain}>"
    return lambda key: f"<{number(key)}{ending}"


def _envelope_senders(letterhead: Letterhead, issue: IssueKey, secret: Secret) -> Callable[[bytes], str]:
    if letterhead.bounce_address:
        return return_paths(letterhead.bounce_address, issue=issue, secret=secret)
    return lambda _: letterhead.sender


def _headers(subject: str, letterhead: Letterhead, boundary: str) -> Iterator[Segment]:
    """The headers of a message and the empty line after them, cut at the slots."""
    lines = [
        mailbox("From", letterhead.name, letterhead.sender),
        *([f"Reply-To: {letterhead.reply_to}"] if letterhead.reply_to else []),
        unstructured("Subject", subject),
        f"List-Id: {list_phrase(letterhead.name)}<{letterhead.id}.{letterhead.domain}>",
        # RFC 3834 §5: no vacation program answers it; Precedence and the X- header are for those that know no better.
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        f"Date: {_among(DATE)}",
        f"To: {_among(TO)}",
        f"Message-ID: {_among(MESSAGE_ID)}",
        *_leaving(letterhead),
    ]
    for number, piece in enumerate(re.split("\0([^\0]*)\0", CRLF.join(lines) + CRLF + CRLF)):
        yield Slot(piece) if number % 2 else piece.encode("ascii")


def _among(slot: Slot) -> str:
    """A slot among headers, between characters that no header has."""
    return f"\0{slot}\0"


def _leaving(letterhead: Letterhead) -> list[str]:
    """RFC 2369 §3.2 and RFC 8058 §3.1. Written by hand, because `email` turns every List-Unsubscribe over 58
    characters into an encoded-word (cpython #85725), which Gmail ignores. One URI a line keeps the lines short."""
    ways = []
    # A token has only letters that an address may have, too.
    if letterhead.public_url:
        ways.append(f"<{letterhead.leave_link}{_among(TOKEN)}>")
    if letterhead.unsubscribe_mailto:
        ways.append(f"<mailto:{letterhead.unsubscribe_mailto}?subject=unsubscribe%20{_among(TOKEN)}>")
    if not ways:
        return []
    header = [f"List-Unsubscribe: {f',{CRLF} '.join(ways)}"]
    return [*header, "List-Unsubscribe-Post: List-Unsubscribe=One-Click"] if letterhead.public_url else header


#: The slots that a body may have beside the token's: what stands there, in the text and in the HTML.
_BODY_SLOTS = tuple((what, Slot(f"plain {what}"), Slot(f"html {what}")) for what in ("NAME", "EMAIL"))


def _part(subtype: str, text: str, nonce: str, boundary: str) -> Iterator[Segment]:
    """A part of the body, cut at its placeholders: encoded runs, and between them slots such as `html NAME`."""
    head = (
        f"--{boundary}{CRLF}Content-Type: text/{subtype}; charset=utf-8{CRLF}"
        f"Content-Transfer-Encoding: quoted-printable{CRLF}{CRLF}"
    )
    lines = re.split(r"\r\n|\r|\n", text.removesuffix("\n"))
    pieces = re.split(f"ru{nonce}({'|'.join(PLACEHOLDERS)})x", CRLF.join(lines) + CRLF)
    yield head.encode()
    for number, piece in enumerate(pieces):
        if not number % 2:
            yield quoted(piece)
        elif piece == "TOKEN":
            # A token needs no encoding: it is the same in headers and parts, and only its line has to end.
            yield TOKEN
            yield b"=\r\n"
        else:
            yield Slot(f"{subtype} {piece}")
    yield CRLF.encode()


def _taking_turns(segments: Iterable[Segment]) -> tuple[tuple[bytes, ...], tuple[Slot, ...]]:
    """Octets and slots, one slot between each two of the octets: in as few pieces as there can be."""
    constant = [b""]
    slots: list[Slot] = []
    for segment in segments:
        if isinstance(segment, bytes):
            constant[-1] += segment
        else:
            slots.append(segment)
            constant.append(b"")
    return tuple(constant), tuple(slots)


def _between(constant: Sequence[bytes], slots: Sequence[Slot]) -> Iterator[Segment]:
    """The same again in one row."""
    yield constant[0]
    for slot, octets in zip(slots, constant[1:], strict=True):
        yield from (slot, octets)
