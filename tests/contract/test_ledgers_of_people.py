"""The contract of the list (plan §2.6)."""

import sqlite3
from datetime import timedelta

import psycopg
import pytest

from roundup.email_address import AddressError
from roundup.list_changes import FOLLOWED_FILE, Changes
from roundup.list_files import ListRow
from roundup.model import Cadence, Status
from roundup.store import Ledgers
from roundup.subscribers import Choice, Consent, Saying
from tests.builders import INSTANT, list_rows
from tests.lists import by_key, leave, stay, take_in

LATER = INSTANT + timedelta(hours=1)
ADA = "ada@lantern.example"
#: What the drivers say of an address that is there already.
ALREADY_THERE = (sqlite3.IntegrityError, psycopg.IntegrityError)


def listed(ledgers: Ledgers, *rows: ListRow, origin: str = FOLLOWED_FILE) -> None:
    new = tuple((row, Status.ACTIVE) for row in rows)
    ledgers.subscribers.apply(Changes(new=new), origin=origin, digest="d" * 64, at=INSTANT)


def status_of(ledgers: Ledgers, email: str = ADA) -> Status:
    person = ledgers.subscribers.find(email)
    assert person is not None
    return person.status


def test_new_people_come_with_all_that_their_row_says(ledgers: Ledgers) -> None:
    listed(ledgers, ListRow(line=2, email=ADA, name="Ada\r\nMarsh", cadence=Cadence.WEEKLY, sections=("a", "b")))
    person = ledgers.subscribers.find("  ADA@Lantern.Example ")

    assert person is not None
    assert (ADA, "Ada Marsh", Status.ACTIVE, Cadence.WEEKLY, ("a", "b"), FOLLOWED_FILE) == (
        person.email, person.name, person.status, person.cadence, person.sections, person.origin,
    )  # fmt: skip
    assert person == by_key(ledgers.subscribers, person.key)


def test_everybody_is_listed_by_address_each_with_a_key_of_their_own(ledgers: Ledgers) -> None:
    listed(ledgers, *list_rows("cai@x.example", "Ada@x.example", "bo@x.example"))
    people = list(ledgers.subscribers.all())

    assert ["Ada@x.example", "bo@x.example", "cai@x.example"] == [person.email for person in people]
    assert [8, 8, 8] == [len(key) for key in {person.key for person in people}]
    assert {"ada@x.example", "bo@x.example", "cai@x.example"} == set(
        ledgers.subscribers.known(["ada@x.example", "bo@x.example", "cai@x.example"])
    )


def test_a_long_list_is_listed_whole(ledgers: Ledgers) -> None:
    listed(ledgers, *list_rows(*(f"p{number}@x.example" for number in range(10_001))))

    assert 10_001 == len({person.email for person in ledgers.subscribers.all()})


def test_a_changed_row_keeps_the_key_and_a_name_that_it_does_not_say(ledgers: Ledgers) -> None:
    listed(ledgers, ListRow(line=2, email=ADA, name="Ada"))
    before = ledgers.subscribers.find(ADA)
    row = ListRow(line=2, email=ADA, cadence=Cadence.WEEKLY)
    ledgers.subscribers.apply(Changes(changed={ADA: (row, Status.PAUSED)}), origin="import", digest="", at=LATER)
    after = ledgers.subscribers.find(ADA)

    assert before is not None
    assert after is not None
    assert (before.key, "Ada", Status.PAUSED, Cadence.WEEKLY) == (after.key, after.name, after.status, after.cadence)


def test_who_vanished_is_removed(ledgers: Ledgers) -> None:
    listed(ledgers, *list_rows(ADA, "bo@x.example"))
    ledgers.subscribers.apply(Changes(vanished=(ADA,)), origin=FOLLOWED_FILE, digest="", at=LATER)

    assert (Status.REMOVED, Status.ACTIVE) == (status_of(ledgers), status_of(ledgers, "bo@x.example"))


def test_the_digest_of_the_followed_file_is_remembered_and_an_imports_is_not(ledgers: Ledgers) -> None:
    listed(ledgers, origin="import")
    assert "" == ledgers.subscribers.followed_digest()
    listed(ledgers)

    assert "d" * 64 == ledgers.subscribers.followed_digest()


def test_trouble_with_the_file_is_remembered_until_one_is_applied(ledgers: Ledgers) -> None:
    assert "" == ledgers.subscribers.trouble()
    ledgers.subscribers.note_trouble("It is no CSV.")
    listed(ledgers, origin="import")
    assert "It is no CSV." == ledgers.subscribers.trouble()
    listed(ledgers)

    assert "" == ledgers.subscribers.trouble()


def test_whoever_makes_somebody_active_vouches_for_them(ledgers: Ledgers) -> None:
    listed(ledgers, *list_rows(ADA))
    changes = Changes(changed={ADA: (ListRow(line=2, email=ADA), Status.ACTIVE)})
    ledgers.subscribers.apply(changes, origin="import", digest="", at=LATER)

    assert "import" == ledgers.subscribers.known([ADA])[ADA].origin


def test_changes_are_made_all_or_none(ledgers: Ledgers) -> None:
    rows = list_rows("bo@x.example", "BO@x.example")
    with pytest.raises(ALREADY_THERE):
        listed(ledgers, *rows)

    assert ([], "") == (list(ledgers.subscribers.all()), ledgers.subscribers.followed_digest())


@pytest.mark.parametrize("status", Status)
def test_adding_brings_anybody_back(ledgers: Ledgers, status: Status) -> None:
    listed(ledgers, ListRow(line=2, email=ADA, name="Ada"))
    key = ledgers.subscribers.known([ADA])[ADA]
    ledgers.subscribers.set_status(ADA, status, at=INSTANT)
    person = ledgers.subscribers.add("ADA@lantern.example", "", at=LATER)

    assert (Status.ACTIVE, "Ada", "add") == (person.status, person.name, person.origin)
    assert "Ada" == key.name


@pytest.mark.parametrize(
    ("status", "after"),
    # Only a complaint says more than that they left.
    [(status, Status.COMPLAINED if status is Status.COMPLAINED else Status.LEFT) for status in Status],
)
def test_leaving_is_obeyed_and_may_be_repeated(ledgers: Ledgers, status: Status, after: Status) -> None:
    key = ledgers.subscribers.add(ADA, "", at=INSTANT).key
    ledgers.subscribers.set_status(ADA, status, at=INSTANT)
    left = [person and person.status for person in (leave(ledgers.subscribers, key, at=LATER) for _ in range(2))]

    assert [after, after] == left


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.LEFT, Status.COMPLAINED)])
def test_who_takes_leaving_back_is_what_they_were(ledgers: Ledgers, status: Status) -> None:
    key = ledgers.subscribers.add(ADA, "", at=INSTANT).key
    ledgers.subscribers.set_status(ADA, status, at=INSTANT)
    for at in (LATER, LATER + timedelta(minutes=1)):
        leave(ledgers.subscribers, key, at=at)
    back = stay(ledgers.subscribers, key, at=LATER + timedelta(hours=1))
    again = stay(ledgers.subscribers, key, at=LATER + timedelta(hours=2))

    assert back is not None
    assert (status, "signup" if status in (Status.ACTIVE, Status.PAUSED) else "add") == (back.status, back.origin)
    assert back == again == ledgers.subscribers.find(ADA)


def test_a_pause_goes_on_to_its_end_for_who_left_and_takes_it_back(ledgers: Ledgers) -> None:
    key = ledgers.subscribers.add(ADA, "", at=INSTANT).key
    until = INSTANT.date() + timedelta(days=14)
    choice = Choice(cadence=Cadence.WEEKLY, sections=("a",), paused_until=until)
    ledgers.subscribers.choose({key: (choice, Consent(what=Saying.CHOSE, at=INSTANT))})
    left = leave(ledgers.subscribers, key, at=LATER)
    back = stay(ledgers.subscribers, key, at=LATER)

    assert left is not None
    assert back is not None
    assert (Status.LEFT, None) == (left.status, left.paused_until)
    assert (Status.PAUSED, until, Cadence.WEEKLY, ("a",)) == (
        back.status, back.paused_until, back.cadence, back.sections,
    )  # fmt: skip
    assert 1 == ledgers.subscribers.wake(until, at=LATER)


def test_who_left_in_another_way_than_by_a_page_takes_nothing_back(ledgers: Ledgers) -> None:
    key = ledgers.subscribers.add(ADA, "", at=INSTANT).key
    leave(ledgers.subscribers, key, at=INSTANT)
    ledgers.subscribers.set_status(ADA, Status.LEFT, at=LATER)
    stay(ledgers.subscribers, key, at=LATER)
    assert Status.LEFT is status_of(ledgers)
    leave(ledgers.subscribers, ledgers.subscribers.add(ADA, "", at=INSTANT).key, at=INSTANT)
    ledgers.subscribers.add(ADA, "", at=INSTANT)
    take_in(ledgers.subscribers, f"email,status\n{ADA},left\n", at=LATER)
    stay(ledgers.subscribers, key, at=LATER)

    assert Status.LEFT is status_of(ledgers)


def test_a_key_of_nobody_is_nobody(ledgers: Ledgers) -> None:
    assert (None, None) == (
        leave(ledgers.subscribers, b"12345678", at=INSTANT),
        by_key(ledgers.subscribers, b"12345678"),
    )


def test_the_status_of_nobody_is_not_set(ledgers: Ledgers) -> None:
    assert not ledgers.subscribers.set_status(ADA, Status.LEFT, at=INSTANT)
    assert ledgers.subscribers.find(ADA) is None


def test_what_is_no_address_is_not_looked_for(ledgers: Ledgers) -> None:
    with pytest.raises(AddressError):
        ledgers.subscribers.find("nobody")
