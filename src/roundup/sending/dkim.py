"""DKIM: the sender's domain vouches for a message's headers and body (RFC 6376, 8301, 8463). Pure.

A `Seal` is made once for all messages that differ only in their slots: what they share is canonicalised once, and the
shared beginning of their bodies is hashed once. So a signature costs one hash and one operation of the key.

Always relaxed/relaxed (RFC 6376 §3.4.2, §3.4.4), which survives what relays do to blanks and folding; never `l=`, which
lets strangers add to a body (§8.2); never SHA-1 (RFC 8301 §3.1).
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

#: What is signed where it is there. RFC 8058 §4 asks for the two of unsubscribing, the providers for the rest; what a
#: relay may write anew on its way (Return-Path, Received) is left out (RFC 6376 §5.4.1).
_SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "list-id",
    "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-archive", "feedback-id",
)  # fmt: skip
#: RFC 5322 §2.1.1.
_LINE = 78
_CRLF = b"\r\n"
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_OF_A_LINE = re.compile(rb"[ \t]+(\r\n)?")
_LAST_LINES = re.compile(rb"(\r\n)+\Z")
_SLOT = re.compile(rb"\0([^\0]*)\0")
#: The name of the time and of the body's hash, among the slots of a signature's own header.
_TIME, _BODY = b"t", b"bh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that signs. Says nothing of itself but what stands in the DNS."""

    algorithm: Literal["rsa-sha256", "ed25519-sha256"]
    #: How long it is.
    bits: int
    #: Its public half, as the DNS has it before base64 (RFC 6376 §3.6.1, RFC 8463 §4).
    public: bytes
    #: The same signature for the same octets, always: RSA as PKCS #1 v1.5, Ed25519 of their SHA-256 (RFC 8463 §3).
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key with the name by which receivers find its public half."""

    domain: str
    selector: str
    key: Key

    @property
    def dns_name(self) -> str:
        """Where the public half is published (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"


def dns_record(key: Key) -> str:
    """The TXT record that publishes a key (RFC 6376 §3.6.1, RFC 8463 §4), in one piece: some DNS pages want it cut into
    strings of at most 255 characters."""
    return f"v=DKIM1; k={key.algorithm.partition('-')[0]}; p={b64encode(key.public).decode('ascii')}"


class Seal:
    """Signs messages that are made from one template."""

    def __init__(self, template: Sequence[bytes | str], signers: Sequence[Signer]) -> None:
        """`template`: a message's octets, cut wherever something is its own: there, the name of a slot. A slot's value
        begins and ends within a line, or at the start of one, and has no blank at its ends."""
        marked = b"".join(each if isinstance(each, bytes) else b"\0" + each.encode() + b"\0" for each in template)
        head, _, body = marked.partition(_CRLF + _CRLF)
        fields = _relaxed_fields(head)
        names = [name for name in _SIGNED if name in fields]
        self._head = _cut(_CRLF.join(fields[name] for name in names) + _CRLF)
        first, *rest = _cut(_relaxed_end(_relaxed_lines(body)))
        self._begun = hashlib.sha256(first if isinstance(first, bytes) else b"")
        self._body = rest
        self._signatures = [_Signature(signer, names) for signer in signers]
        self._takes_long = any(signer.key.algorithm == "rsa-sha256" for signer in signers)

    @property
    def takes_long(self) -> bool:
        """Whether one of them signs with RSA: a millisecond, where Ed25519 takes 40 microseconds."""
        return self._takes_long

    def signatures(self, values: Mapping[str, bytes], second: int) -> bytes:
        """The DKIM-Signature headers, each with its line end, of the message whose slots have these values. `second`:
        seconds since 1970, at which it is signed. The same for the same arguments."""
        head = b"".join(each if isinstance(each, bytes) else _relaxed_value(values[each]) for each in self._head)
        hashed = self._begun.copy()
        for each in self._body:
            hashed.update(each if isinstance(each, bytes) else _relaxed_lines(values[each]))
        own = {_TIME: b"%d" % second, _BODY: b64encode(hashed.digest())}
        return b"".join(each.made(head, own) for each in self._signatures)


def signed(content: bytes, signers: Sequence[Signer], *, second: int) -> bytes:
    """One whole message with its signatures in front; as it is if nobody signs. `second`: see `Seal.signatures`."""
    return Seal([content], signers).signatures({}, second) + content if signers else content


class _Signature:
    """One signer's header, but for what each message has of its own."""

    def __init__(self, signer: Signer, names: Sequence[str]) -> None:
        self._sign = signer.key.sign
        lines = (
            f"DKIM-Signature: v=1; a={signer.key.algorithm}; c=relaxed/relaxed;",
            f" d={signer.domain};",
            f" s={signer.selector}; t=\0t\0;",
            *_folded(names),
            " bh=\0bh\0;",
            " b=",
        )
        field = _CRLF.join(line.encode("ascii") for line in lines)
        self._written = _pieces(field)
        #: RFC 6376 §3.7: its own header is signed last, with an empty `b=` and without its line end.
        self._relaxed = _pieces(_relaxed_field(field)[1])

    def made(self, head: bytes, own: Mapping[bytes, bytes]) -> bytes:
        signature = b64encode(self._sign(head + _filled(self._relaxed, own)))
        lines = [signature[start : start + _LINE - 4] for start in range(0, len(signature), _LINE - 4)]
        return _filled(self._written, own) + b"\r\n ".join(lines) + _CRLF


def _folded(names: Sequence[str]) -> Iterator[str]:
    """`h=`, on lines. Every name stands there once more than the message has it, so that nobody can add another of
    these headers on the way (RFC 6376 §8.15): RFC 5322 §3.6 and RFC 2369 §2 allow each once."""
    line = " h="
    for number, name in enumerate(names):
        both = f"{name}:{name}{';' if number == len(names) - 1 else ':'}"
        if len(line) + len(both) > _LINE:
            yield line
            line = " "
        line += both
    yield line


def _pieces(field: bytes) -> tuple[bytes, ...]:
    """Text, a slot's name, text, …"""
    return tuple(_SLOT.split(field))


def _filled(pieces: tuple[bytes, ...], own: Mapping[bytes, bytes]) -> bytes:
    return b"".join(own[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def _cut(marked: bytes) -> list[bytes | str]:
    return [piece.decode() if number % 2 else piece for number, piece in enumerate(_SLOT.split(marked))]


# Canonical forms -------------------------------------------------------------------------------------------------


def _relaxed_fields(head: bytes) -> dict[str, bytes]:
    """The headers by their names in small letters. A message of ours has each once."""
    return dict(_relaxed_field(line) for line in _FOLD.sub(b"", head).split(_CRLF) if line)


def _relaxed_field(field: bytes) -> tuple[str, bytes]:
    """RFC 6376 §3.4.2: a header's name in small letters, and the header without its line end."""
    name, _, value = _FOLD.sub(b"", field).partition(b":")
    called = name.strip(b" \t").lower()
    return called.decode("latin-1"), called + b":" + _BLANKS.sub(b" ", value).strip(b" ")


def _relaxed_value(value: bytes) -> bytes:
    """The same for a part of a header's value, which begins and ends with no blank."""
    if b"\r" in value or b"  " in value or b"\t" in value:
        return _BLANKS.sub(b" ", _FOLD.sub(b"", value))
    return value


def _relaxed_lines(octets: bytes) -> bytes:
    """RFC 6376 §3.4.4 but for the empty lines at the end: blanks become one, and none ends a line."""
    if b" \r" in octets or b"  " in octets or b"\t" in octets:
        return _BLANKS_OF_A_LINE.sub(lambda found: found[1] or b" ", octets)
    return octets


def _relaxed_end(body: bytes) -> bytes:
    """A body that is not empty ends with one line end (RFC 6376 §3.4.4)."""
    rest = _LAST_LINES.sub(b"", body)
    return rest + _CRLF if rest else b""
