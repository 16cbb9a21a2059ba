"""Who asks, as far as that is anybody's business."""

from urllib.parse import urlsplit

from starlette.requests import Request

from roundup.signing_up import network_of

_LONGEST = 200


def network(request: Request) -> str:
    """The network that a request came from: the client that the web server in front names, if uvicorn trusts it."""
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
