"""The signed envelope sender: which subscriber a bounce speaks of, in the address it comes back to (VERP). Pure."""

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import date
from functools import cache

from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey
from roundup.tokens import Secret

_MAC_OCTETS = 10
#: RFC 4648 §6, in lower case.
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
#: The token does not say its issue's edition: every one that a day may have is tried.
_EDITIONS = (MAIN_EDITION, WEEKLY_EDITION, *(f"correction-{number}" for number in range(1, 31)))
#: 22 octets have 176 bits: with four more they are twelve times three letters of five bits each.
_PADDING, _SHIFTS = 4, tuple(range(165, -15, -15))


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
    triples = _triples()
    # Without `base64.b32encode`, which is written in Python too and takes four times as long. The first six letters
    # are of the day alone.
    beginning = int.from_bytes(day, "big") << 180 - 32
    same = f"{local}+{''.join([triples[beginning >> shift & 32767] for shift in _SHIFTS[:2]])}"

    def path(key: bytes) -> str:
        bits = int.from_bytes(day + key + mac(key)[:_MAC_OCTETS], "big") << _PADDING
        return f"{same}{''.join([triples[bits >> shift & 32767] for shift in _SHIFTS[2:]])}@{domain}"

    return path


def read_return_path(token: str, secret: Secret) -> tuple[IssueKey, bytes] | None:
    """The issue and the subscriber's key that a token was made for, with this secret or a former one; None: it was
    made with neither."""
    try:
        octets = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        day = date.fromordinal(int.from_bytes(octets[:4], "big"))
    except (binascii.Error, ValueError, OverflowError):
        return None
    key, mac = octets[4:12], octets[12:]
    if len(mac) != _MAC_OCTETS:
        return None
    for each in (secret, *(Secret(former) for former in secret.former)):
        for edition in _EDITIONS:
            made = each.mac("return-path", octets[:4], edition.encode(), key)[:_MAC_OCTETS]
            if hmac.compare_digest(mac, made):
                return IssueKey(day=day, edition=edition), key
    return None


@cache
def _triples() -> tuple[str, ...]:
    """Three letters for each number of 15 bits."""
    pairs = [first + second for first in _LETTERS for second in _LETTERS]
    return tuple([pair + third for pair in pairs for third in _LETTERS])
