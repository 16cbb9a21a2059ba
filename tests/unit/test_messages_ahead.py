"""Messages made before their turn, by whoever makes them; and signed ones, delivered as others are."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from roundup.delivering import Stop
from roundup.messages import stationery
from roundup.messages_ahead import Letter, Stock, Unmade, maker
from roundup.model import Delivery, Message, SubscriberId
from roundup.store import Ledgers
from tests.builders import SECRET, a_letterhead, a_rendered_issue
from tests.fakes.lines import HookedSender, ManySender
from tests.fakes.rounds import Counting, a_round, at_step, people
from tests.fakes.senders import RecordingSender
from tests.fakes.stores import ledgers_in_memory
from tests.signatures import signers, verdicts, zone_of

SIGNERS = signers()
several_cores = pytest.mark.skipif((os.cpu_count() or 1) == 1, reason="one core: whoever sends signs as well")


@pytest.fixture
def ledgers() -> Iterator[Ledgers]:
    with ledgers_in_memory() as opened:
        yield opened


def deliveries(count: int) -> list[Delivery]:
    return [
        Delivery(subscriber=SubscriberId(number), email=email, name="", key=b"k", attempts=0)
        for number, email in enumerate(people(count))
    ]


def a_message(delivery: Delivery) -> Message:
    if delivery.subscriber == 3:
        raise ValueError("no such address")
    return Message(envelope_from="", envelope_to=delivery.email, message_id="", content=b"")


@pytest.mark.parametrize("takes_long", [False, True])
@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_each_is_made_and_they_come_in_order(count: int, *, takes_long: bool) -> None:
    making = maker(a_message, takes_long=takes_long)
    made = making.make(deliveries(count))
    sound = [each() for number, each in enumerate(made) if number != 3]
    making.close()

    assert [email for number, email in enumerate(people(count)) if number != 3] == [each.envelope_to for each in sound]


@pytest.mark.parametrize("takes_long", [False, True])
def test_one_that_cannot_be_made_hurts_no_other(*, takes_long: bool) -> None:
    making = maker(a_message, takes_long=takes_long)
    made = making.make(deliveries(6))
    with pytest.raises(ValueError, match="no such address"):
        made[3]()
    others = [made[number]().envelope_to for number in (0, 1, 2, 4, 5)]
    making.close()

    assert people(6)[:3] + people(6)[4:] == others


@several_cores
def test_whoever_asks_goes_on_meanwhile() -> None:
    may = threading.Event()

    def when_allowed(delivery: Delivery) -> Message:
        may.wait(10)
        return a_message(delivery)

    making = maker(when_allowed, takes_long=True)
    made = making.make(deliveries(3))
    assert making.is_beside
    may.set()
    assert people(3) == [each().envelope_to for each in made]
    making.close()


@several_cores
def test_what_nobody_waits_for_is_not_made() -> None:
    begun: list[str] = []

    def slowly(delivery: Delivery) -> Message:
        begun.append(delivery.email)
        time.sleep(0.05)
        return a_message(delivery)

    making = maker(slowly, takes_long=True)
    for delivery in deliveries(200):
        making.make([delivery])
    making.close()

    assert len(begun) < 20


@pytest.mark.parametrize("takes_long", [False, True])
def test_a_stock_gives_them_in_order_and_then_what_is_left(*, takes_long: bool) -> None:
    stock = Stock(maker(a_message, takes_long=takes_long))
    assert stock.next() is None
    stock.add(deliveries(5), read_at=1.0)
    stock.make(2)
    stock.make(1)
    stock.add(deliveries(7)[5:], read_at=2.0)
    given = [stock.next() for _ in range(6)]
    left = stock.emptied()

    assert people(6) == [each.delivery.email for each in given if each is not None]
    assert [3] == [number for number, each in enumerate(given) if isinstance(each, Unmade)]
    assert [1.0, 1.0, 1.0, 1.0, 2.0] == [each.read_at for each in given if isinstance(each, Letter)]
    assert (people(7)[6:], 0) == ([each.email for each in left], len(stock))


def test_rsa_takes_long_and_ed25519_does_not() -> None:
    by_kind = {each.key.algorithm: replace(a_letterhead(), signers=(each,)) for each in SIGNERS}
    take_long = {kind: stationery(a_rendered_issue(), head, SECRET).takes_long for kind, head in by_kind.items()}

    assert {"rsa-sha256": True, "ed25519-sha256": False} == take_long
    assert not stationery(a_rendered_issue(), a_letterhead(), SECRET).takes_long


# Delivered -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_everybody_gets_a_signed_one(ledgers: Ledgers, lines: int) -> None:
    going, sender = a_round(ledgers, *people(100), signers=SIGNERS), ManySender(lines)
    assert () == going.deliver(sender)

    assert people(100) == sorted(sender.addresses)
    assert {"accepted": 100} == going.states
    assert [[True, True]] * 100 == [verdicts(each.content, zone_of(SIGNERS)) for each in sender.offered]
    assert all(f"To: {each.envelope_to}".encode() in each.content for each in sender.offered)


def test_a_stop_gives_back_what_was_signed_and_not_offered(ledgers: Ledgers) -> None:
    going, stop, sender = a_round(ledgers, *people(200), signers=SIGNERS), Stop(), ManySender(5)
    going.deliver(sender, watch=Counting(at_step(20, stop.now)), stop=stop)

    assert {"accepted", "planned"} == set(going.states)
    assert len(sender.offered) == going.states["accepted"] <= 30


def test_who_leaves_after_theirs_was_signed_is_not_mailed(ledgers: Ledgers) -> None:
    going, leavers = a_round(ledgers, *people(30), signers=SIGNERS), list[str]()

    def leave(turn: int) -> None:
        if turn == 9:
            time.sleep(0.8)
            leavers.append(people(30)[len(sender.offered) + 1])
            going.leave(leavers[0])

    sender = HookedSender(leave)
    assert () == going.deliver(sender)
    assert leavers == sorted(set(people(30)) - set(sender.addresses))
    assert {"accepted": 29, "withdrawn": 1} == going.states


def test_a_signed_one_that_cannot_be_made_is_refused_and_the_others_go(ledgers: Ledgers) -> None:
    going, sender = a_round(ledgers, "ada@lantern.example", *people(3), signers=SIGNERS), RecordingSender()
    broken = going.stationery.message_id

    def message_id(key: bytes) -> str:
        calls.append(key)
        if len(calls) == 2:
            raise ValueError("no such key")
        return broken(key)

    calls: list[bytes] = []
    going.stationery = replace(going.stationery, message_id=message_id)
    going.deliver(sender)

    assert {"accepted": 3, "refused": 1} == going.states
