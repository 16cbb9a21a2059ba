"""Who may speak to the desk: this machine's own browser, on a page of ours.

The desk listens on this machine alone. Another site's page could still reach it through the browser: under a name that
it makes point here (DNS rebinding), or by a form that it sends. So the Host header must name this machine, what changes
something must come from a page of ours, and carries a token that is made anew at each start.
"""

import hmac
import secrets
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from roundup.forms import FormError, fields, one
from roundup.words import say

#: An intro, or an excerpt, may be long.
_LONGEST = 400_000
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    # Without a Referer a form would come from the origin `null`, which is nobody's.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware in front of the desk. Every answer gets the desk's headers, unless it has its own."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        names = ("127.0.0.1", "localhost", "[::1]")
        self._hosts = frozenset(f"{name}:{port}" for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse to."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Request(scope))
        if refusal:
            await PlainTextResponse(refusal, status_code=403, headers=_HEADERS)(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)

    def _refusal(self, request: Request) -> str:
        """Why a request is not answered; empty if it is."""
        host = request.headers.get("host", "")
        if host.lower() not in self._hosts:
            return say("The desk answers on this machine alone, at the address that `roundup preview` printed.")
        if request.method in ("GET", "HEAD"):
            return ""
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
        ours = origin is None or origin.lower() == f"http://{host.lower()}"
        return "" if ours and site in ("same-origin", "none") else say("Another site's page may change nothing here.")


class Token:
    """What every change must carry. Made anew at each start, so that no page can know it but one of ours."""

    def __init__(self) -> None:
        self.text = secrets.token_urlsafe(24)

    async def form(self, request: Request) -> Mapping[str, str]:
        """The fields of a form that carries it. Raises `FormError`."""
        found = await fields(request, longest=_LONGEST)
        if not hmac.compare_digest(one(found, "token").encode(), self.text.encode()):
            raise FormError(403)
        return {name: values[-1] for name, values in found.items()}
