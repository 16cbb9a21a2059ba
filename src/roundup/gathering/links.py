"""Addresses: which may be mailed. Pure. (When two are the same is said by `roundup.identity`.)"""

import ipaddress
import re
from urllib.parse import quote, urljoin, urlsplit

from roundup.gathering.cleaning import storable

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\s<>\"\\^`{|}]")


def absolute(link: str, base: str = "") -> str | None:
    """The absolute http(s) address that `link` means on the page `base`; None if it means none.

    A feed's id is not a link (a bare guid, `tag:`, `javascript:`): only http and https are ever mailed.
    Characters that RFC 3986 §2 doesn't allow are percent-encoded, so that an address can't break out of its attribute.
    """
    try:
        joined = storable(urljoin(base, link.strip()) if base else link.strip())
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    return _UNSAFE.sub(lambda match: quote(match[0], safe=""), joined)


def host_of(link: str) -> str:
    """The host of an address, in lower case; empty if it has none."""
    try:
        return (urlsplit(link).hostname or "").casefold()
    except ValueError:
        return ""


def is_local(link: str) -> bool:
    """Whether the address leads to the reader's own machine, as those of a site exported before it was published do."""
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
