"""Visitors of the public pages: so many requests a second, whatever becomes of them, while something else goes on."""

import http.client
import itertools
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

#: What RFC 8058 §3.1 has a mail program post.
_ONE_CLICK = b"List-Unsubscribe=One-Click"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: How many may wait for an answer at once, and how long each waits.
_THREADS, _PATIENCE = 8, 60.0
#: Of so many requests, one is somebody who leaves.
_ONE_IN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request and its answer."""

    #: Who left; empty: somebody only looked.
    left: str
    began: float
    answered: float
    #: The answer's status, or what came in its place.
    status: str


@dataclass(slots=True)
class Visitors:
    """People who look, and people who leave by one click: each of them once, in an order given by the seed."""

    site: str
    #: The token in everybody's links, by address.
    tokens: Mapping[str, str]
    #: Requests a second: late ones are made up for.
    rate: float
    seed: int
    visits: list[Visit] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """They come for as long as the block lasts."""
        began, numbers, taking = time.monotonic(), itertools.count(), threading.Lock()
        people = list(self.tokens)
        random.Random(self.seed).shuffle(people)  # noqa: S311 (an order, not a secret)

        def come() -> None:
            while not self._stopped.is_set():
                with taking:
                    number = next(numbers)
                self._stopped.wait(began + number / self.rate - time.monotonic())
                self.visits.append(self._visit(number, people))

        threads = [threading.Thread(target=come, name="visitor") for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()

    def _visit(self, number: int, people: list[str]) -> Visit:
        who = people[number // _ONE_IN % len(people)]
        left = who if number % _ONE_IN == 0 else ""
        page = f"u/{self.tokens[who]}" if left or number % _ONE_IN == 1 else ""
        parts = urlsplit(self.site + page)
        began = time.monotonic()
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=_PATIENCE)
        try:
            if left:
                connection.request("POST", parts.path, body=_ONE_CLICK, headers=_FORM)
            else:
                connection.request("GET", parts.path)
            answer = connection.getresponse()
            answer.read()
            status = str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            status = repr(error)
        finally:
            connection.close()
        return Visit(left=left, began=began, answered=time.monotonic(), status=status)
