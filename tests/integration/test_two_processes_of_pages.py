"""The public pages of two processes over one PostgreSQL database: what somebody said last is what they are, nobody
signs up twice, and nobody is told to come back later."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from roundup.model import Cadence, Status
from roundup.signing_up import Rationing, Request
from roundup.store import Ledgers
from roundup.store.postgresql import PostgresStore
from roundup.store.postgresql_server import Server
from roundup.subscribers import Choice, Consent, Saying
from tests.builders import INSTANT
from tests.lists import by_key, leave
from tests.postgres import the_cluster

ADA = "ada@lantern.example"
LATER = INSTANT + timedelta(hours=1)
RATIONING = Rationing(per_hour=10_000, per_network=10_000)


@pytest.fixture
def url() -> str:
    """The address of a ready database."""
    cluster = the_cluster()
    return cluster.url(cluster.make_ready_database())


@pytest.fixture
def both(url: str, tmp_path: Path) -> Iterator[Sequence[Ledgers]]:
    """The ledgers of two processes: they share nothing but the database."""
    with ExitStack() as stack:
        yield [stack.enter_context(PostgresStore(url, directory=tmp_path).to_write()) for _ in range(2)]


def choose(ledgers: Ledgers, key: bytes) -> None:
    choice = Choice(cadence=Cadence.WEEKLY, sections=("Trams",))
    ledgers.subscribers.choose({key: (choice, Consent(what=Saying.CHOSE, at=LATER))})


def leave_now(ledgers: Ledgers, key: bytes) -> None:
    leave(ledgers.subscribers, key, at=LATER)


def for_each(says: Callable[[Ledgers, bytes], None], ledgers: Ledgers, keys: Sequence[bytes]) -> None:
    for key in keys:
        says(ledgers, key)


def stay(ledgers: Ledgers, key: bytes) -> None:
    ledgers.subscribers.stay({key: Consent(what=Saying.STAYED, at=LATER)}, since=INSTANT + timedelta(minutes=30))


def request(email: str, at: datetime = INSTANT) -> Request:
    return Request(email=email, network="192.0.2.0/24", wording="Yes.", source="", at=at)


@pytest.mark.parametrize("says", [choose, stay])
def test_what_is_said_beside_an_open_turn_waits_for_it_and_leaves_who_left(
    url: str, both: Sequence[Ledgers], says: Callable[[Ledgers, bytes], None]
) -> None:
    key = both[0].subscribers.add(ADA, "", at=INSTANT).key
    # As in a delivery's turn, which others of its kind may go beside.
    begin = Server(url=url).manner().begin_turn
    with psycopg.connect(url, autocommit=True) as turn, ThreadPoolExecutor(1) as thread:
        turn.execute(begin.encode())
        turn.execute("UPDATE subscribers SET status = 'left', changed_at = %s", [INSTANT.replace(tzinfo=None)])
        saying = thread.submit(says, both[1], key)
        with pytest.raises(TimeoutError):
            saying.result(timeout=0.3)
        turn.execute("COMMIT")
        saying.result(timeout=20)
    person = by_key(both[0].subscribers, key)

    assert person is not None
    assert (Status.LEFT, Cadence.DAILY) == (person.status, person.cadence)


def sign_up(ledgers: Ledgers, emails: Sequence[str]) -> int:
    """Addresses sign up, one after another. Returns how many of them lead to a mail."""
    return sum(ledgers.signups.ask([request(email)], RATIONING) for email in emails)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What these give that begin at the same moment. Raises what one of them raises."""
    ready = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        ready.wait(20)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def test_who_leaves_and_chooses_at_once_has_left(both: Sequence[Ledgers]) -> None:
    here, there = both
    keys = [here.subscribers.add(f"p{number}@lantern.example", "", at=INSTANT).key for number in range(60)]
    # Both in both orders: two that each hold what the other wants would be in each other's way.
    at_once(
        *(partial(for_each, leave_now, each, order) for each, order in ((here, keys), (there, keys[::-1]))),
        *(partial(for_each, choose, each, order) for each, order in ((there, keys), (here, keys[::-1]))),
    )

    assert {Status.LEFT} == {person.status for person in here.subscribers.all()}


def test_an_address_that_signs_up_in_both_at_once_has_one_row_and_one_mail(both: Sequence[Ledgers]) -> None:
    emails = [f"p{number}@lantern.example" for number in range(60)]
    heard = at_once(*(partial(sign_up, each, order) for each in both for order in (emails, emails[::-1])))

    assert len(emails) == sum(heard)
    assert sorted(emails) == [person.email for person in both[0].subscribers.all()]
