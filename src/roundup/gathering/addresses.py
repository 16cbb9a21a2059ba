"""Which network addresses may be connected to.

A feed's address, or a redirect from it, must not lead into the network of the machine that reads it (server-side
request forgery). The name is resolved once, and the connection goes to the very address that was checked, so that a
name can't change its meaning between the two.
"""

import ipaddress
import socket
import threading
from typing import Protocol

from roundup.words import say

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: What Python's own list (`is_global`) lacks in some of its versions, until 2024 or still: IETF protocol assignments
#: (192.0.0.0/24, 2001::/23), 6to4 relays (RFC 7526), local NAT64 (RFC 8215), documentation (RFC 9637), SRv6 (RFC 9602).
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16")
)


class Resolver(Protocol):
    """Finds the addresses of a name."""

    def __call__(self, host: str, port: int, /, *, seconds: float) -> list[str]:
        """IP addresses, the best first. Raises OSError when there are none, or no answer in time."""
        ...


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet (IANA special-purpose registries, RFC 6890).

    An IPv6 address that carries an IPv4 address (mapped, 6to4, Teredo, NAT64) is as public as what it carries.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        carried = _carried(parsed)
        if carried is not None:
            return is_public(str(carried))
        if parsed.is_site_local:
            return False
    if any(parsed in network for network in _NOT_PUBLIC):
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def resolve(host: str, port: int, *, seconds: float) -> list[str]:
    """The IP addresses of a host, in the system's order of preference. Raises OSError when it has none, or no answer.

    The system's resolver can't be interrupted; it is left behind in its thread when it takes longer than `seconds`.
    """
    answers: list[list[str]] = []
    faults: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            faults.append(error)
        else:
            answers.append(list(dict.fromkeys(str(row[4][0]) for row in found)))

    asking = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    asking.start()
    asking.join(seconds)
    if answers:
        return answers[0]
    if faults:
        raise faults[0]
    raise TimeoutError(say("the name service gave no answer"))


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 one; None if there is none (RFC 4291 §2.5.5, 3056 §2, 4380 §4, 6052 §2.1)."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
