"""The journal under whatever may happen to a send: crashes, holds, leavers, outcomes of every kind.

A model keeps, for each person, what the next hop has truly had. The laws: nobody is offered a message after one is
known to be accepted, no delivery moves in a way that `MAY_BECOME` forbids, the sums add up, and a second copy can
only come of a doubt.
"""

from contextlib import ExitStack
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from roundup.journal import MAY_BECOME
from roundup.model import (
    Accepted,
    Deferred,
    Delivery,
    DeliveryState,
    IssueId,
    NotOffered,
    Outcome,
    Refused,
    Reply,
    Status,
    Unknown,
)
from roundup.subscribers import Changes
from tests.builders import INSTANT, KEY, a_frozen_issue, list_rows
from tests.fakes.stores import ledgers_in_memory

PEOPLE = 4
OUTCOMES: list[Outcome] = [
    Accepted(reply=Reply(code=250, text="ok")),
    Deferred(reply=Reply(code=450, text="later")),
    Refused(reply=Reply(code=550, text="no")),
    Refused(reply=Reply(code=550, text="5.1.1 nobody"), person_is_gone=True),
    Unknown(why="the line broke"),
    NotOffered(why="no line"),
    NotOffered(why="the line broke over it", over_it=True),
]
#: What a line that dies may have done: nothing, or offered a message that was or was not taken.
DEATHS = ["before the offer", "taken, unanswered", "not taken, unanswered"]


class JournalMachine(RuleBasedStateMachine):
    """One issue, four people, and up to three lines."""

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self.ledgers = self._open.enter_context(ledgers_in_memory())
        self.journal = self.ledgers.journal
        self.now = INSTANT
        self.issue = IssueId(0)
        self.held: list[Delivery] = []
        self.on_hold = False
        #: How many messages each person was offered, how many the next hop took, and how many doubts there were.
        self.offers: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.doubts: dict[str, int] = {}
        #: Who the journal knows to be accepted.
        self.known_accepted: set[str] = set()
        self.left: set[str] = set()
        self.before: dict[DeliveryState, int] = {}

    def teardown(self) -> None:
        self._open.close()

    @initialize()
    def plan(self) -> None:
        emails = [f"p{number}@lantern.example" for number in range(PEOPLE)]
        new = tuple((row, Status.ACTIVE) for row in list_rows(*emails))
        self.ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=self.now)
        self.issue = self.ledgers.archive.freeze(a_frozen_issue())
        self.offers, self.taken, self.doubts = (dict.fromkeys(emails, 0) for _ in range(3))
        self.before = {DeliveryState.PLANNED: PEOPLE}

    def check_claim(self, delivery: Delivery | None) -> None:
        """A claimed delivery may be offered: its person is on the list and is not known to have had it."""
        if delivery is None:
            return
        assert not self.on_hold
        assert delivery.email not in self.known_accepted
        assert delivery.email not in self.left
        assert delivery.id not in {each.id for each in self.held}
        self.held.append(delivery)

    def offer(self, delivery: Delivery, outcome: Outcome, *, taken: bool) -> None:
        """What offering it does in the world, whatever is written down of it."""
        self.held.remove(delivery)
        if isinstance(outcome, NotOffered):
            return
        self.offers[delivery.email] += 1
        self.taken[delivery.email] += taken
        self.doubts[delivery.email] += isinstance(outcome, Unknown)
        if isinstance(outcome, Accepted):
            self.known_accepted.add(delivery.email)
        if isinstance(outcome, Refused) and outcome.person_is_gone:
            self.left.add(delivery.email)

    @precondition(lambda self: len(self.held) < 3)
    @rule()
    def claim(self) -> None:
        self.check_claim(self.journal.claim(self.issue, at=self.now))

    @precondition(lambda self: self.held)
    @rule(line=st.integers(0, 2), outcome=st.sampled_from(OUTCOMES), taken=st.booleans(), go_on=st.booleans())
    def settle(self, line: int, outcome: Outcome, *, taken: bool, go_on: bool) -> None:
        delivery = self.held[line % len(self.held)]
        had = isinstance(outcome, Accepted) or (isinstance(outcome, Unknown) and taken)
        self.offer(delivery, outcome, taken=had)
        if go_on:
            self.check_claim(self.journal.settle_and_claim(delivery, outcome, at=self.now))
        else:
            self.journal.settle(delivery, outcome, at=self.now)

    @rule(deaths=st.lists(st.sampled_from(DEATHS), min_size=3, max_size=3), resend=st.booleans())
    def crash_and_recover(self, deaths: list[str], *, resend: bool) -> None:
        """Every line dies where it is; the next run settles what they left."""
        dead = len(self.held)
        for delivery, death in zip(list(self.held), deaths, strict=False):
            offered = death != "before the offer"
            self.offer(delivery, Unknown(why=death), taken=death.startswith("taken"))
            self.offers[delivery.email] -= not offered
        recovered = self.journal.recover(self.issue, resend=resend, at=self.now)
        assert dead == recovered

    @rule(person=st.integers(0, PEOPLE - 1))
    def leave(self, person: int) -> None:
        found = self.ledgers.subscribers.find(f"p{person}@lantern.example")
        assert found is not None
        self.ledgers.subscribers.leave(found.key, at=self.now)
        self.left.add(found.email)

    @rule()
    def hold_or_release(self) -> None:
        self.on_hold = not self.on_hold
        why = "Held by hand." if self.on_hold else ""
        self.ledgers.archive.hold(KEY, why, instant=INSTANT, at=self.now)

    @rule(minutes=st.sampled_from([0, 1, 5, 60]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def expire(self) -> None:
        self.journal.expire(self.issue, at=self.now)

    @invariant()
    def nobody_has_two_that_are_known_to_be_accepted(self) -> None:
        for email, offers in self.offers.items():
            # Every offer but the last was answered otherwise than by 250, or ended in a doubt.
            assert self.taken[email] <= 1 + self.doubts[email]
            assert offers >= self.taken[email]
            # A first doubt is offered once more; a second stays unknown.
            assert self.doubts[email] <= 2

    @invariant()
    def the_sums_add_up(self) -> None:
        if not self.issue:
            return
        tally = self.journal.tally(self.issue)
        assert tally.adds_up
        assert PEOPLE == tally.candidates
        assert len(self.known_accepted) == tally.deliveries.get(DeliveryState.ACCEPTED, 0)
        assert len(self.held) == tally.deliveries.get(DeliveryState.CLAIMED, 0)
        assert 0 <= tally.resent <= sum(self.doubts.values())
        # Nobody has more copies than one and the doubts that were offered again.
        assert sum(max(0, taken - 1) for taken in self.taken.values()) <= tally.resent

    @invariant()
    def what_has_come_to_its_end_stays_there(self) -> None:
        if not self.issue:
            return
        after = dict(self.journal.tally(self.issue).deliveries)
        for state, count in self.before.items():
            # Accepted ends here too: bounces are not built yet.
            ends = not MAY_BECOME[state] or state in (
                DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.EXPIRED,
            )  # fmt: skip
            assert not ends or after.get(state, 0) >= count
        self.before = after


JournalMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestJournal = JournalMachine.TestCase
