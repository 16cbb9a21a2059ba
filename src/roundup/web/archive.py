"""Past issues as pages: an index, each issue as it was mailed, and a feed of them. They change for nobody, carry no
token of anybody's and name nobody, so that anything may keep them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from roundup.archive import IssueRecord, IssueState, StoredIssue
from roundup.model import MAIN_EDITION, IssueKey, RenderedIssue
from roundup.web.atom import atom
from roundup.web.pages import Lasting, Pages
from roundup.web.site import Site
from roundup.web.web_copy import Invitation, web_copy

#: Issues on one page of the index, and in the feed.
_ON_A_PAGE, _IN_THE_FEED = 60, 20
#: How long others may keep a page, in seconds: an issue's longer than the index.
_AN_HOUR, _FIVE_MINUTES = 3_600, 300
#: How many pages of issues are kept in memory.
_KEPT = 128
#: For so many seconds the index is not asked of the database again.
_FRESH = 10


class Listed(NamedTuple):
    """An issue in the index."""

    address: str
    subject: str
    day: str
    #: `weekly` or `correction`; empty: neither.
    kind: str


class Archived:
    """The answers at `/archive/` and `/v/TOKEN`."""

    def __init__(self, pages: Pages, site: Site) -> None:
        self._pages = pages
        self._site = site
        self._home = site.house.public_url or pages.base
        self._words = site.masthead.words
        label = site.masthead.words.say("Sign up to {newsletter}", newsletter=site.masthead.name)
        self._invitation = Invitation(link=self._home, label=label) if site.house.signup else None
        # An issue never changes once it is frozen, and a page of it takes some milliseconds to make.
        self._issues: dict[tuple[IssueKey, int, bool], Lasting] = {}
        #: What is out, and the pages about it, as of a moment.
        self._out: tuple[datetime, Sequence[IssueRecord]] | None = None
        self._lists: dict[str, Lasting] = {}

    async def index(self, request: Request) -> Response:
        """The issues, newest first; `?before=2026-01-01` those before that day."""
        before = _day(request.query_params.get("before", ""))
        return await self._list(request, f"before-{before}", partial(self._index, before))

    async def feed(self, request: Request) -> Response:
        """RFC 4287."""
        return await self._list(request, "feed", self._feed)

    async def issue(self, request: Request) -> Response:
        """One issue: `/archive/2026-11-26`, `/archive/2026-11-26/weekly`."""
        day = _day(request.path_params["day"])
        edition = request.path_params.get("edition", MAIN_EDITION)
        key = None if day is None else IssueKey(day=day, edition=edition)
        # Whoever makes days up asks the database nothing.
        found = key is not None and any(record.key == key for record in await self._records())
        page = await self._issue(key, 0, listed=True) if key is not None and found else None
        return self._nothing() if page is None else self._pages.lasting(page, seen=_seen(request))

    async def view(self, request: Request) -> Response:
        """The issue that a mail's “View in browser” speaks of, as its readers have it."""
        read = self._site.secret.read_view_token(request.path_params["token"])
        if read is None:
            return self._pages.page("unknown-link.html", status=404)
        page = await self._issue(*read, listed=False)
        # A test mail is about an issue that nobody has yet.
        return (
            self._pages.page("not-yet.html", status=404)
            if page is None
            else self._pages.lasting(page, seen=_seen(request))
        )

    # Issues -----------------------------------------------------------------------------------------------------------

    async def _issue(self, key: IssueKey, variant: int, *, listed: bool) -> Lasting | None:
        """The page of an issue; None: there is none that may be shown, or not yet."""
        kept = self._issues.get((key, variant, listed))
        if kept is None:
            content = await to_thread.run_sync(self._made, key, variant)
            if content is None:
                return None
            engines = listed and self._site.house.search_engines
            kept = self._pages.made(content, seconds=_AN_HOUR, listed=engines)
            if len(self._issues) >= _KEPT:
                del self._issues[next(iter(self._issues))]
            self._issues[key, variant, listed] = kept
        return kept

    def _made(self, key: IssueKey, variant: int) -> bytes | None:
        stored = self._site.archive.stored(key)
        if stored is None or not _is_out(stored.record):
            return None
        rendered = _of(stored, variant)
        return None if rendered is None else web_copy(rendered, invitation=self._invitation)

    # Lists ------------------------------------------------------------------------------------------------------------

    async def _records(self) -> Sequence[IssueRecord]:
        """Every issue that is out, newest first, as of some seconds ago at most."""
        now = self._site.clock()
        if self._out is None or not 0 <= (now - self._out[0]).total_seconds() < _FRESH:
            found = [record for record in await to_thread.run_sync(self._site.archive.all) if _is_out(record)]
            self._out = now, sorted(found, key=lambda record: (record.key.day, record.instant), reverse=True)
            self._lists = {}
        return self._out[1]

    async def _list(
        self, request: Request, name: str, make: Callable[[Sequence[IssueRecord]], tuple[bytes, str]]
    ) -> Response:
        sent = [record for record in await self._records() if record.state is IssueState.SENT]
        page = self._lists.get(name)
        if page is None:
            content, kind = make(sent)
            page = self._pages.made(content, kind=kind, seconds=_FIVE_MINUTES, listed=self._site.house.search_engines)
            if len(self._lists) < _KEPT:
                self._lists[name] = page
        return self._pages.lasting(page, seen=_seen(request))

    def _index(self, before: date | None, sent: Sequence[IssueRecord]) -> tuple[bytes, str]:
        older = [record for record in sent if before is None or record.key.day < before]
        last = older[:_ON_A_PAGE][-1:]
        # A day is not cut in two: the next page begins before it.
        shown = [record for record in older if last and record.key.day >= last[0].key.day]
        content = self._pages.text(
            "archive.html",
            issues=[self._listed(record) for record in shown],
            older=shown[-1].key.day.isoformat() if len(older) > len(shown) else "",
            signup=self._site.house.signup,
        )
        return content, "text/html; charset=utf-8"

    def _listed(self, record: IssueRecord) -> Listed:
        kind = record.key.edition.partition("-")[0]
        return Listed(
            address=f"{self._pages.base}archive/{record.key}",
            subject=record.subject,
            day=self._words.day(record.key.day),
            kind=kind if kind != MAIN_EDITION else "",
        )

    def _feed(self, sent: Sequence[IssueRecord]) -> tuple[bytes, str]:
        return atom(self._site.masthead, sent[:_IN_THE_FEED], home=self._home), "application/atom+xml; charset=utf-8"

    def _nothing(self) -> Response:
        return self._pages.page("nothing.html", status=404, signup=self._site.house.signup)


def _is_out(record: IssueRecord) -> bool:
    """Whether an issue is with its readers, or on its way to them."""
    return record.state in (IssueState.SENT, IssueState.FROZEN) and not record.hold


def _of(stored: StoredIssue, variant: int) -> RenderedIssue | None:
    """The rendering that has a number."""
    if variant == 0:
        return stored.rendered
    return stored.variants[variant - 1].rendered if 0 < variant <= len(stored.variants) else None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if len(written) == 10 else None
    except ValueError:
        return None


def _seen(request: Request) -> str:
    return request.headers.get("if-none-match", "")
