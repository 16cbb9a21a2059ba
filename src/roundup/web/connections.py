"""Connections to the public pages: who does not get on is let go, and nobody holds all of them.

uvicorn waits for a request as long as it takes to come, so that a thousand sockets that say nothing, or one octet a
minute, would shut everybody else off.
"""

import asyncio
from enum import Enum, auto
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from roundup.web.shares import CROWDED, Shares
from roundup.web.visitors import Trusted

#: Connections at once: with what else is open, fewer than the 1,024 files that a process may have on many machines.
_SERVED = 800
#: So many more are answered that it is too much just now; the others are not.
_TOLD = 100
#: Seconds in which a request must be whole, and an answer taken; fewer where others want the place, or at the end.
_PATIENCE, _HURRY = 15.0, 5.0


class Place(Enum):
    """What there is for a connection."""

    SERVED = auto()
    #: It is told to come back.
    TOLD = auto()
    NONE = auto()


class Places:
    """All connections."""

    def __init__(self, trusted: Trusted) -> None:
        self._shares = Shares(trusted)
        self._taken = dict.fromkeys(Place, 0)

    def take(self, host: str) -> Place:
        """A place for somebody at an address."""
        place = Place.TOLD if self._taken[Place.TOLD] < _TOLD else Place.NONE
        if self._taken[Place.SERVED] < _SERVED and self._shares.take(host):
            place = Place.SERVED
        self._taken[place] += 1
        return place

    def give_back(self, host: str, place: Place) -> None:
        """They are gone."""
        self._taken[place] -= 1
        if place is Place.SERVED:
            self._shares.give_back(host)


def connections(trusted: Trusted) -> type[H11Protocol]:
    """What uvicorn is to make of each connection. `trusted`: the web servers in front."""

    class Counted(_Connection):
        places = Places(trusted)

    return Counted


class _Connection(H11Protocol):
    """One connection. A timer runs whenever something is up to whoever is at its other end."""

    places: Places
    _timer: asyncio.TimerHandle | None = None
    _patience = _PATIENCE
    _place = Place.NONE

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._host = self.client[0] if self.client else ""
        self._place = self.places.take(self._host)
        if self._place is not Place.SERVED:
            self.app_state = {**self.app_state, CROWDED: True}
            self._patience = _HURRY
        if self._place is Place.NONE:
            transport.abort()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        super().connection_lost(exc)
        self._rest()
        self.places.give_back(self._host, self._place)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        self._watch()

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().resume_writing()
        self._watch()

    def on_response_complete(self) -> None:
        """Said all. Until the next request begins, uvicorn has a timer of its own."""
        super().on_response_complete()
        self._rest()
        if self.timeout_keep_alive_task is None or self.flow.write_paused:
            self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked: what was answered must still be taken."""
        super().timeout_keep_alive_handler()
        self._watch()

    def shutdown(self) -> None:
        """The pages stop: a request that is whole is answered."""
        super().shutdown()
        self._rest()
        self._patience = _HURRY
        self._watch()

    def _watch(self) -> None:
        if not self._is_up_to_them():
            self._rest()
        elif self._timer is None:
            self._timer = self.loop.call_later(self._patience, self.transport.abort)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_up_to_them(self) -> bool:
        """Whether a request is not whole yet, or an answer not taken."""
        if self.flow.write_paused or self.transport.is_closing():
            return True
        # None before the first request, whatever its type says.
        cycle: Any = self.cycle
        return bool(cycle is None or cycle.more_body or cycle.response_complete)
