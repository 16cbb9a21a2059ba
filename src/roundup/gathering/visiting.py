"""Single addresses, looked at for an editor: whether a link leads somewhere, and what a picture shows."""

from roundup.gathering.fetching import Fetcher, FetchError
from roundup.gathering.links import host_of
from roundup.gathering.picture_sizes import MAILABLE, head
from roundup.gathering.probing import ACCEPTED, LARGEST, is_nobodys
from roundup.words import say

#: How long one page or picture may take, in seconds: somebody waits.
VISIT_SECONDS = 8.0
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}


class WebVisitor:
    """Implements `Visitor`. `private_hosts` are the hosts of sources that may live on a private network."""

    def __init__(self, fetcher: Fetcher, *, private_hosts: frozenset[str]) -> None:
        self._fetcher = fetcher
        self._private_hosts = private_hosts

    def picture(self, url: str) -> tuple[str, bytes] | None:
        """See `Visitor`. What a mail program would not show is none, whatever its server calls it."""
        if is_nobodys(host_of(url)):
            return None
        try:
            peeked = self._fetcher.peek(
                url, accept=ACCEPTED, most=LARGEST, enough=lambda _: False,
                allow_private=self._may_be_private(url), seconds=VISIT_SECONDS,
            )  # fmt: skip
        except FetchError:
            return None
        found = head(peeked.octets)
        kind = _MEDIA_TYPES.get(found.kind) if found is not None and found.kind in MAILABLE else None
        return (kind, peeked.octets) if kind else None

    def trouble(self, url: str) -> str:
        """See `Visitor`."""
        if is_nobodys(host_of(url)):
            return say("this address is an example's, and belongs to nobody")
        try:
            # Not HEAD: servers that know it badly answer 404 to it for pages that they have.
            peeked = self._fetcher.peek(
                url, accept="*/*", most=1, enough=lambda _: True,
                allow_private=self._may_be_private(url), seconds=VISIT_SECONDS,
            )  # fmt: skip
        except FetchError as error:
            return str(error)
        if peeked.status >= 400:
            return say("its server answers {status}", status=peeked.status)
        return ""

    def _may_be_private(self, url: str) -> bool:
        return host_of(url) in self._private_hosts
