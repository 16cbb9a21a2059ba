"""Nobody takes more than a share: so many connections, and so many requests, at once from one network. Who comes
through a web server in front is told apart by what it says of them; its own connections bring everybody's."""

from collections import Counter
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from roundup.signing_up import network_of
from roundup.web.visitors import Trusted

#: From one network at once.
FROM_ONE_NETWORK = 200
#: Stands in the state of a request whose connection is one too many.
CROWDED = "crowded"


class Shares:
    """What each network has of something."""

    def __init__(self, trusted: Trusted) -> None:
        self._trusted = trusted
        self._taken: Counter[str] = Counter()

    def take(self, host: str) -> bool:
        """One more for whoever is at an address. False: their network has its share."""
        network = self._network(host)
        if self._taken[network] >= FROM_ONE_NETWORK and network:
            return False
        self._taken[network] += 1
        return True

    def give_back(self, host: str) -> None:
        """One less."""
        network = self._network(host)
        self._taken[network] -= 1
        if not self._taken[network]:
            del self._taken[network]

    def _network(self, host: str) -> str:
        return "" if host in self._trusted else network_of(host)


class Sharing:
    """Before a request is answered: who has their share is told to come back."""

    def __init__(self, app: ASGIApp, trusted: Trusted, busy: Callable[[], Response]) -> None:
        self._app = app
        self._shares = Shares(trusted)
        self._busy = busy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        host = scope["client"][0] if scope.get("client") else ""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope.get("state", {}).get(CROWDED) or not self._shares.take(host):
            await self._busy()(scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                self._shares.give_back(host)
