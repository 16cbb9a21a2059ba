"""Leaving: the page behind every mail's link, and RFC 8058's one-click POST to the same address.

RFC 8058 §3.1–3.2: the POST carries no cookie and no login, its body is `List-Unsubscribe=One-Click` in either form
encoding, and the answer must not redirect. GET shows one button and changes nothing, because mail scanners follow
links, some with scripts. The page's button and a mail program's POST do the same, at once, also for a run under way.
"""

from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from roundup.clock import Clock
from roundup.email_address import masked
from roundup.model import Status, Subscriber
from roundup.subscribers import Consent, Saying, SubscriberBook
from roundup.tokens import Purpose, Secret
from roundup.web.pages import Pages
from roundup.web.together import Together
from roundup.web.visitors import network

#: Within this time whoever left can take it back on the page that says so. Later they sign up again.
_STAYING = timedelta(hours=24)
_SOURCE = "unsubscribe page"


class Unsubscribing:
    """The answers at `/u/TOKEN`."""

    def __init__(self, pages: Pages, book: SubscriberBook, secret: Secret, clock: Clock) -> None:
        self.pages = pages
        self.book = book
        self.secret = secret
        self.clock = clock
        self._people: Together[bytes, Subscriber | None] = Together(self._found, at_hand=book.is_at_hand)
        self._leaving: Together[tuple[bytes, Consent], tuple[Subscriber | None, bool]] = Together(self._left)
        self._staying: Together[tuple[bytes, Consent], Subscriber | None] = Together(self._stayed)

    async def show(self, request: Request) -> Response:
        """GET and HEAD: one button."""
        person = await self.person(request)
        if isinstance(person, Response):
            return person
        token = request.path_params["token"]
        if person is None or _is_gone(person):
            return self._has_left(person, token, stays=self._may_stay(person))
        return self.pages.page("leave.html", own={"address": masked(person.email), "token": token})

    async def act(self, request: Request) -> Response:
        """POST: the person leaves. Safe to repeat. The body is not asked for its words: whoever holds the token and
        posts means it, and a mail program that writes the field in its own way must not fail."""
        read = self.secret.read_token(request.path_params["token"])
        if read is None or read[1] is Purpose.TEST:
            return self._no_one(read)
        person, stays = await self._leaving.ask((read[0], self.consent(Saying.LEFT, request)))
        return self._has_left(person, request.path_params["token"], stays=stays)

    async def stay(self, request: Request) -> Response:
        """POST: whoever just left takes it back."""
        read = self.secret.read_token(request.path_params["token"])
        if read is None or read[1] is Purpose.TEST:
            return self._no_one(read)
        person = await self._staying.ask((read[0], self.consent(Saying.STAYED, request)))
        if person is None or person.status not in (Status.ACTIVE, Status.PAUSED):
            return self._has_left(person, request.path_params["token"], stays=False)
        own = {"address": masked(person.email), "token": request.path_params["token"]}
        return self.pages.page("stayed.html", own=own)

    async def person(self, request: Request) -> Subscriber | Response | None:
        """Whom a token speaks of, or the answer if it speaks of nobody; None: somebody whom the list no longer has."""
        read = self.secret.read_token(request.path_params["token"])
        if read is None or read[1] is Purpose.TEST:
            return self._no_one(read)
        return await self._people.ask(read[0])

    def consent(self, what: Saying, request: Request) -> Consent:
        """What somebody said on these pages, now."""
        return Consent(what=what, at=self.clock(), source=_SOURCE, network=network(request))

    def _no_one(self, read: tuple[bytes, Purpose] | None) -> Response:
        return self.pages.page("test-link.html") if read else self.pages.page("unknown-link.html", status=404)

    def _may_stay(self, person: Subscriber | None) -> bool:
        """Whether somebody who has left can take it back."""
        if person is None or person.status is not Status.LEFT or person.changed_at is None:
            return False
        return self.clock() - person.changed_at < _STAYING

    def _has_left(self, person: Subscriber | None, token: str, *, stays: bool) -> Response:
        """That no more mail comes; also to whom the list no longer has: a token of ours was somebody's. `stays`: with a
        button that takes it back."""
        if person is None or person.status is not Status.LEFT:
            return self.pages.page("left.html", address=False, stays=False, own={"token": token})
        return self.pages.page("left.html", stays=stays, own={"address": masked(person.email), "token": token})

    # Asked together --------------------------------------------------------------------------------------------------

    def _found(self, keys: Sequence[bytes]) -> Sequence[Subscriber | None]:
        people = self.book.by_keys(keys)
        return [people.get(key) for key in keys]

    def _left(self, asked: Sequence[tuple[bytes, Consent]]) -> Sequence[tuple[Subscriber | None, bool]]:
        """Those who leave, and whether each can take it back. Who had left before has not left anew."""
        gone = {key: person for key, person in self.book.by_keys([key for key, _ in asked]).items() if _is_gone(person)}
        people = self.book.leave(dict(asked))
        return [(people.get(key), key not in gone or self._may_stay(gone[key])) for key, _ in asked]

    def _stayed(self, asked: Sequence[tuple[bytes, Consent]]) -> Sequence[Subscriber | None]:
        people = self.book.stay(dict(asked), since=self.clock() - _STAYING)
        return [people.get(key) for key, _ in asked]


def _is_gone(person: Subscriber) -> bool:
    return person.status in (Status.LEFT, Status.COMPLAINED)
