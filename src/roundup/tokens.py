"""Signed tokens: who a link or a return path speaks of, so that nobody can speak for another. Pure.

A token carries the subscriber's random key, never their address or number, and 128 bits of HMAC-SHA256. RFC 8058 §3.1
asks for "an opaque identifier or another hard-to-forge component". Tokens for leaving never expire.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from roundup.model import IssueKey

KEY_OCTETS = 8
_MAC_OCTETS = 16


class Purpose(StrEnum):
    """What a token may be used for. A token for one purpose is nothing for another."""

    LEAVE = "leave"
    #: From a test mail or a preview: is recognised, and changes nothing.
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Secret:
    """The newsletter's secret: signs tokens, and derives what must be unguessable but the same each time."""

    octets: bytes

    def __repr__(self) -> str:
        return "Secret(…)"

    def mac(self, purpose: str, *parts: bytes) -> bytes:
        """32 octets that only the holder of the secret can compute. Parts cannot run into each other."""
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose.encode(), *parts))
        return hmac.new(self.octets, framed, hashlib.sha256).digest()

    def token(self, key: bytes, purpose: Purpose) -> str:
        """The token of the subscriber with `key`: 32 letters, digits, `-` and `_`."""
        return base64.urlsafe_b64encode(key + self.mac(purpose, key)[:_MAC_OCTETS]).decode()

    def read_token(self, token: str) -> tuple[bytes, Purpose] | None:
        """The key and the purpose that a token was made for; None if it was not made with this secret."""
        try:
            octets = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        if len(octets) != KEY_OCTETS + _MAC_OCTETS:
            return None
        key, mac = octets[:KEY_OCTETS], octets[KEY_OCTETS:]
        for purpose in Purpose:
            if hmac.compare_digest(mac, self.mac(purpose, key)[:_MAC_OCTETS]):
                return key, purpose
        return None

    def nonce(self, issue: IssueKey) -> str:
        """Eight hex digits for an issue's placeholders: the same in a preview and in the send."""
        return self.mac("nonce", str(issue).encode())[:4].hex()

    def boundary(self, issue: IssueKey) -> str:
        """The MIME boundary of an issue's messages: the same in a preview and in the send."""
        return "=_roundup_" + self.mac("boundary", str(issue).encode())[:12].hex()

    def message_number(self, issue: IssueKey, key: bytes) -> str:
        """The left half of a Message-ID: unique for each issue and subscriber, the same on every retry."""
        return f"{issue.day:%Y%m%d}.{issue.edition}.{self.mac('message', str(issue).encode(), key)[:12].hex()}"

    def stranger(self, email: str) -> bytes:
        """A key for an address that is on no list (test mails, previews): always the same for the same address."""
        return self.mac("stranger", email.encode())[:KEY_OCTETS]
