"""Pictures are looked at before they are mailed: the first octets of each say whether it loads, and how large it is.

Only a definite answer takes a picture out. When nobody answers nothing is known: the fault may be ours.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from roundup.gathering import Probed
from roundup.gathering.fetching import Fetcher, FetchError, Peeked, UnreachableError
from roundup.gathering.links import host_of
from roundup.gathering.picture_sizes import MAILABLE, Head, head
from roundup.gathering.pictures import SMALLEST
from roundup.model import Picture
from roundup.words import figures, say

#: How many octets of a picture are read: most have their size in the first hundred, a camera's JPEG in the first ten
#: thousand.
MOST_OCTETS = 65_536
#: The most octets of a picture that is mailed: readers on the road load it.
LARGEST = 2_000_000
#: How long one picture may take, in seconds.
PROBE_SECONDS = 5.0
#: The most pixels: a mail program has four octets of memory for each.
_MOST_PIXELS = 50_000_000
#: How much longer one side may be than the other: what is longer is a rule or a banner.
_LONGEST_SHAPE = 4
#: Servers that could give WebP give what every mail program shows.
ACCEPTED = "image/jpeg, image/png, image/gif;q=0.9"
#: We ask too often, or too soon: that says nothing of the picture (RFC 6585 §4, RFC 8470 §5.2).
_ABOUT_US = {425, 429}

#: Names that belong to nobody (RFC 2606 §2 and §3): examples' pictures stay, and no network is asked for them.
_NOBODYS = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid)")


class WebProber:
    """Implements `Prober`. `private_hosts`: of each source that may live on a private network, its host: only there may
    its pictures be on one, too."""

    def __init__(self, fetcher: Fetcher, *, private_hosts: Mapping[str, str]) -> None:
        self._fetcher = fetcher
        self._private_hosts = private_hosts

    def probe(self, picture: Picture, *, source: str, seconds: float) -> Probed:
        """See `Prober`. An `http:` picture is looked for at the same address with `https:`, for mail programs show no
        other (HTML Standard, mixed content)."""
        safe = replace(picture, url=_protected(picture.url))
        host = host_of(safe.url)
        if is_nobodys(host):
            return Probed(picture=picture, is_known=False)
        try:
            peeked = self._fetcher.peek(
                safe.url,
                accept=ACCEPTED,
                most=MOST_OCTETS,
                enough=_is_enough,
                allow_private=bool(host) and host == self._private_hosts.get(source),
                seconds=min(seconds, PROBE_SECONDS),
            )
        except UnreachableError:
            return Probed(picture=picture, is_known=False)
        except FetchError as error:
            why = say("The picture can't be loaded, so it is left out: {reason}", reason=str(error))
            return Probed(picture=None, because=why)
        if peeked.status in _ABOUT_US:
            return Probed(picture=picture, is_known=False)
        return _judged(safe, peeked)


def is_nobodys(host: str) -> bool:
    """Whether a host is an example's, so that no network is asked for it."""
    return _NOBODYS.fullmatch(host) is not None


def _protected(url: str) -> str:
    """The address with `https:`."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() != "http":
        return url
    host, slash, path = rest.removeprefix("//").partition("/")
    return f"https://{host.removesuffix(':80')}{slash}{path}"


def _is_enough(octets: bytes) -> bool:
    """Whether nothing more is to be learnt."""
    found = head(octets)
    return found is not None and (found.size is not None or found.broken or found.kind not in MAILABLE)


def _judged(picture: Picture, peeked: Peeked) -> Probed:
    """What an answer says of a picture."""
    if not 200 <= peeked.status < 300:
        why = say("The picture does not load (its server answers {status}), so it is left out.", status=peeked.status)
        return Probed(picture=None, because=why)
    found = head(peeked.octets)
    fault = _fault(found, peeked)
    if fault is not None:
        return Probed(picture=None, because=fault)
    if found is None or found.size is None:
        # Its notes fill all that was read: it loads, and is as large as its source says.
        return Probed(picture=picture)
    width, height = found.size
    return Probed(picture=replace(picture, width=width, height=height))


def _fault(found: Head | None, peeked: Peeked) -> str | None:
    """Why it can't be mailed, empty where nobody can do anything about that; None if it can."""
    if found is None or found.kind == "HTML":
        return say("What is at the picture's address is no picture, so it is left out. Correct the address.")
    if found.kind not in MAILABLE:
        return say(
            "The picture is {kind}, which not every mail program shows, so it is left out. Give JPEG, PNG or GIF.",
            kind=found.kind,
        )
    if found.broken or (found.size is None and len(peeked.octets) < MOST_OCTETS):
        return say("The picture is broken or cut off, so it is left out. Put it on its site again.")
    if peeked.length > LARGEST:
        # Rounded up: "2 MB, of at most 2 MB" would say nothing.
        megabytes = math.ceil(peeked.length / 1e5) / 10
        return say(
            "The picture has {size} MB, so it is left out. Give one of at most {most} MB.",
            size=figures(megabytes),
            most=LARGEST // 1_000_000,
        )
    return _fault_of_size(*found.size) if found.size else None


def _fault_of_size(width: int, height: int) -> str | None:
    """Why a picture of this size can't be mailed."""
    if min(width, height) < SMALLEST:
        # A pixel that counts readers, a spacer, an icon: it is meant to be no picture.
        return ""
    if width * height > _MOST_PIXELS:
        return say("The picture has {width} × {height} pixels, too many to be mailed.", width=width, height=height)
    if max(width, height) > _LONGEST_SHAPE * min(width, height):
        return say(
            "The picture has {width} × {height} pixels, one side more than {times} times the other: it is left out.",
            width=width,
            height=height,
            times=_LONGEST_SHAPE,
        )
    return None
