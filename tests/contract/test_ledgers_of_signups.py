"""The contract of sign-ups: who is heard, whose turn it is, and what confirms."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from roundup.signing_up import Rationing, Request, Signup
from roundup.store import Ledgers
from tests.builders import INSTANT

ADA, BO = "ada@lantern.example", "bo@lantern.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HERE, THERE = "192.0.2.0/24", "198.51.100.0/24"
#: Two mails in an hour: 48 may wait before crowded networks are not heard, and 192 in all.
FEW = Rationing(per_hour=2, per_network=1_000)
MANY = Rationing(per_hour=1_000, per_network=1_000)


def ask(
    ledgers: Ledgers, *emails: str, network: str = HERE, at: datetime = INSTANT, rationing: Rationing = MANY
) -> int:
    """These addresses sign up, all at once. Returns how many of them lead to a mail."""
    requests = [Request(email=email, network=network, wording="Yes.", source="", at=at) for email in emails]
    return ledgers.signups.ask(requests, rationing)


def several(count: int) -> Iterable[str]:
    return (f"p{number}@flood.example" for number in range(count))


def turn(ledgers: Ledgers, at: datetime = INSTANT, rationing: Rationing = MANY) -> Signup:
    """The sign-up whose turn it is."""
    found = ledgers.signups.next(rationing, at=at)
    assert found is not None
    return found


# Who is heard ---------------------------------------------------------------------------------------------------------


def test_a_full_house_is_full_for_who_comes_from_a_crowded_network(ledgers: Ledgers) -> None:
    assert 48 == ask(ledgers, *several(100), rationing=FEW)
    assert 0 == ask(ledgers, ADA, rationing=FEW)

    assert 1 == ask(ledgers, ADA, network=THERE, rationing=FEW)
    assert ADA == turn(ledgers, rationing=FEW).email
    assert 3 == ask(ledgers, *(f"q{number}@x.example" for number in range(9)), network=THERE, rationing=FEW)


def test_a_flood_from_everywhere_fills_no_disk(ledgers: Ledgers) -> None:
    heard = sum(
        ask(ledgers, email, network=f"10.0.{number}.0/24", rationing=FEW) for number, email in enumerate(several(250))
    )

    assert 192 == heard


def test_who_waited_too_long_to_be_mailed_is_in_nobodys_way(ledgers: Ledgers) -> None:
    ask(ledgers, *several(100), rationing=FEW)
    assert 0 == ask(ledgers, ADA, at=INSTANT + 47 * HOUR, rationing=FEW)
    later = INSTANT + 48 * HOUR

    assert 1 == ask(ledgers, ADA, at=later, rationing=FEW)
    assert ADA == turn(ledgers, later, FEW).email
    assert ledgers.signups.next(FEW, at=later) is None
    found = ledgers.personal.of("p7@flood.example")
    assert found is not None
    assert ["expired"] == [each["state"] for each in found["signups"]]
