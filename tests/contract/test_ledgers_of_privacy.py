"""The contract of what is personal: shown, erased, and kept no longer than it may be."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from roundup.archive import IssueState
from roundup.list_changes import TakingIn
from roundup.list_files import ListRow
from roundup.model import DeliveryState, Status
from roundup.personal import Retention
from roundup.signing_up import Rationing, Request, SignupState
from roundup.store import Ledgers
from tests.builders import INSTANT, SECRET
from tests.fakes.journals import ACCEPTED, a_run
from tests.lists import by_key, leave, stay, take_in

ADA, BO = "ada@lantern.example", "bo@lantern.example"
DAY = timedelta(days=1)
RATIONING = Rationing(per_hour=100, per_network=100)


def told(ledgers: Ledgers, email: str = ADA) -> dict[str, Any]:
    found = ledgers.personal.of(email)
    assert found is not None
    return found


def ask(ledgers: Ledgers, email: str, at: Any = INSTANT) -> None:
    request = Request(email=email, network="192.0.2.0/24", wording="Yes.", source="https://lantern.example/", at=at)
    ledgers.signups.ask([request], RATIONING)


def forget(ledgers: Ledgers, email: str = ADA) -> bool:
    return ledgers.personal.forget(email, SECRET.forgotten(email), at=INSTANT)


def imported(ledgers: Ledgers, *emails: str) -> list[str]:
    """Import these addresses. Returns those whom nobody brings back."""
    rows = [ListRow(line=line, email=email) for line, email in enumerate(emails, 2)]
    how = TakingIn(origin="import", at=INSTANT, hashed=SECRET.forgotten)
    taken = ledgers.subscribers.take_in(rows, how, name="list.csv", digest="")
    return [row.email for row in taken.kept_away_first]


def test_all_that_is_kept_of_somebody_is_told(ledgers: Ledgers) -> None:
    run = a_run(ledgers, ADA)
    run.send_one(ACCEPTED)
    ask(ledgers, ADA)
    person = ledgers.subscribers.find(ADA)
    assert person is not None
    leave(ledgers.subscribers, person.key, at=INSTANT)
    found = told(ledgers)

    assert (ADA, "left") == (found["email"], found["status"])
    assert ["accepted"] == [each["state"] for each in found["deliveries"]]
    assert "left" == found["consents"][-1]["what"]
    assert ["Yes."] == [each["wording"] for each in found["signups"]]


def test_of_nobody_nothing_is_told(ledgers: Ledgers) -> None:
    assert ledgers.personal.of(ADA) is None


def test_who_is_forgotten_is_nowhere_and_the_sums_stay(ledgers: Ledgers) -> None:
    run = a_run(ledgers, ADA, BO)
    run.send_one(ACCEPTED)
    run.send_one(ACCEPTED)
    ask(ledgers, ADA)
    person = ledgers.subscribers.find(ADA)
    assert person is not None

    assert forget(ledgers)
    assert ledgers.personal.of(ADA) is None
    assert ledgers.subscribers.find(ADA) is None
    assert by_key(ledgers.subscribers, person.key) is None
    assert [BO] == [each.email for each in ledgers.subscribers.all()]
    assert 1 == sum(crowd.count for crowd in ledgers.subscribers.census())
    tally = ledgers.journal.tally(run.issue)
    assert (True, {DeliveryState.ACCEPTED: 2}) == (tally.adds_up, dict(tally.deliveries))


def test_who_is_forgotten_is_no_candidate_of_the_next_issue(ledgers: Ledgers) -> None:
    for email in (ADA, BO):
        ledgers.subscribers.add(email, "", at=INSTANT)
    forget(ledgers)
    tally = ledgers.journal.tally(a_run(ledgers).issue)

    assert (1, {DeliveryState.PLANNED: 1}, {}) == (tally.candidates, dict(tally.deliveries), dict(tally.excluded))


def test_no_file_brings_back_who_was_forgotten_and_their_own_sign_up_does(ledgers: Ledgers) -> None:
    ledgers.subscribers.add(ADA, "", at=INSTANT)
    forget(ledgers)

    assert [ADA] == imported(ledgers, ADA, BO)
    assert ledgers.subscribers.find(ADA) is None
    ask(ledgers, ADA)
    signup = ledgers.signups.next(RATIONING, at=INSTANT)
    assert signup is not None
    person = ledgers.signups.confirm(signup.key, signup.asked_at, network="", at=INSTANT)
    assert person is not None
    assert (ADA, Status.ACTIVE) == (person.email, person.status)


def test_forgetting_somebody_whom_nobody_knows_keeps_them_away_as_well(ledgers: Ledgers) -> None:
    assert not forget(ledgers)
    assert not forget(ledgers)

    assert [ADA] == imported(ledgers, ADA)


def test_sign_ups_that_nobody_confirmed_are_erased(ledgers: Ledgers) -> None:
    ask(ledgers, ADA)
    ask(ledgers, BO, INSTANT + 6 * DAY)
    week = Retention(unconfirmed=7 * DAY)
    early = ledgers.personal.prune(week, hashed=SECRET.forgotten, at=INSTANT + 6 * DAY)
    late = ledgers.personal.prune(week, hashed=SECRET.forgotten, at=INSTANT + 8 * DAY)

    assert (0, 1) == (early.unconfirmed, late.unconfirmed)
    assert [BO] == [each.email for each in ledgers.subscribers.all()]
    assert [] == imported(ledgers, ADA), "they never were on the list"


def test_who_left_long_ago_is_erased_and_stays_away(ledgers: Ledgers) -> None:
    for email in (ADA, BO):
        leave(ledgers.subscribers, ledgers.subscribers.add(email, "", at=INSTANT).key, at=INSTANT)
    ledgers.subscribers.add(BO, "", at=INSTANT + DAY)
    pruned = ledgers.personal.prune(Retention(left=30 * DAY), hashed=SECRET.forgotten, at=INSTANT + 31 * DAY)

    assert 1 == pruned.left
    assert [BO] == [each.email for each in ledgers.subscribers.all()]
    assert [ADA] == imported(ledgers, ADA)


def test_of_old_deliveries_the_sums_are_kept(ledgers: Ledgers) -> None:
    run = a_run(ledgers, ADA, BO)
    run.send_one(ACCEPTED)
    run.send_one(ACCEPTED)
    before = ledgers.journal.tally(run.issue)
    ledgers.archive.close(run.issue, IssueState.SENT, at=INSTANT)
    year = Retention(deliveries=365 * DAY)
    early = ledgers.personal.prune(year, hashed=SECRET.forgotten, at=INSTANT + 300 * DAY)
    late = ledgers.personal.prune(year, hashed=SECRET.forgotten, at=INSTANT + 366 * DAY)
    again = ledgers.personal.prune(year, hashed=SECRET.forgotten, at=INSTANT + 367 * DAY)

    assert [0, 2, 0] == [each.deliveries for each in (early, late, again)]
    assert [] == told(ledgers)["deliveries"]
    assert before == ledgers.journal.tally(run.issue)


def test_kept_for_ever_is_for_ever(ledgers: Ledgers) -> None:
    leave(ledgers.subscribers, ledgers.subscribers.add(ADA, "", at=INSTANT).key, at=INSTANT)
    pruned = ledgers.personal.prune(Retention(), hashed=SECRET.forgotten, at=INSTANT + 9999 * DAY)

    assert (0, 0, 0) == (pruned.unconfirmed, pruned.deliveries, pruned.left)


def test_when_it_was_done_last_is_remembered(ledgers: Ledgers) -> None:
    assert ledgers.memory.tidied_at() is None
    ledgers.memory.tidied(INSTANT)

    assert INSTANT == ledgers.memory.tidied_at()


# Sign-ups -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [SignupState.SENT, SignupState.FAILED])
def test_a_sign_up_has_its_turn_once(ledgers: Ledgers, state: SignupState) -> None:
    ask(ledgers, ADA)
    first = ledgers.signups.next(RATIONING, at=INSTANT)
    assert first is not None
    assert ADA == first.email
    assert ledgers.signups.next(RATIONING, at=INSTANT + DAY) is None
    ledgers.signups.settle(first.id, state, at=INSTANT)

    assert ledgers.signups.next(RATIONING, at=INSTANT + timedelta(hours=2)) is None


def test_who_leaves_and_takes_it_back_is_counted_as_what_they_are(ledgers: Ledgers) -> None:
    for email, status in ((ADA, Status.ACTIVE), (BO, Status.BOUNCED)):
        ledgers.subscribers.add(email, "", at=INSTANT - 20 * DAY)
        ledgers.subscribers.set_status(email, status, at=INSTANT - 14 * DAY)
    keys = [each.key for each in ledgers.subscribers.all()]
    for key in keys:
        leave(ledgers.subscribers, key, at=INSTANT)
    gone = ledgers.statistics.numbers(at=INSTANT + DAY, zone=UTC, weeks=3, issues=0)
    for key in keys:
        stay(ledgers.subscribers, key, at=INSTANT)
    back = ledgers.statistics.numbers(at=INSTANT + DAY, zone=UTC, weeks=3, issues=0)

    assert ({Status.LEFT: 2}, [(0, 0), (0, 0), (2, 0)]) == (
        dict(gone.now), [(week.left, week.lost) for week in gone.weeks],
    )  # fmt: skip
    assert ({Status.ACTIVE: 1, Status.BOUNCED: 1}, [(0, 1), (0, 0), (0, 0)]) == (
        dict(back.now), [(week.left, week.lost) for week in back.weeks],
    )  # fmt: skip


def test_of_who_left_and_is_forgotten_nothing_is_kept_that_they_were(ledgers: Ledgers) -> None:
    key = ledgers.subscribers.add(ADA, "", at=INSTANT).key
    leave(ledgers.subscribers, key, at=INSTANT)
    found = told(ledgers)
    assert ("active", INSTANT.isoformat(), None) == (found["was"], found["was_since"], found["was_paused_until"])
    ask(ledgers, ADA)
    forget(ledgers)

    assert stay(ledgers.subscribers, key, at=INSTANT) is None
    assert ledgers.signups.next(RATIONING, at=INSTANT) is None
    assert {} == dict(ledgers.statistics.numbers(at=INSTANT, zone=UTC, weeks=1, issues=0).now)


def test_the_addresses_of_one_mailbox_are_heard_as_one(ledgers: Ledgers) -> None:
    for email in ("bo+1@lantern.example", "Bo+2@lantern.example", BO, "bob@lantern.example", "bo+3@other.example"):
        ask(ledgers, email)

    heard = [ledgers.signups.next(RATIONING, at=INSTANT) for _ in range(4)]
    assert ["bo+1@lantern.example", "bob@lantern.example", "bo+3@other.example", None] == [
        None if each is None else each.email for each in heard
    ]


def test_numbers_count_what_happened(ledgers: Ledgers) -> None:
    for number in range(5):
        ledgers.subscribers.add(f"p{number}@x.example", "", at=INSTANT - 8 * DAY)
    person = ledgers.subscribers.add(ADA, "", at=INSTANT)
    leave(ledgers.subscribers, person.key, at=INSTANT)
    ask(ledgers, BO)
    signup = ledgers.signups.next(RATIONING, at=INSTANT)
    assert signup is not None
    ledgers.signups.settle(signup.id, SignupState.SENT, at=INSTANT)
    run = a_run(ledgers)
    run.send_one(ACCEPTED)
    numbers = ledgers.statistics.numbers(at=INSTANT + timedelta(hours=1), zone=UTC, weeks=3, issues=5)

    assert {Status.ACTIVE: 5, Status.LEFT: 1, Status.PENDING: 1} == dict(numbers.now)
    assert [(5, 0), (0, 0), (1, 1)] == [(week.joined, week.left) for week in numbers.weeks]
    assert (1, 1, 0) == (numbers.weeks[-1].asked, numbers.weeks[-1].mailed, numbers.weeks[-1].confirmed)
    (issue,) = numbers.issues
    assert (5, 1, 4) == (
        sum(issue.deliveries.values()), issue.deliveries["accepted"], issue.deliveries["planned"],
    )  # fmt: skip


def test_taking_in_the_same_file_twice_changes_nobody(ledgers: Ledgers) -> None:
    content = "email,name,cadence\n" + "".join(f"p{number}@x.example,P {number},weekly\n" for number in range(4_100))
    first, second = take_in(ledgers.subscribers, content), take_in(ledgers.subscribers, content)

    assert (4_100, 0) == (first.new[Status.ACTIVE], first.unchanged)
    assert (0, 0, 4_100) == (sum(second.new.values()), second.changed, second.unchanged)
