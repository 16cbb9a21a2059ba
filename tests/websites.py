"""The public pages in memory: asked as a web server would ask them, without a socket."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from roundup import shipped
from roundup.approving import Approver
from roundup.confirming import Asking
from roundup.proposals import Approval
from roundup.store import Ledgers
from roundup.tokens import Purpose
from roundup.web import House, Site, create_app
from roundup.web.confirmation_text import confirmation_text
from roundup.web.mailroom import Mailroom
from tests.builders import INSTANT, SECRET, a_letterhead, a_masthead, a_schedule
from tests.fakes.clocks import HandClock
from tests.fakes.senders import RecordingSender
from tests.fakes.stores import ledgers_in_memory
from tests.offices import a_newsroom

PUBLIC = "https://roundup.lantern.example/"
VISITOR = "192.0.2.7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a page answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def title(self) -> str:
        """The page's heading."""
        found = re.search(r"<h1>(.*?)</h1>", self.text, re.DOTALL)
        return found[1] if found else ""

    def value(self, name: str) -> str:
        """What stands in a field of the page's form."""
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.text)
        return found[1] if found else ""


@dataclass(slots=True)
class Website:
    """The pages, and what is behind them."""

    ledgers: Ledgers
    house: House = field(default_factory=lambda: House(public_url=PUBLIC))
    clock: HandClock = field(default_factory=lambda: HandClock(INSTANT))
    sender: RecordingSender = field(default_factory=RecordingSender)
    language: str = "en-GB"
    #: Who must approve issues; None: nobody.
    approval: Approval | None = None
    #: What an editor can change of any issue, as a digest.
    edited: str = ""

    @property
    def approver(self) -> Approver | None:
        """Who approves issues."""
        if self.approval is None:
            return None
        newsroom = replace(a_newsroom(), edits=lambda _key: self.edited)
        return Approver(newsroom=newsroom, rule=self.approval, ledgers=self.ledgers, schedule=a_schedule())

    @property
    def mailroom(self) -> Mailroom:
        """Who mails confirmations; its thread is not at work."""
        masthead = a_masthead(language=self.language)
        asking = Asking(
            said=confirmation_text(masthead, [shipped.templates() / "email"]),
            letterhead=a_letterhead(public_url=PUBLIC),
            secret=SECRET,
        )
        return Mailroom(
            self.ledgers.signups, self.sender, asking,
            rationing=self.house.rationing, clock=self.clock, tell=lambda _: None,
        )  # fmt: skip

    @property
    def app(self) -> Starlette:
        """The application, made anew."""
        site = Site(
            masthead=a_masthead(language=self.language),
            subscribers=self.ledgers.subscribers,
            signups=self.ledgers.signups,
            archive=self.ledgers.archive,
            secret=SECRET,
            clock=self.clock,
            templates=[shipped.templates() / "web"],
            tell=lambda _: None,
            house=self.house,
            approver=self.approver,
        )
        return create_app(site)

    def get(self, path: str, **headers: str) -> Answer:
        return asked(self.app, [request("GET", path, headers=headers)])[0]

    def post(self, path: str, form: Mapping[str, str | Sequence[str]] | bytes = b"", **headers: str) -> Answer:
        body = form if isinstance(form, bytes) else urlencode(form, doseq=True).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return asked(self.app, [request("POST", path, body=body, headers=kind | headers)])[0]

    def link(self, email: str, purpose: Purpose = Purpose.LEAVE) -> str:
        """The path of somebody's link to leave."""
        person = self.ledgers.subscribers.find(email)
        assert person is not None
        return f"/u/{SECRET.token(person.key, purpose)}"

    def status(self, email: str) -> str:
        """What somebody is to the list; empty: nobody."""
        person = self.ledgers.subscribers.find(email)
        return person.status.value if person else ""


@contextmanager
def a_website(*people: str, house: House | None = None, language: str = "en-GB") -> Iterator[Website]:
    """Pages over ledgers in memory, with these people on the list."""
    with ledgers_in_memory() as ledgers:
        site = Website(ledgers, house=house or House(public_url=PUBLIC), language=language)
        for email in people:
            ledgers.subscribers.add(email, "", at=INSTANT)
        yield site


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request."""

    scope: dict[str, Any]
    body: bytes


def request(
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    visitor: str = VISITOR,
) -> Request:
    """A request as uvicorn hands it on."""
    plain, _, query = path.partition("?")
    given = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": plain, "raw_path": plain.encode("utf-8", "replace"), "query_string": query.encode("utf-8", "replace"),
        "root_path": "", "client": (visitor, 4711), "server": ("127.0.0.1", 80),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in given.items()],
    }  # fmt: skip
    return Request(scope=scope, body=body)


def asked(app: Starlette, requests: Sequence[Request]) -> list[Answer]:
    """The answers to requests that are made all at once."""

    async def all_at_once() -> list[Answer]:
        return await asyncio.gather(*(_ask(app, each) for each in requests))

    # In a thread of its own: where a browser is driven, a loop runs already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, all_at_once()).result()


async def _ask(app: Callable[..., Awaitable[None]], made: Request) -> Answer:
    told: list[MutableMapping[str, Any]] = []
    waiting = [made.body[:1000], made.body[1000:]] if len(made.body) > 1000 else [made.body]

    async def receive() -> dict[str, Any]:
        if not waiting:
            return {"type": "http.disconnect"}
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    await app(made.scope, receive, send)
    start = told[0]
    return Answer(
        status=start["status"],
        headers={name.decode(): value.decode() for name, value in start["headers"]},
        body=b"".join(each.get("body", b"") for each in told[1:]),
    )
