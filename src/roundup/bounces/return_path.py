"""The signed envelope sender: which subscriber a bounce speaks of, in the address it comes back to (VERP). Pure."""

import base64

from roundup.model import IssueKey
from roundup.tokens import Secret

_MAC_OCTETS = 10


def return_path(bounce_address: str, *, issue: IssueKey, key: bytes, secret: Secret) -> str:
    """`bounces@example.org` with a token: `bounces+TOKEN@example.org`.

    The token is the issue's day, the subscriber's key and 80 bits of HMAC in base32, in lower case, because mail
    servers may fold the case of a local part; 36 characters, so that the local part stays within the 64 octets of
    RFC 5321 §4.5.3.1.1 for any bounce address with a local part of up to 27.
    """
    local, _, domain = bounce_address.rpartition("@")
    day = issue.day.toordinal().to_bytes(4, "big")
    mac = secret.mac("return-path", day, issue.edition.encode(), key)[:_MAC_OCTETS]
    token = base64.b32encode(day + key + mac).decode().rstrip("=").lower()
    return f"{local}+{token}@{domain}"
