"""The contract of batches: each is a journal of its own, and whoever it was taken from writes nothing more."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from roundup.archive import IssueState
from roundup.batches import Batch
from roundup.errors import StoreError
from roundup.finishing import take_back
from roundup.journal import Journal, Turn
from roundup.model import IssueId, Status
from roundup.personal import Retention
from roundup.store import Ledgers
from roundup.store.batches import SqlBatches
from tests.builders import INSTANT, KEY, a_frozen_issue
from tests.contract.test_ledgers_of_deliveries import ZOMBIES
from tests.fakes.journals import ACCEPTED, LATER, OUTCOMES, Run, a_run, frozen, numbered, states, subscribe


def cut(ledgers: Ledgers, people: int, size: int) -> tuple[IssueId, list[Batch]]:
    issue = frozen(ledgers, *numbered(people))
    return issue, list(ledgers.batches.cut(issue, size=size))


def a_worker(ledgers: Ledgers, batch: Batch) -> Run:
    """A worker that has taken up a batch."""
    run = Run(ledgers.batches.journal(batch), batch.issue, at=INSTANT)
    run.recover()
    return run


def whom(run: Run, wanted: int = 99) -> list[str]:
    return [each.email[:3] for each in run.claim(wanted)]


def test_batches_lie_side_by_side_and_hold_everybody_once(ledgers: Ledgers) -> None:
    issue, batches = cut(ledgers, 10, 4)

    assert ["p00 p01 p02 p03", "p04 p05 p06 p07", "p08 p09"] == [
        " ".join(whom(a_worker(ledgers, each))) for each in batches
    ]
    assert batches == list(ledgers.batches.cut(issue, size=3)), "they are cut once"
    assert [batches[1]] == [ledgers.batches.find(issue, batches[1].first)]
    assert ledgers.batches.find(issue, batches[1].last) is None


def test_batches_are_as_long_whatever_numbers_are_missing(ledgers: Ledgers) -> None:
    subscribe(ledgers, *numbered(9))
    for email in numbered(9)[1:6]:
        ledgers.subscribers.set_status(email, Status.LEFT, at=INSTANT)
    issue = ledgers.archive.freeze(a_frozen_issue())

    assert ["p00 p06", "p07 p08"] == [
        " ".join(whom(a_worker(ledgers, each))) for each in ledgers.batches.cut(issue, size=2)
    ]


def test_an_issue_without_anybody_has_no_batch(ledgers: Ledgers) -> None:
    assert (0, []) == (len(cut(ledgers, 0, 4)[1]), list(ledgers.batches.cut(IssueId(99), size=4)))


def test_a_batch_knows_of_its_own_deliveries_alone(ledgers: Ledgers) -> None:
    issue, (first, second) = cut(ledgers, 6, 3)
    one = a_worker(ledgers, first)
    one.send_one(OUTCOMES["unknown"])
    one.send_one(OUTCOMES["deferred"])
    other = a_worker(ledgers, second)
    other.send_one(OUTCOMES["unknown"])

    assert ["p00"] == [each.email[:3] for each in one.journal.doubted(issue)]
    assert 1 == one.journal.resend(issue, at=INSTANT)
    assert {"planned": 4, "deferred": 1, "unknown": 1} == states(ledgers, issue)
    one.at = LATER
    assert ["p02", "p01", "p00"] == [each.email[:3] for each in Run(one.journal, issue, at=LATER).claim(9)]
    assert not one.journal.has_turn(issue, at=LATER)
    assert other.journal.has_turn(issue, at=LATER)


def test_who_left_since_the_freeze_is_withdrawn_by_the_worker_that_comes_to_them(ledgers: Ledgers) -> None:
    issue, (first, second) = cut(ledgers, 6, 3)
    run = a_worker(ledgers, first)
    claimed = run.claim(2)
    for email in (claimed[1].email, numbered(6)[2], numbered(6)[4]):
        ledgers.subscribers.set_status(email, Status.LEFT, at=INSTANT)

    assert frozenset({claimed[1].subscriber}) == run.turn(Turn(asking_again=claimed)).gone
    assert [] == whom(run)
    assert ["p03", "p05"] == whom(a_worker(ledgers, second))
    assert 2 == states(ledgers, issue)["withdrawn"]


def test_who_is_given_back_is_claimed_again(ledgers: Ledgers) -> None:
    issue, (_, second) = cut(ledgers, 6, 3)
    run = a_worker(ledgers, second)
    run.journal.give_back(issue, run.claim(3))

    assert ["p03", "p04", "p05"] == whom(run)


def test_taking_a_batch_up_leaves_the_others_alone(ledgers: Ledgers) -> None:
    issue, (first, second) = cut(ledgers, 6, 3)
    one = a_worker(ledgers, first)
    offered, claimed = one.claim(2)
    one.offer(offered)
    a_worker(ledgers, second).claim(1)
    one.settle(offered, ACCEPTED)
    one.offer(claimed)

    assert {"accepted": 1, "claimed": 2, "planned": 3} == states(ledgers, issue)


def test_whoever_takes_a_batch_up_finds_what_was_being_offered_in_doubt(ledgers: Ledgers) -> None:
    issue, (first, _) = cut(ledgers, 6, 3)
    dead = a_worker(ledgers, first)
    offered, _ = dead.claim(2)
    dead.offer(offered)

    assert 1 == Run(ledgers.batches.journal(first), issue, at=INSTANT).recover()
    assert {"unknown": 1, "planned": 5} == states(ledgers, issue)


@pytest.mark.parametrize("by", ["a worker", "a run that delivers by itself"])
@pytest.mark.parametrize("what", ZOMBIES)
def test_a_worker_whose_batch_was_taken_writes_nothing_more(ledgers: Ledgers, what: str, by: str) -> None:
    issue, (first, _) = cut(ledgers, 8, 4)
    old = a_worker(ledgers, first)
    offered, claimed = old.claim(2)
    old.offer(offered)
    # Its own memory of what it holds stays with it: another process's is another.
    new = Run(_another(ledgers, first) if by == "a worker" else ledgers.journal, issue, at=INSTANT)
    new.recover()
    new.journal.resend(issue, at=INSTANT)
    new.offer(*new.claim(4))
    before = states(ledgers, issue)

    with pytest.raises(StoreError, match="taken over"):
        ZOMBIES[what](old, offered, claimed)
    assert before == states(ledgers, issue)


def test_a_run_that_delivers_by_itself_stops_when_a_worker_takes_a_batch_up(ledgers: Ledgers) -> None:
    issue, (first, _) = cut(ledgers, 6, 3)
    run = a_run(ledgers, issue=issue)
    a_worker(ledgers, first)

    with pytest.raises(StoreError, match="taken over"):
        run.claim(1)


def test_what_is_written_late_is_written_once_and_only_by_whoever_still_has_it(ledgers: Ledgers) -> None:
    issue, (first, _) = cut(ledgers, 6, 3)
    run = a_worker(ledgers, first)
    known, unknown, third = run.claim(3)
    run.offer(known, unknown, third)
    run.settle(known, ACCEPTED)
    # It knows not whether its last turn was written.
    late = [(known, ACCEPTED), (unknown, OUTCOMES["gone"]), (third, OUTCOMES["not offered"])]
    run.journal.late(issue, late, at=INSTANT)

    assert {"accepted": 1, "refused": 1, "planned": 4} == states(ledgers, issue)
    person = ledgers.subscribers.find(unknown.email)
    assert Status.BOUNCED == (person and person.status)
    (again,) = run.claim(3)
    assert third.email == again.email
    Run(_another(ledgers, first), issue, at=INSTANT).recover()
    run.journal.late(issue, [(again, ACCEPTED)], at=INSTANT)
    assert {"accepted": 1, "refused": 1, "planned": 4} == states(ledgers, issue)


@pytest.mark.parametrize("how", ["rests", "is on hold", "is firmly on hold"])
def test_an_issue_that_rests_or_is_on_hold_is_claimed_by_nobody(ledgers: Ledgers, how: str) -> None:
    issue, (first, _) = cut(ledgers, 6, 3)
    run = a_worker(ledgers, first)
    sent, next_one = run.claim(2)
    run.offer(sent)
    if how == "rests":
        ledgers.batches.rest(issue, "The run was stopped.")
    else:
        (record,) = ledgers.archive.unfinished()
        ledgers.archive.hold(record.key, "It waits.", instant=INSTANT, at=INSTANT, firm="firmly" in how)

    assert [] == list(run.turn(Turn(settled=[(sent, ACCEPTED)], offering=[next_one], wanted=3)).claimed)
    assert not run.journal.has_turn(issue, at=LATER)
    assert {"accepted": 1, "claimed": 1, "planned": 4} == states(ledgers, issue)


def test_the_next_run_ends_the_rest(ledgers: Ledgers) -> None:
    issue, (first, _) = cut(ledgers, 6, 3)
    ledgers.batches.rest(issue, "The run was stopped.")
    assert "The run was stopped." == ledgers.batches.progress(issue).rest
    ledgers.batches.share_out(issue, at=INSTANT)
    assert ["p00", "p01", "p02"] == whom(a_worker(ledgers, first))
    ledgers.batches.rest(issue, "The run was stopped.")
    run = a_run(ledgers, issue=issue)

    assert ["p00", "p01", "p02", "p03", "p04", "p05"] == whom(run)
    assert "" == ledgers.batches.progress(issue).rest


def test_nobody_claims_anything_of_an_issue_that_is_taken_back(ledgers: Ledgers) -> None:
    issue, (first, second) = cut(ledgers, 6, 3)
    a_worker(ledgers, first).claim(1)
    take_back(ledgers, ledgers.archive.unfinished()[0], now=INSTANT)

    assert {"planned": 6} == states(ledgers, issue)
    for batch in (first, second):
        assert [] == whom(a_worker(ledgers, batch))
    assert {"planned": 6} == states(ledgers, issue)


def test_what_workers_tell_is_added_up_and_each_trouble_is_told_once(ledgers: Ledgers) -> None:
    issue, (first, second, third) = cut(ledgers, 9, 3)
    for batch, answered, trouble in ((first, 2, "no way"), (second, 3, "no way"), (third, 1, "late"), (third, 2, "")):
        ledgers.batches.tell(batch, worker="here", answered=answered, trouble=trouble)
    progress = ledgers.batches.progress(issue)

    assert (8, ("no way",)) == (progress.answered, progress.troubles)


def _another(ledgers: Ledgers, batch: Batch) -> Journal:
    batches = ledgers.batches
    assert isinstance(batches, SqlBatches)
    return SqlBatches(batches._database).journal(batch)  # noqa: SLF001 - no port opens one database in memory twice


def _let_rest(ledgers: Ledgers, issue: IssueId) -> None:
    ledgers.batches.rest(issue, "The run was stopped.")


def _hold(ledgers: Ledgers, _issue: IssueId) -> None:
    ledgers.archive.hold(KEY, "Wait.", instant=INSTANT, at=INSTANT)


def _close(ledgers: Ledgers, issue: IssueId) -> None:
    ledgers.archive.close(issue, IssueState.SENT, at=INSTANT)


@pytest.mark.parametrize("put_to_rest", [_let_rest, _hold, _close])
def test_a_worker_plans_nobody_in_doubt_again_while_the_issue_rests(
    ledgers: Ledgers, put_to_rest: Callable[[Ledgers, IssueId], None]
) -> None:
    """Whoever skips an issue, or says that it was sent, counts on it (value 1)."""
    issue, (batch,) = cut(ledgers, 3, 3)
    worker = a_worker(ledgers, batch)
    worker.offer(*worker.claim(2))
    worker.recover()
    put_to_rest(ledgers, issue)

    assert 0 == worker.journal.resend(issue, at=INSTANT)
    assert not worker.journal.has_turn(issue, at=INSTANT)
    assert [] == list(worker.claim(3))
    assert {"unknown": 2, "planned": 1} == states(ledgers, issue)


def test_what_was_taken_from_all_workers_stays_so_when_it_is_closed(ledgers: Ledgers) -> None:
    issue, (batch,) = cut(ledgers, 3, 3)
    worker = a_worker(ledgers, batch)
    worker.offer(*worker.claim(2))
    take_back(ledgers, ledgers.archive.unfinished()[0], now=INSTANT)
    late = a_worker(ledgers, batch)
    ledgers.journal.lose(issue, at=INSTANT)
    ledgers.archive.close(issue, IssueState.SENT, at=INSTANT)

    assert 0 == late.journal.resend(issue, at=INSTANT)
    assert [] == list(late.claim(3))
    assert {"unknown": 3} == states(ledgers, issue)


def test_what_a_mail_server_said_of_somebody_is_forgotten_with_them(ledgers: Ledgers) -> None:
    issue, (batch,) = cut(ledgers, 3, 3)
    ledgers.batches.tell(batch, worker="here", trouble="550 <p00@lantern.example> is nobody")
    (person,) = [each for each in ledgers.subscribers.all() if each.email.startswith("p00")]
    ledgers.personal.forget(person.email, [b"0" * 32], at=INSTANT)

    assert () == ledgers.batches.progress(issue).troubles


def test_batches_go_with_their_deliveries(ledgers: Ledgers) -> None:
    issue, _ = cut(ledgers, 3, 3)
    a_run(ledgers, issue=issue)
    ledgers.journal.expire(issue, at=INSTANT)
    ledgers.archive.close(issue, IssueState.FAILED, at=INSTANT)
    year = timedelta(days=366)
    ledgers.personal.prune(
        Retention(deliveries=timedelta(days=90)), hashed=lambda _address: [b"0" * 32], at=INSTANT + year
    )

    assert [] == ledgers.batches.cut(issue, size=3)
