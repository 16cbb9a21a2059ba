"""Delivering, over a real journal and scripted lines: rounds, doubts, the circuit breaker, stops, and consent."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from roundup import messages
from roundup.delivering import Delivering, Stop, deliver
from roundup.errors import StoreError
from roundup.journal import InDoubt
from roundup.messages import Stationery
from roundup.model import Deferred, IssueId, NotOffered, Outcome, Refused, Reply, Status, Unknown
from roundup.newsroom import Watch
from roundup.sending import Sender
from roundup.sending.pacing import Pacer
from roundup.sending.referee import Judgement, Referee, Verdict
from roundup.store import Ledgers
from roundup.subscribers import Changes
from tests.builders import INSTANT, KEY, SECRET, a_frozen_issue, a_letterhead, a_rendered_issue, list_rows
from tests.fakes.clocks import HandClock
from tests.fakes.journals import another_run
from tests.fakes.lines import HookedSender, ManySender
from tests.fakes.senders import TAKEN, RecordingSender
from tests.fakes.stores import ledgers_in_memory
from tests.fakes.watches import NobodyWatches

ABOUT_US = Deferred(reply=Reply(code=550, text="5.7.1 you may not send here"))
LATER = Deferred(reply=Reply(code=450, text="4.2.1 mailbox busy"))
NOBODY = Refused(reply=Reply(code=550, text="5.1.1 no such person"), person_is_gone=True)
IN_DOUBT = Unknown(why="it closed the line")
BROKEN = NotOffered(why="it closed the line", over_it=True)
RATHER_NOT = NotOffered(why="it closed the line")


def people(count: int) -> list[str]:
    return [f"p{number:03}@lantern.example" for number in range(count)]


@dataclass(slots=True)
class Counting:
    """Implements `Watch`; calls `each` with the number of every step."""

    each: Callable[[int], object] = lambda _: None
    steps: int = 0

    def begin(self, what: str, total: int) -> None:
        """Nothing."""

    def step(self) -> None:
        self.steps += 1
        self.each(self.steps)

    def end(self) -> None:
        """Nothing."""

    def note(self, sentence: str) -> None:
        """Nothing."""


def at_step(step: int, what: Callable[[], None]) -> Callable[[int], None]:
    """Something that happens once."""

    def each(number: int) -> None:
        if number == step:
            what()

    return each


@dataclass(slots=True)
class AllKnowing:
    """Implements `Referee`: says of each address what it is told to."""

    verdicts: Mapping[str, Verdict]
    message_ids: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    asked: list[set[str]] = field(default_factory=list)

    def judge(self, message_ids: Collection[str]) -> Judgement:
        self.asked.append(set(message_ids))
        return Judgement(verdicts={each: self.verdicts[self.message_ids[each]] for each in message_ids})


@dataclass(slots=True, kw_only=True)
class Round:
    """One frozen issue, and how it is delivered."""

    ledgers: Ledgers
    issue: IssueId
    clock: HandClock
    stationery: Stationery

    def deliver(
        self,
        sender: Sender,
        *,
        in_doubt: InDoubt = InDoubt.RESEND,
        referee: Referee | None = None,
        watch: Watch | None = None,
        stop: Stop | None = None,
        rate: float = 0,
    ) -> tuple[str, ...]:
        self.ledgers.journal.recover(self.issue, at=self.clock())
        return deliver(
            Delivering(
                issue=self.issue,
                stationery=self.stationery,
                journal=self.ledgers.journal,
                sender=sender,
                pacer=Pacer(rate),
                in_doubt=in_doubt,
                referee=referee,
                clock=self.clock,
                watch=watch or NobodyWatches(),
                stop=stop or Stop(),
            )
        )

    @property
    def states(self) -> dict[str, int]:
        tally = self.ledgers.journal.tally(self.issue)
        assert tally.adds_up
        return {str(state): count for state, count in tally.deliveries.items()}

    def leave(self, email: str) -> None:
        self.ledgers.subscribers.set_status(email, Status.LEFT, at=self.clock())

    def active(self) -> int:
        return sum(person.status is Status.ACTIVE for person in self.ledgers.subscribers.all())


@pytest.fixture
def ledgers() -> Iterator[Ledgers]:
    with ledgers_in_memory() as opened:
        yield opened


def a_round(ledgers: Ledgers, *emails: str) -> Round:
    new = tuple((row, Status.ACTIVE) for row in list_rows(*emails))
    ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=INSTANT)
    return Round(
        ledgers=ledgers,
        issue=ledgers.archive.freeze(a_frozen_issue()),
        clock=HandClock(INSTANT),
        stationery=messages.stationery(a_rendered_issue(), a_letterhead(), SECRET),
    )


# To the end ------------------------------------------------------------------------------------------------------


def test_everybody_gets_one_in_order(ledgers: Ledgers) -> None:
    going, sender, watch = a_round(ledgers, *people(30)), RecordingSender(), Counting()

    assert () == going.deliver(sender, watch=watch)
    assert people(30) == sender.addresses
    assert ({"accepted": 30}, 30) == (going.states, watch.steps)


@pytest.mark.parametrize("lines", [2, 7, 40])
def test_many_lines_give_everybody_one(ledgers: Ledgers, lines: int) -> None:
    going, sender = a_round(ledgers, *people(100)), ManySender(lines)
    going.deliver(sender)

    assert people(100) == sorted(sender.addresses)
    assert {"accepted": 100} == going.states


def test_with_nobody_to_mail_no_line_is_opened(ledgers: Ledgers) -> None:
    going, sender = a_round(ledgers), HookedSender()

    assert () == going.deliver(sender)
    assert 0 == sender.opened


def test_the_answers_are_written_down(ledgers: Ledgers) -> None:
    first, second, third = people(3)
    going = a_round(ledgers, first, second, third)
    going.deliver(RecordingSender({first: [NOBODY], second: [LATER]}))

    assert {"refused": 1, "deferred": 1, "accepted": 1} == going.states
    assert 2 == going.active()


def test_the_deferred_are_offered_again_when_their_time_has_come_in_the_same_delivery(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(2))
    sender = RecordingSender({people(1)[0]: [LATER, TAKEN]})

    def an_hour_later(step: int) -> None:
        going.clock.at = INSTANT + timedelta(hours=step)

    going.deliver(sender, watch=Counting(an_hour_later))
    assert [people(2)[0], people(2)[1], people(2)[0]] == sender.addresses
    assert {"accepted": 2} == going.states


def test_the_deferred_are_left_for_the_next_run(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(2))
    sender = RecordingSender({people(1)[0]: [LATER, TAKEN]})

    assert () == going.deliver(sender)
    assert {"accepted": 1, "deferred": 1} == going.states
    going.clock.at += timedelta(minutes=1)
    going.deliver(sender)
    assert {"accepted": 2} == going.states


def test_a_message_that_is_offered_again_is_the_same_message(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(1))
    sender = RecordingSender({people(1)[0]: [IN_DOUBT, TAKEN]})
    going.deliver(sender)

    assert sender.offered[0] == sender.offered[1]


# Ways out that are none ------------------------------------------------------------------------------------------


def test_without_a_way_out_it_says_why_and_nothing_is_claimed(ledgers: Ledgers) -> None:
    going, sender = a_round(ledgers, *people(3)), RecordingSender()
    sender.trouble = "No mail server could be reached."

    assert ("No mail server could be reached.",) == going.deliver(sender)
    assert {"planned": 3} == going.states


def test_an_error_in_the_middle_closes_the_lines_and_gives_the_rest_back(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(50))

    def fail(turn: int) -> None:
        if turn == 9:
            raise RuntimeError("the disk is gone")

    sender = HookedSender(fail)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        going.deliver(sender)
    assert 1 == sender.closed
    assert going.states["planned"] >= 50 - len(sender.offered) - 2
    # The next run makes good what is left, and doubts at most the one that was on its way.
    going.deliver(RecordingSender())
    assert {"accepted": 50} == going.states
    assert going.ledgers.journal.tally(going.issue).resent <= 1


def test_a_run_whose_issue_is_taken_over_stops_at_once(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(50))
    before: list[int] = []

    def take_over(turn: int) -> None:
        if turn == 9:
            another_run(ledgers).recover(going.issue, at=INSTANT)
            before.append(len(sender.offered))

    sender = HookedSender(take_over)
    with pytest.raises(StoreError, match="taken over"):
        going.deliver(sender)
    assert before == [len(sender.offered)]


def test_a_hold_ends_the_delivery(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(200))

    def hold(step: int) -> None:
        if step == 20:
            ledgers.archive.hold(KEY, "Held by hand.", instant=INSTANT, at=INSTANT)

    sender = HookedSender()
    going.deliver(sender, watch=Counting(hold))
    states = going.states

    assert set(states) == {"accepted", "planned"}
    assert 20 <= states["accepted"] < 200
    assert len(sender.offered) == states["accepted"]


# About us --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 4, 16])
def test_a_relay_that_refuses_us_is_asked_twenty_times_and_nobody_is_taken_off_the_list(
    ledgers: Ledgers, lines: int
) -> None:
    going = a_round(ledgers, *people(100))
    sender = ManySender(lines, {email: [ABOUT_US] for email in people(100)})
    (trouble,) = going.deliver(sender)

    assert "refused us 20 times in a row" in trouble
    assert "550 5.7.1 you may not send here" in trouble
    assert 20 == len(sender.offered)
    assert {"deferred": 20, "planned": 80} == going.states
    assert 100 == going.active()


def test_refusals_that_do_not_come_in_a_row_stop_nothing(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(100))
    answers = {email: [ABOUT_US] for number, email in enumerate(people(100)) if number % 10}

    assert () == going.deliver(RecordingSender(answers))
    assert {"accepted": 10, "deferred": 90} == going.states


@pytest.mark.parametrize("answer", [LATER, NOBODY])
def test_refusals_that_are_not_about_us_stop_nothing(ledgers: Ledgers, answer: Outcome) -> None:
    going = a_round(ledgers, *people(60))
    going.deliver(sender := RecordingSender({email: [answer] for email in people(60)}))

    assert 60 == len(sender.offered)


# Stopping and pacing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 8])
def test_a_stop_finishes_what_is_on_its_way_and_claims_no_more(ledgers: Ledgers, lines: int) -> None:
    going, stop = a_round(ledgers, *people(200)), Stop()
    sender = ManySender(lines)
    going.deliver(sender, watch=Counting(at_step(20, stop.now)), stop=stop)
    states = going.states

    assert set(states) == {"accepted", "planned"}
    assert 20 <= states["accepted"] <= 20 + 2 * lines
    assert len(sender.offered) == states["accepted"]


def test_a_stop_before_the_beginning_offers_nothing(ledgers: Ledgers) -> None:
    going, sender = a_round(ledgers, *people(3)), RecordingSender()
    going.deliver(sender, stop=Stop(asked=True))

    assert ([], {"planned": 3}) == (sender.addresses, going.states)


@pytest.mark.parametrize("lines", [1, 4])
def test_a_rate_is_kept_over_all_lines(ledgers: Ledgers, lines: int) -> None:
    going = a_round(ledgers, *people(9))
    began = time.monotonic()
    going.deliver(ManySender(lines), rate=20)

    assert time.monotonic() - began >= 8 / 20
    assert {"accepted": 9} == going.states


# One bad address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 4])
def test_an_address_for_which_no_message_can_be_made_hurts_nobody_else(ledgers: Ledgers, lines: int) -> None:
    going = a_round(ledgers, *people(20))
    bad = [ledgers.subscribers.find(email) for email in (people(20)[0], people(20)[7], people(20)[19])]
    keys = {person.key for person in bad if person is not None}
    plain = going.stationery.envelope_from

    def envelope_from(key: bytes) -> str:
        if key in keys:
            raise ValueError("a name with a line break")
        return plain(key)

    going.stationery = replace(going.stationery, envelope_from=envelope_from)
    going.deliver(ManySender(lines))
    missed = list(ledgers.journal.missed(going.issue))

    assert {"accepted": 17, "refused": 3} == going.states
    assert {550} == {each.code for each in missed}
    assert all("no message could be made for this address" in each.reply for each in missed)
    assert 20 == going.active()


@pytest.mark.parametrize("where", [0, 3, 9])
def test_somebody_over_whom_the_line_breaks_each_time_keeps_nobody_waiting(ledgers: Ledgers, where: int) -> None:
    going = a_round(ledgers, *people(10))
    bad = people(10)[where]
    sender = HookedSender(answers={bad: [BROKEN]})
    troubles = going.deliver(sender)

    assert {"accepted": 9, "planned": 1} == going.states
    assert [bad] == [each.email for each in ledgers.journal.missed(going.issue)]
    assert 1 == sender.addresses.count(bad)
    assert ("Delivering broke off: it closed the line",) == troubles


@pytest.mark.parametrize("where", [0, 3, 9])
def test_lines_that_break_before_somebody_each_time_keep_nobody_waiting_longer_than_a_run(
    ledgers: Ledgers, where: int
) -> None:
    going = a_round(ledgers, *people(10))
    bad = people(10)[where]
    sender = HookedSender(answers={bad: [RATHER_NOT]})
    for _ in range(2):
        going.deliver(sender)

    assert 1 <= sender.addresses.count(bad) <= 6
    # Whoever stood behind them each time may have to wait a minute.
    assert going.states["accepted"] in (8, 9)
    assert {"accepted", "planned"} == set(going.states)


def test_a_way_out_that_breaks_each_time_is_given_up_and_nobody_is_blamed(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(10))
    sender = HookedSender(answers={email: [RATHER_NOT] for email in people(10)})
    troubles = going.deliver(sender)

    assert "it closed the line" in troubles
    assert {"planned": 10} == going.states
    assert len(sender.offered) <= 10


# In doubt --------------------------------------------------------------------------------------------------------


def test_a_message_in_doubt_is_offered_once_more(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(3))
    sender = HookedSender(answers={people(3)[1]: [IN_DOUBT, TAKEN]})
    going.deliver(sender)

    assert [*people(3), people(3)[1]] == sender.addresses
    assert ({"accepted": 3}, 1) == (going.states, ledgers.journal.tally(going.issue).resent)


def test_a_second_doubt_stays(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(3))
    sender = HookedSender(answers={people(3)[1]: [IN_DOUBT]})
    going.deliver(sender)
    going.deliver(sender)

    assert 2 == sender.addresses.count(people(3)[1])
    assert {"accepted": 2, "unknown": 1} == going.states


def test_a_doubt_that_is_held_is_offered_no_more(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(3))
    sender = HookedSender(answers={people(3)[1]: [IN_DOUBT, TAKEN]})
    going.deliver(sender, in_doubt=InDoubt.HOLD)
    going.deliver(sender, in_doubt=InDoubt.HOLD)

    assert people(3) == sender.addresses
    assert {"accepted": 2, "unknown": 1} == going.states


def knowing(going: Round, **verdicts: Verdict) -> AllKnowing:
    """A referee that says of p000, p001 … what it is told to."""
    by_id = {}
    for person in going.ledgers.subscribers.all():
        addressee = messages.Addressee(email=person.email, name="", key=person.key)
        by_id[going.stationery.message(addressee, date=INSTANT).message_id] = person.email
    return AllKnowing({f"{name}@lantern.example": verdict for name, verdict in verdicts.items()}, by_id)


def test_a_doubt_that_the_log_decides_is_decided(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(4))
    referee = knowing(going, p000=Verdict.QUEUED, p001=Verdict.NOT_QUEUED, p002=Verdict.UNDECIDED)
    sender = HookedSender(answers={email: [IN_DOUBT, TAKEN] for email in people(3)})
    going.deliver(sender, in_doubt=InDoubt.RECONCILE, referee=referee)

    assert {people(4)[1]: 2} == {each: count for each in people(4) if (count := sender.addresses.count(each)) != 1}
    assert {"accepted": 3, "unknown": 1} == going.states
    assert 0 == ledgers.journal.tally(going.issue).resent


def test_a_dead_runs_doubts_are_settled_before_anything_is_offered(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(2))
    first = people(2)[0]
    going.deliver(RecordingSender({first: [IN_DOUBT]}), in_doubt=InDoubt.HOLD)
    sender = RecordingSender()
    going.deliver(sender, in_doubt=InDoubt.RECONCILE, referee=knowing(going, p000=Verdict.NOT_QUEUED))

    assert [first] == sender.addresses
    assert {"accepted": 2} == going.states


# Consent ---------------------------------------------------------------------------------------------------------


def waiting(turn: int, what: Callable[[], object]) -> Callable[[int], None]:
    """Something that happens at a turn, after which the next hop is silent for more than a second."""

    def at(number: int) -> None:
        if number == turn:
            what()
            time.sleep(1.1)

    return at


@pytest.mark.parametrize("who", [0, 1, 2, 3])
@pytest.mark.parametrize("turn", [2, 11, 12])
def test_who_leaves_a_second_before_their_turn_is_not_mailed(ledgers: Ledgers, turn: int, who: int) -> None:
    """The first whose octets are asked for, the one behind on the same line, or somebody who was claimed with them."""
    going = a_round(ledgers, *people(30))
    leavers: list[str] = []

    def leave() -> None:
        leavers.append(people(30)[len(sender.offered) + who])
        going.leave(leavers[0])

    sender = HookedSender(waiting(turn, leave))

    assert () == going.deliver(sender)
    assert leavers == sorted(set(people(30)) - set(sender.addresses))
    assert {"accepted": 29, "withdrawn": 1} == going.states


def test_who_is_still_on_the_list_after_a_second_is_mailed_once(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(20))
    sender = HookedSender(waiting(2, lambda: None))
    going.deliver(sender)

    assert people(20) == sorted(sender.addresses)


def test_who_leaves_while_others_are_waiting_for_the_pace_is_not_mailed(ledgers: Ledgers) -> None:
    going = a_round(ledgers, *people(6))
    sender = RecordingSender()
    going.deliver(sender, rate=2.5, watch=Counting(at_step(1, lambda: going.leave(people(6)[5]))))

    assert people(6)[:5] == sender.addresses
    assert {"accepted": 5, "withdrawn": 1} == going.states
