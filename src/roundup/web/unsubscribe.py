"""Leaving: the page behind every mail's link, and RFC 8058's one-click POST to the same address.

RFC 8058 §3.1–3.2: the POST carries no cookie and no login, its body is `List-Unsubscribe=One-Click` in either form
encoding, and the answer must not redirect. GET shows one button and changes nothing, because mail scanners follow
links, some with scripts. The page's button and a mail program's POST do the same, at once, also for a run under way.
"""

from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse

from roundup.clock import Clock
from roundup.model import Status
from roundup.subscribers import SubscriberBook
from roundup.tokens import Purpose, Secret
from roundup.web.pages import Pages


class Unsubscribing:
    """The two answers at `/u/TOKEN`."""

    def __init__(self, pages: Pages, book: SubscriberBook, secret: Secret, clock: Clock) -> None:
        self._pages = pages
        self._book = book
        self._secret = secret
        self._clock = clock

    async def show(self, request: Request) -> HTMLResponse:
        """GET and HEAD: one button."""
        read = self._secret.read_token(request.path_params["token"])
        if read is None:
            return self._pages.page("unknown-link.html", status=404)
        key, purpose = read
        if purpose is Purpose.TEST:
            return self._pages.page("test-link.html")
        person = await to_thread.run_sync(self._book.by_key, key)
        if person is None:
            return self._pages.page("unknown-link.html", status=404)
        if person.status in (Status.LEFT, Status.COMPLAINED):
            return self._pages.page("left.html")
        return self._pages.page("leave.html")

    async def act(self, request: Request) -> HTMLResponse:
        """POST: the person leaves. Safe to repeat. The body is not asked for its words: whoever holds the token and
        posts means it, and a mail program that writes the field in its own way must not fail."""
        read = self._secret.read_token(request.path_params["token"])
        if read is None:
            return self._pages.page("unknown-link.html", status=404)
        key, purpose = read
        if purpose is Purpose.TEST:
            return self._pages.page("test-link.html")
        person = await to_thread.run_sync(partial(self._book.leave, key, at=self._clock()))
        if person is None:
            return self._pages.page("unknown-link.html", status=404)
        return self._pages.page("left.html")
