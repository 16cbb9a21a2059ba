"""The public pages: where people come, choose and leave, past issues, and where an editor approves one. GET changes
nothing, anywhere: mail scanners follow every link.

Each page is one file: `signup.py`, `unsubscribe.py`, `preferences.py`, `archive.py`, `approval.py`. What is asked of
the ledgers by many is asked together (`together.py`).
"""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from roundup.errors import StoreError, TemplateError
from roundup.forms import FormError
from roundup.web.approval import ApprovalPages
from roundup.web.archive import Archived
from roundup.web.mailroom import Mailroom
from roundup.web.pages import Pages
from roundup.web.preferences import Preferring
from roundup.web.shares import Sharing
from roundup.web.signup import SigningUp
from roundup.web.site import House, Site
from roundup.web.trying import try_all
from roundup.web.unsubscribe import Unsubscribing
from roundup.web.visitors import Forwarded, Trusted

__all__ = ["House", "Site", "create_app"]

_Answering = Callable[[Request], Awaitable[Response]]


def create_app(site: Site) -> Starlette:
    """The ASGI application."""
    pages = Pages(site.templates, site.masthead, site.house.public_url, tell=site.tell)
    leaving = Unsubscribing(pages, site.subscribers, site.secret, site.clock)
    preferring = Preferring(pages, leaving, site.house.sections, weekly=site.house.weekly)
    routes: list[BaseRoute] = [
        _both("/u/{token}", leaving.show, leaving.act),
        # Some web servers in front put a slash at the end of everything.
        _both("/u/{token}/", leaving.show, leaving.act),
        Route("/u/{token}/stay", leaving.stay, methods=["POST"]),
        _both("/u/{token}/preferences", preferring.show, preferring.act),
        *_approving(site, pages),
        *_signing_up(site, pages),
        *_archived(site, pages),
    ]

    async def nothing_here(_request: Request, _error: Exception) -> Response:
        return pages.page("nothing.html", status=404, signup=site.house.signup)

    async def not_so(_request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return pages.page("not-so.html", status=405, headers=error.headers)
        return pages.page("not-so.html", status=error.status if isinstance(error, FormError) else 400)

    async def later(_request: Request, _error: Exception) -> Response:
        # Nothing is lost: whoever asked has no answer that says it was done.
        return pages.page("later.html", status=503, headers={"Retry-After": "60"})

    handlers: dict[Any, Callable[[Request, Exception], Any]] = {
        404: nothing_here, 405: not_so, FormError: not_so, StoreError: later, TemplateError: later, Exception: later,
    }  # fmt: skip
    if pages.base != "/":
        # Some web servers in front hand on the whole path, and some what is below theirs.
        routes.append(Mount(pages.base.rstrip("/"), routes=[*routes]))
    trusted = Trusted(site.house.trusted_proxies)

    def busy() -> Response:
        return pages.page("later.html", status=503, headers={"Retry-After": "60", "Connection": "close"})

    app = Starlette(
        routes=routes,
        middleware=[Middleware(Forwarded, trusted=trusted), Middleware(Sharing, trusted=trusted, busy=busy)],
        exception_handlers=handlers,
        lifespan=_lifespan(pages, site.mailroom),
    )
    # RFC 8058 §3.1: no redirect, least of all to whatever host was asked for.
    app.router.redirect_slashes = False
    return app


def _both(path: str, show: _Answering, act: _Answering) -> Route:
    """What is shown at a path, and done there. One route, so that it knows all methods that it has (Allow)."""

    async def answer(request: Request) -> Response:
        return await (act if request.method == "POST" else show)(request)

    return Route(path, answer, methods=["GET", "POST"])


def _approving(site: Site, pages: Pages) -> list[Route]:
    approving = ApprovalPages(pages, site)
    return [
        _both("/approve/{token}", approving.show, approving.act),
        Route("/approve/{token}/issue", approving.issue, methods=["GET"]),
    ]


def _signing_up(site: Site, pages: Pages) -> list[Route]:
    signing = SigningUp(pages, site)
    return [
        Route("/", signing.home, methods=["GET"]),
        Route("/embed", signing.embed, methods=["GET"]),
        _both("/subscribe", signing.home, signing.ask),
        _both("/confirm/{token}", signing.show, signing.confirm),
    ]


def _archived(site: Site, pages: Pages) -> list[Route]:
    archived = Archived(pages, site)
    routes = [Route("/v/{token}", archived.view, methods=["GET"])]
    if site.house.archive:
        routes += [
            Route("/archive", archived.index, methods=["GET"]),
            Route("/archive/", archived.index, methods=["GET"]),
            Route("/archive/feed.xml", archived.feed, methods=["GET"]),
            Route("/archive/{day}", archived.issue, methods=["GET"]),
            Route("/archive/{day}/{edition}", archived.issue, methods=["GET"]),
        ]
    return routes


def _lifespan(pages: Pages, mailroom: Mailroom | None) -> Any:
    """Every page is tried before the first is served, and the mailroom is at work meanwhile."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> Any:
        try_all(pages)
        if mailroom is not None:
            mailroom.open()
        try:
            yield
        finally:
            if mailroom is not None:
                mailroom.close()

    return lifespan
