"""The signed envelope sender: which subscriber a bounce speaks of, in the address it comes back to (VERP). Pure."""

from collections.abc import Callable

from roundup.model import IssueKey
from roundup.tokens import Secret

_MAC_OCTETS = 10
#: RFC 4648 §6, in lower case: two letters for each number of ten bits.
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
_SHIFTS = tuple(range(170, -10, -10))


def return_path(bounce_address: str, *, issue: IssueKey, key: bytes, secret: Secret) -> str:
    """`bounces@example.org` with a token: `bounces+TOKEN@example.org`.

    The token is the issue's day, the subscriber's key and 80 bits of HMAC in base32, in lower case, because mail
    servers may fold the case of a local part; 36 characters, so that the local part stays within the 64 octets of
    RFC 5321 §4.5.3.1.1 for any bounce address with a local part of up to 27.
    """
    return return_paths(bounce_address, issue=issue, secret=secret)(key)


def return_paths(bounce_address: str, *, issue: IssueKey, secret: Secret) -> Callable[[bytes], str]:
    """`return_path` for one key after another."""
    local, _, domain = bounce_address.rpartition("@")
    day = issue.day.toordinal().to_bytes(4, "big")
    mac = secret.macs("return-path", day, issue.edition.encode())
    return lambda key: f"{local}+{_base32(day + key + mac(key)[:_MAC_OCTETS])}@{domain}"


def _base32(octets: bytes) -> str:
    """Without padding. `base64.b32encode`, which is written in Python too, takes twice the time."""
    # 22 octets have 176 bits: with four more they are 18 pairs of letters.
    bits = int.from_bytes(octets, "big") << 4
    return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])
