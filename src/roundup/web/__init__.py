"""The public pages: where people leave. GET changes nothing, anywhere: mail scanners follow every link."""

from dataclasses import dataclass
from pathlib import Path

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from roundup.clock import Clock
from roundup.rendering import Masthead
from roundup.subscribers import SubscriberBook
from roundup.tokens import Secret
from roundup.web.pages import Pages
from roundup.web.unsubscribe import Unsubscribing


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the public pages are made of."""

    masthead: Masthead
    subscribers: SubscriberBook
    secret: Secret
    clock: Clock
    #: Template folders, the first that has a file winning.
    templates: list[Path]


def create_app(site: Site) -> Starlette:
    """The ASGI application."""
    environment = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(site.templates),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"say": site.masthead.words.say}
    pages = Pages(environment, site.masthead)
    leaving = Unsubscribing(pages, site.subscribers, site.secret, site.clock)

    async def home(_request: Request) -> HTMLResponse:
        return pages.page("home.html")

    async def nothing_here(_request: Request, _error: Exception) -> HTMLResponse:
        return pages.page("nothing.html", status=404)

    return Starlette(
        routes=[
            Route("/", home, methods=["GET"]),
            Route("/u/{token}", leaving.show, methods=["GET"]),
            Route("/u/{token}", leaving.act, methods=["POST"]),
        ],
        exception_handlers={404: nothing_here},
    )
