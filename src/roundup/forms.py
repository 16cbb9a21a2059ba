"""What a form sent: a few short fields, and no more than that is ever read."""

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

#: No form of the public pages is longer, in octets.
LONGEST = 16_384
_MOST_FIELDS = 64


class FormError(Exception):
    """What was sent is no form of ours. The number is the HTTP status that says so."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def fields(request: Request, *, longest: int = LONGEST) -> dict[str, list[str]]:
    """The fields of a form by their names, as `application/x-www-form-urlencoded` has them. Raises `FormError`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/x-www-form-urlencoded"):
        raise FormError(415)
    octets = b""
    try:
        async for chunk in request.stream():
            octets += chunk
            if len(octets) > longest:
                raise FormError(413)
    except ClientDisconnect:
        # Nobody is there to be told so.
        raise FormError(400) from None
    try:
        pairs = parse_qsl(octets.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormError(400) from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def one(found: dict[str, list[str]], name: str) -> str:
    """The last value of a field; empty if it was not sent."""
    return found.get(name, [""])[-1]
