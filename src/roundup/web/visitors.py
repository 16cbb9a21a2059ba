"""Who asks, as far as that is anybody's business."""

import contextlib
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from roundup.signing_up import network_of

_LONGEST = 200


class Trusted:
    """The web servers in front: addresses, networks, or `*` for whoever asks."""

    def __init__(self, named: Iterable[str]) -> None:
        written = [each.strip() for each in named]
        self._everybody = "*" in written
        self._networks = []
        for each in written:
            # What is no address names nobody.
            with contextlib.suppress(ValueError):
                self._networks.append(ip_network(each, strict=False))

    def __contains__(self, host: str) -> bool:
        address = address_of(host)
        return self._everybody or (address is not None and any(address in network for network in self._networks))


class Forwarded:
    """Before a request is looked at: its client is the one that the web servers in front tell of."""

    def __init__(self, app: ASGIApp, trusted: Trusted) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope.get("client"):
            told = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
            scope["client"] = (client(scope["client"][0], ",".join(told), self._trusted), 0)
        await self._app(scope, receive, send)


def client(peer: str, told: str, trusted: Trusted) -> str:
    """Who asks: of whoever is on the line and those of whom X-Forwarded-For tells, the nearest that is none of the web
    servers in front. Where one of these tells of something that is no address (`unknown`), it is itself as far as
    anybody knows."""
    asks = peer
    for hop in reversed(told.split(",")):
        address = address_of(hop) if asks in trusted else None
        if address is None:
            break
        asks = str(address)
    return asks


def address_of(written: str) -> IPv4Address | IPv6Address | None:
    """The address in what web servers write: bare, in quotes, in brackets, with a port (RFC 7239 §6). None: there is
    none."""
    text = written.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network(request: Request) -> str:
    """The network that a request came from."""
    return network_of(request.client.host) if request.client else ""


def source(request: Request) -> str:
    """The page that a form was on, without its query: what the browser says of it, else our own."""
    told = request.headers.get("referer") or request.headers.get("origin") or ""
    try:
        parts = urlsplit(told)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    page = f"{parts.scheme}://{parts.hostname}{parts.path}"
    return "".join(character for character in page if character.isprintable())[:_LONGEST]
