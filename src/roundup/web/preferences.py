"""Choosing: how often mail comes, of what, and a pause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from roundup import forms
from roundup.email_address import masked
from roundup.model import Cadence, Status, Subscriber
from roundup.subscribers import Choice, Consent, Saying
from roundup.web.pages import Pages
from roundup.web.together import Together
from roundup.web.unsubscribe import Unsubscribing

#: The pauses that are offered, in days.
_PAUSES = (7, 14, 30, 90)


@dataclass(frozen=True, slots=True)
class Offered:
    """One thing that can be chosen."""

    value: str
    label: str
    chosen: bool


class Preferring:
    """The answers at `/u/TOKEN/preferences`."""

    def __init__(self, pages: Pages, leaving: Unsubscribing, sections: tuple[str, ...], *, weekly: bool) -> None:
        self._pages = pages
        self._leaving = leaving
        self._sections = sections
        self._weekly = weekly
        self._choosing: Together[tuple[bytes, Choice, Consent], Subscriber | None] = Together(self._chosen)

    async def show(self, request: Request) -> Response:
        """GET and HEAD: the form, as somebody has chosen so far."""
        person = await self._leaving.person(request)
        if isinstance(person, Response):
            return person
        return self._shown(person, request, saved=False)

    async def act(self, request: Request) -> Response:
        """POST: somebody chooses."""
        person = await self._leaving.person(request)
        if isinstance(person, Response):
            return person
        if person is None or person.status not in (Status.ACTIVE, Status.PAUSED):
            return self._shown(person, request, saved=False)
        choice = self._choice(await forms.fields(request), person)
        consent = self._leaving.consent(Saying.CHOSE, request)
        changed = await self._choosing.ask((person.key, choice, consent))
        return self._shown(changed, request, saved=True)

    def _chosen(self, asked: Sequence[tuple[bytes, Choice, Consent]]) -> Sequence[Subscriber | None]:
        people = self._leaving.book.choose({key: (choice, consent) for key, choice, consent in asked})
        return [people.get(key) for key, _, _ in asked]

    def _choice(self, found: dict[str, list[str]], person: Subscriber) -> Choice:
        """What a form says. Who is not offered something keeps what they have of it, so that an old page or another
        program's takes nothing away."""
        weekly = self._weekly or person.cadence is Cadence.WEEKLY
        asked = forms.one(found, "cadence")
        cadence = Cadence(asked) if weekly and asked in list(Cadence) else person.cadence
        # However often a program names one.
        wanted = tuple(name for name in self._sections if name in found.get("section", []))
        if not self._sections or "sections" not in found:
            wanted = person.sections
        elif wanted == self._sections:
            wanted = ()
        until, paused = self._pause(found, person)
        return Choice(cadence=cadence, sections=wanted, paused_until=until, paused=paused)

    def _pause(self, found: dict[str, list[str]], person: Subscriber) -> tuple[date | None, bool]:
        """Until when, and whether at all; as it is if the form does not say so."""
        asked = found.get("pause", ["keep"])[-1]
        if not asked:
            return None, False
        days = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
        if days not in _PAUSES:
            return person.paused_until, person.status is Status.PAUSED
        return self._leaving.clock().astimezone(self._pages.zone).date() + timedelta(days=days), True

    def _shown(self, person: Subscriber | None, request: Request, *, saved: bool) -> Response:
        token = request.path_params["token"]
        if person is None or person.status not in (Status.ACTIVE, Status.PAUSED):
            return self._pages.page("left.html", address=False, stays=False, own={"token": token})
        return self._pages.page(
            "preferences.html",
            own={"address": masked(person.email), "token": token},
            saved=saved,
            cadences=self._cadences(person),
            sections=tuple(
                Offered(name, name, not person.sections or name in person.sections) for name in self._sections
            ),
            pauses=_PAUSES,
            paused=person.status is Status.PAUSED,
            paused_until=person.paused_until if person.status is Status.PAUSED else None,
        )

    def _cadences(self, person: Subscriber) -> tuple[Cadence, ...]:
        """The present one first; empty where there is nothing to choose."""
        if not self._weekly and person.cadence is Cadence.DAILY:
            return ()
        return (person.cadence, *(each for each in Cadence if each is not person.cadence))
