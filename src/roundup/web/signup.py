"""Signing up: a page with a form, the same form for a frame on the magazine's own site, and the page that a mail leads
to, to confirm.

The form tells nobody whether an address is on the list. Programs that fill in every form are met by a field that people
do not see, and by the time that a person needs to type an address; neither asks anybody else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from roundup import forms
from roundup.email_address import AddressError, mailable_form, masked
from roundup.model import Status
from roundup.rendering import Masthead
from roundup.signing_up import CONFIRMABLE
from roundup.signing_up import Request as Wish
from roundup.tokens import Purpose
from roundup.web.pages import FRAMED, Pages
from roundup.web.site import Site
from roundup.web.together import Together
from roundup.web.visitors import network, source

#: A person takes longer to fill in a form, and comes back to one that was left open sooner.
_SHORTEST, _LONGEST = timedelta(seconds=2), timedelta(hours=24)
#: Of what was typed as much is shown again.
_SHOWN = 254


class SigningUp:
    """The answers at `/`, `/embed`, `/subscribe` and `/confirm/TOKEN`."""

    def __init__(self, pages: Pages, site: Site) -> None:
        house = site.house
        self._pages = pages
        self._book = site.signups
        self._secret = site.secret
        self._clock = site.clock
        self._house = house
        self._wording = house.wording or wording_of(site.masthead)
        self._shared = {
            "policy": house.policy, "archive": house.archive, "is_open": house.signup, "wording": self._wording,
        }  # fmt: skip
        self._posted = site.mailroom.wake if site.mailroom is not None else lambda: None
        self._asking: Together[Wish, None] = Together(self._asked)

    async def home(self, _request: Request) -> Response:
        """GET and HEAD: what this is, and the form."""
        return self._form("home.html")

    async def embed(self, _request: Request) -> Response:
        """The form alone, for a frame on another page."""
        return self._form("embed.html", headers=FRAMED)

    async def ask(self, request: Request) -> Response:
        """POST: somebody asks to be put on the list. The answer is the same whoever it is."""
        found = await forms.fields(request)
        framed = bool(forms.one(found, "framed"))
        name = "embed.html" if framed else "home.html"
        headers = FRAMED if framed else None
        if not self._house.signup:
            return self._form(name, headers=headers)
        given = forms.one(found, "email")[:_SHOWN].strip()
        try:
            email = mailable_form(given)
        except AddressError:
            return self._form(name, status=422, given=given, trouble=True, headers=headers)
        if forms.one(found, "website"):
            # Nobody sees that field. Whoever filled it in learns nothing.
            return self._pages.page("asked.html", framed=framed, headers=headers)
        now = self._clock()
        shown = self._secret.read_stamp(forms.one(found, "shown"))
        if shown is None or not _SHORTEST <= now - shown <= _LONGEST:
            # A form on another site carries no time, a saved page an old one: the same form again, filled in.
            fast = shown is not None and now - shown < _SHORTEST
            return self._form(name, given=given, again=True, fast=fast, headers=headers)
        wish = Wish(email=email, network=network(request), wording=self._wording, source=source(request), at=now)
        await self._asking.ask(wish)
        self._posted()
        return self._pages.page("asked.html", framed=framed, headers=headers)

    async def show(self, request: Request) -> Response:
        """GET and HEAD: one button, because mail scanners follow links."""
        read = self._read(request)
        if read is None or not await self._is_in_time(*read):
            return self._pages.page("confirm-late.html", status=404)
        return self._pages.page("confirm.html")

    async def confirm(self, request: Request) -> Response:
        """POST: they are on the list."""
        read = self._read(request)
        if read is None:
            return self._pages.page("confirm-late.html", status=404)
        confirm = partial(self._book.confirm, *read, network=network(request), at=self._clock())
        person = await to_thread.run_sync(confirm)
        if person is None or person.status is not Status.ACTIVE:
            return self._pages.page("confirm-late.html", status=404)
        own = {"address": masked(person.email), "token": self._secret.token(person.key, Purpose.LEAVE)}
        return self._pages.page("confirmed.html", own=own)

    async def _is_in_time(self, key: bytes, asked_at: datetime) -> bool:
        """Whether a link is not too old. Its time begins with its mail, which mostly went as soon as it was asked for:
        the ledger is asked only where it went so much later that this matters."""
        at = self._clock()
        if at - asked_at < CONFIRMABLE:
            return True
        return await to_thread.run_sync(partial(self._book.is_confirmable, key, asked_at, at=at))

    def _read(self, request: Request) -> tuple[bytes, datetime] | None:
        """The key and the sign-up that a token speaks of; None if it is not ours."""
        return self._secret.read_confirm_token(request.path_params["token"])

    def _form(
        self,
        name: str,
        *,
        status: int = 200,
        given: str = "",
        headers: Mapping[str, str] | None = None,
        **told: bool,
    ) -> Response:
        """The form. `told`: what is said beside it (`trouble`, `again`, `fast`)."""
        own = {"given": given, "shown": self._secret.stamp(self._clock())}
        return self._pages.page(name, status=status, own=own, headers=headers, **told, **self._shared)

    def _asked(self, wishes: Sequence[Wish]) -> Sequence[None]:
        self._book.ask(wishes, self._house.rationing)
        return [None] * len(wishes)


def wording_of(masthead: Masthead) -> str:
    """What people agree to, where the settings have no sentence of their own."""
    return masthead.words.say(
        "Yes, send me {newsletter} by email. I can stop it at any time, with one click in any issue.",
        newsletter=masthead.name,
    )
