"""Signed tokens: who a link or a return path speaks of, so that nobody can speak for another. Pure.

A token carries the subscriber's random key, never their address or number, and 128 bits of HMAC-SHA256. RFC 8058 §3.1
asks for "an opaque identifier or another hard-to-forge component". Tokens for leaving never expire.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from roundup.model import IssueKey

KEY_OCTETS = 8
_MAC_OCTETS = 16
#: A point in time; of a form's, and of what only opens an issue, a shorter MAC is enough.
_STAMP_OCTETS, _STAMP_MAC_OCTETS, _VIEW_MAC_OCTETS = 4, 14, 15
#: So many digits of a fingerprint name a rendering in an address: 128 bits.
RENDERING_DIGITS = 32
#: RFC 2104 §2: every octet of the secret with 0x36 for the inner hash, with 0x5c for the outer one.
_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))


class Purpose(StrEnum):
    """What a token may be used for. A token for one purpose is nothing for another."""

    LEAVE = "leave"
    #: From a test mail or a preview: is recognised, and changes nothing.
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Secret:
    """The newsletter's secret: signs tokens, and derives what must be unguessable but the same each time."""

    octets: bytes
    #: Secrets of before, whose tokens are still recognised: what somebody may leave by never expires.
    former: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return "Secret(…)"

    def mac(self, purpose: str, *parts: bytes) -> bytes:
        """32 octets that only the holder of the secret can compute. Parts cannot run into each other."""
        return hmac.new(self.octets, _framed(purpose.encode(), *parts), hashlib.sha256).digest()

    def macs(self, purpose: str, *parts: bytes) -> Callable[[bytes], bytes]:
        """`mac` for whoever shares all parts but the last, which the function takes.

        The secret and the shared parts are hashed once, and the states kept, as RFC 2104 §4 proposes: three MACs are
        half of what a message costs. Copying an `hmac.HMAC` would do as well, in twice the time.
        """
        block = hashlib.sha256().block_size
        padded = (self.octets if len(self.octets) <= block else hashlib.sha256(self.octets).digest()).ljust(
            block, b"\0"
        )
        inner = hashlib.sha256(padded.translate(_INNER) + _framed(purpose.encode(), *parts))
        outer = hashlib.sha256(padded.translate(_OUTER))

        def mac(last: bytes) -> bytes:
            # Copies, so that one beginning serves everybody, in any number of threads.
            within, around = inner.copy(), outer.copy()
            within.update(len(last).to_bytes(4, "big") + last)
            around.update(within.digest())
            return around.digest()

        return mac

    def token(self, key: bytes, purpose: Purpose) -> str:
        """The token of the subscriber with `key`: 32 letters, digits, `-` and `_`."""
        return self.tokens(purpose)(key)

    def tokens(self, purpose: Purpose) -> Callable[[bytes], str]:
        """`token` for one key after another."""
        mac = self.macs(purpose)
        return lambda key: base64.urlsafe_b64encode(key + mac(key)[:_MAC_OCTETS]).decode()

    def read_token(self, token: str) -> tuple[bytes, Purpose] | None:
        """The key and the purpose that a token was made for; None if it was not made with this secret."""
        octets = _decoded(token, KEY_OCTETS + _MAC_OCTETS)
        if not octets:
            return None
        key, mac = octets[:KEY_OCTETS], octets[KEY_OCTETS:]
        for secret in self._all:
            for purpose in Purpose:
                if hmac.compare_digest(mac, secret.mac(purpose, key)[:_MAC_OCTETS]):
                    return key, purpose
        return None

    def _made(self, purpose: str, part: bytes, mac: bytes) -> bool:
        """Whether a MAC, or the beginning of one, is that of a part under any secret there has been."""
        known = [hmac.compare_digest(mac, secret.mac(purpose, part)[: len(mac)]) for secret in self._all]
        return any(known)

    @property
    def _all(self) -> "tuple[Secret, ...]":
        return (self, *(Secret(each) for each in self.former))

    def confirm_token(self, key: bytes, at: datetime) -> str:
        """The token of a confirmation mail for the sign-up of `at`: 38 letters, digits, `-` and `_`."""
        stamped = key + _seconds(at)
        return base64.urlsafe_b64encode(stamped + self.mac("confirm", stamped)[:_MAC_OCTETS]).decode().rstrip("=")

    def read_confirm_token(self, token: str) -> tuple[bytes, datetime] | None:
        """The key, and when the sign-up was, to the second; None if it was not made with this secret."""
        octets = _decoded(token, KEY_OCTETS + _STAMP_OCTETS + _MAC_OCTETS)
        stamped, mac = octets[:-_MAC_OCTETS], octets[-_MAC_OCTETS:]
        if not octets or not self._made("confirm", stamped, mac):
            return None
        return stamped[:KEY_OCTETS], _instant(stamped[KEY_OCTETS:])

    def stamp(self, at: datetime) -> str:
        """What a form carries to say when it was shown, to the second."""
        second = _seconds(at)
        return base64.urlsafe_b64encode(second + self.mac("form", second)[:_STAMP_MAC_OCTETS]).decode()

    def read_stamp(self, stamp: str) -> datetime | None:
        """When a form was shown; None if it does not say so."""
        octets = _decoded(stamp, _STAMP_OCTETS + _STAMP_MAC_OCTETS)
        second, mac = octets[:_STAMP_OCTETS], octets[_STAMP_OCTETS:]
        if not octets or not self._made("form", second, mac):
            return None
        return _instant(second)

    def view_token(self, issue: IssueKey, variant: int) -> str:
        """What opens an issue in a browser, and nothing else: `2026-11-26.main.0.…`. It is nobody's in particular."""
        name = f"{issue.day.isoformat()}.{issue.edition}.{variant}"
        return f"{name}.{base64.urlsafe_b64encode(self.mac('view', name.encode())[:_VIEW_MAC_OCTETS]).decode()}"

    def read_view_token(self, token: str) -> tuple[IssueKey, int] | None:
        """The issue and its variant; None if it was not made with this secret."""
        try:
            day, edition, number, _ = token.split(".")
            key, variant = IssueKey(day=date.fromisoformat(day), edition=edition), int(number)
        except ValueError:
            return None
        made = (secret.view_token(key, variant) for secret in self._all)
        known = [hmac.compare_digest(token.encode("utf-8", "replace"), each.encode()) for each in made]
        return (key, variant) if any(known) else None

    def approval_token(self, issue: IssueKey, fingerprint: str) -> str:
        """What opens the page that approves one rendering of an issue: `2026-11-26.main.….…`."""
        name = f"{issue.day.isoformat()}.{issue.edition}.{fingerprint[:RENDERING_DIGITS]}"
        return f"{name}.{base64.urlsafe_b64encode(self.mac('approval', name.encode())[:_VIEW_MAC_OCTETS]).decode()}"

    def read_approval_token(self, token: str) -> tuple[IssueKey, str] | None:
        """The issue, and how the rendering's fingerprint begins; None if it was not made with this secret."""
        try:
            day, edition, rendering, _ = token.split(".")
            key = IssueKey(day=date.fromisoformat(day), edition=edition)
        except ValueError:
            return None
        made = (secret.approval_token(key, rendering) for secret in self._all)
        known = [hmac.compare_digest(token.encode("utf-8", "replace"), each.encode()) for each in made]
        return (key, rendering) if any(known) else None

    def nonce(self, issue: IssueKey) -> str:
        """Eight hex digits for an issue's placeholders: the same in a preview and in the send."""
        return self.mac("nonce", str(issue).encode())[:4].hex()

    def boundary(self, issue: IssueKey) -> str:
        """The MIME boundary of an issue's messages: the same in a preview and in the send."""
        return "=_roundup_" + self.mac("boundary", str(issue).encode())[:12].hex()

    def message_number(self, issue: IssueKey, key: bytes) -> str:
        """The left half of a Message-ID: unique for each issue and subscriber, the same on every retry."""
        return self.message_numbers(issue)(key)

    def message_numbers(self, issue: IssueKey) -> Callable[[bytes], str]:
        """`message_number` for one key after another."""
        beginning = f"{issue.day:%Y%m%d}.{issue.edition}."
        mac = self.macs("message", str(issue).encode())
        return lambda key: beginning + mac(key)[:12].hex()

    def forgotten(self, compared: str) -> tuple[bytes, ...]:
        """All that is kept of an address whose owner asked to be erased, under each secret there has been."""
        return tuple(secret.mac("forgotten", compared.encode()) for secret in self._all)

    def stranger(self, email: str) -> bytes:
        """A key for an address that is on no list (test mails, previews): always the same for the same address."""
        return self.mac("stranger", email.encode())[:KEY_OCTETS]


def _seconds(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(_STAMP_OCTETS, "big")


def _instant(second: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(second, "big"), UTC)


def _decoded(token: str, length: int) -> bytes:
    """The octets of a token; empty if it has not so many."""
    try:
        octets = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
    return octets if len(octets) == length else b""


def _framed(*parts: bytes) -> bytes:
    """Parts, each behind its length."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])
