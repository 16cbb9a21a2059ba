"""Addresses: which may be mailed, and when two are the same. Pure."""

import ipaddress
import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from roundup.gathering.excerpts import storable

_TRACKING = re.compile(r"(?:utm_.*|mc_.*|fbclid|gclid)", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\s<>\"\\^`{|}]")


def absolute(link: str, base: str = "") -> str | None:
    """The absolute http(s) address that `link` means on the page `base`; None if it means none.

    A feed's id is not a link (a bare guid, `tag:`, `javascript:`): only http and https are ever mailed.
    Characters that RFC 3986 §2 doesn't allow are percent-encoded, so that an address can't break out of its attribute.
    """
    try:
        joined = urljoin(base, link.strip()) if base else link.strip()
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    return _UNSAFE.sub(lambda match: quote(match[0], safe=""), storable(joined))


def normalised(link: str) -> str:
    """What two addresses of one page have in common (design 2.4).

    No scheme, no fragment, no `www.`, no trailing slash, none of the parameters `utm_*`, `mc_*`, `fbclid` and `gclid`;
    the host in lower case. Unknown parameters stay: `/?p=1230` is a page of its own.
    """
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return link.strip()
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    host = re.sub(r":(?:80|443)$", "", host)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])]
    query = "?" + urlencode(kept) if kept else ""
    return host + parts.path.rstrip("/") + query


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
