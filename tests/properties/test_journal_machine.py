"""The journal under whatever may happen to a send: crashes at any point, runs that were taken for dead, leavers, holds,
retries, and outcomes of every kind.

A model keeps, for each person, what the next hop has truly taken. The laws: nobody is offered a message after one is
known to be accepted, nor after their leaving was committed and consent read again; who was taken for dead writes
nothing; whoever has no copy is listed or has left; a second copy comes only of a doubt that was offered again. With
`hold` nobody ever has two; with a referee that knows the truth nobody has two and nobody is lost.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from roundup.errors import StoreError
from roundup.journal import InDoubt, Tally, Turn
from roundup.list_changes import Changes
from roundup.model import (
    Accepted,
    Deferred,
    Delivery,
    DeliveryState,
    NotOffered,
    Outcome,
    Refused,
    Reply,
    Status,
    Unknown,
)
from roundup.store import Ledgers
from tests.builders import INSTANT, KEY, a_frozen_issue, list_rows
from tests.contract.ledgers import IMPLEMENTATIONS
from tests.fakes.journals import Run, another_run
from tests.lists import leave

PEOPLE = [f"p{number}@lantern.example" for number in range(5)]
ACCEPTED = Accepted(reply=Reply(code=250, text="ok"))
#: What may be said of a message whose octets were not asked for.
AT_ENVELOPE: list[Outcome] = [
    Deferred(reply=Reply(code=450, text="later")),
    Refused(reply=Reply(code=550, text="no")),
    Refused(reply=Reply(code=550, text="5.1.1 nobody"), person_is_gone=True),
    NotOffered(why="the line broke"),
    NotOffered(why="the line broke over it", over_it=True),
]
AT_DOT = [*AT_ENVELOPE, ACCEPTED, ACCEPTED, Unknown(why="the line broke")]


@dataclass(slots=True)
class Desk:
    """What one run has in its hands."""

    run: Run
    leased: list[Delivery] = field(default_factory=list)
    #: Marked as being offered; their octets may have gone.
    offering: list[Delivery] = field(default_factory=list)
    #: Answered, and not yet written down: those that had been marked, and those whose envelope was refused.
    answered: list[tuple[Delivery, Outcome]] = field(default_factory=list)
    refused: list[tuple[Delivery, Outcome]] = field(default_factory=list)

    @property
    def held(self) -> list[Delivery]:
        """Whatever it holds."""
        return [*self.leased, *self.offering, *(each for each, _ in (*self.answered, *self.refused))]


ZOMBIES: list[Callable[[Delivery], Turn]] = [
    lambda _: Turn(wanted=2),
    lambda delivery: Turn(offering=[delivery]),
    lambda delivery: Turn(asking_again=[delivery]),
    lambda delivery: Turn(settled=[(delivery, AT_ENVELOPE[2])], wanted=1),
    lambda delivery: Turn(settled=[(delivery, ACCEPTED)]),
]


class JournalMachine(RuleBasedStateMachine):
    """One issue, five people, one run at a time, and those that only think so."""

    def opening(self, folder: Path) -> AbstractContextManager[Ledgers]:
        """Empty ledgers."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self.ledgers = self._open.enter_context(self.opening(folder))
        self.now = INSTANT
        self.policy = InDoubt.HOLD
        self.on_hold = False
        self.zombies: list[tuple[Run, list[Delivery]]] = []
        #: How many copies each person has, and how many of their doubts were planned again without knowing.
        self.taken: Counter[str] = Counter()
        self.resends: Counter[str] = Counter()
        self.doubts = 0
        self.known_accepted: set[str] = set()
        self.in_doubt: set[str] = set()
        self.left: set[str] = set()

    def teardown(self) -> None:
        with self._open:
            if hasattr(self, "desk"):
                self.come_to_the_end()

    @initialize(policy=st.sampled_from(InDoubt))
    def plan(self, policy: InDoubt) -> None:
        self.policy = policy
        new = tuple((row, Status.ACTIVE) for row in list_rows(*PEOPLE))
        self.ledgers.subscribers.apply(Changes(new=new), origin="import", digest="", at=self.now)
        issue = self.ledgers.archive.freeze(a_frozen_issue())
        self.desk = Desk(Run(self.ledgers.journal, issue, at=self.now))
        assert 0 == self.desk.run.recover()

    # A run at work -----------------------------------------------------------------------------------------------

    @rule(writes=st.booleans(), offers=st.integers(0, 2), asks_again=st.booleans(), wanted=st.integers(0, 3))
    def turn(self, *, writes: bool, offers: int, asks_again: bool, wanted: int) -> None:
        desk = self.desk
        settled = [*desk.answered, *desk.refused] if writes else []
        offering = desk.leased[:offers]
        turn = Turn(
            settled=settled,
            offering=[] if asks_again else offering,
            asking_again=offering if asks_again else [],
            wanted=wanted,
        )
        granted = desk.run.turn(turn)
        if writes:
            self.write_down(settled)
            desk.answered, desk.refused = [], []
        desk.leased = desk.leased[offers:]
        gone = {each.email for each in offering if each.subscriber in granted.gone}
        assert gone == ({each.email for each in offering} & self.left if asks_again else set())
        for delivery in offering:
            assert delivery.email not in self.known_accepted
            if delivery.email in gone:
                # The line is broken off over it.
                desk.refused.append((delivery, AT_ENVELOPE[3]))
            else:
                desk.offering.append(delivery)
        self.check_claimed(granted.claimed)
        desk.leased += granted.claimed

    def check_claimed(self, claimed: Sequence[Delivery]) -> None:
        busy = self.known_accepted | self.left | self.in_doubt | {each.email for each in self.desk.held}
        assert not (claimed and self.on_hold)
        assert not busy & {each.email for each in claimed}

    def write_down(self, settled: list[tuple[Delivery, Outcome]]) -> None:
        for delivery, outcome in settled:
            if isinstance(outcome, Accepted):
                self.known_accepted.add(delivery.email)
            elif isinstance(outcome, Unknown):
                self.doubts += 1
                self.in_doubt.add(delivery.email)
            elif isinstance(outcome, Refused) and outcome.person_is_gone:
                self.left.add(delivery.email)

    @precondition(lambda self: self.desk.leased)
    @rule(which=st.integers(0, 9), outcome=st.sampled_from(AT_ENVELOPE))
    def the_envelope_is_answered(self, which: int, outcome: Outcome) -> None:
        leased = self.desk.leased
        self.desk.refused.append((leased.pop(which % len(leased)), outcome))

    @precondition(lambda self: self.desk.offering)
    @rule(which=st.integers(0, 9), outcome=st.sampled_from(AT_DOT), had_it=st.booleans())
    def the_message_is_answered(self, which: int, outcome: Outcome, *, had_it: bool) -> None:
        delivery = self.desk.offering.pop(which % len(self.desk.offering))
        self.taken[delivery.email] += isinstance(outcome, Accepted) or (isinstance(outcome, Unknown) and had_it)
        self.desk.answered.append((delivery, outcome))

    @precondition(lambda self: self.desk.leased)
    @rule()
    def give_back(self) -> None:
        desk = self.desk
        desk.run.journal.give_back(desk.run.issue, desk.leased)
        desk.leased = []

    # A run that dies, or is taken for dead -----------------------------------------------------------------------

    @rule(had_them=st.lists(st.booleans(), min_size=9, max_size=9), lives=st.booleans())
    def another_takes_over(self, had_them: list[bool], *, lives: bool) -> None:
        """Whatever was answered and not written down is lost; what was on its way arrived, or did not."""
        old = self.desk
        for delivery, had_it in zip(old.offering, had_them, strict=False):
            self.taken[delivery.email] += had_it
        in_doubt = {each.email for each in (*old.offering, *(each for each, _ in old.answered))}
        if lives:
            self.zombies.append((old.run, old.held))
        self.desk = Desk(Run(another_run(self.ledgers), old.run.issue, at=self.now))
        assert len(in_doubt) == self.desk.run.recover()
        self.doubts += len(in_doubt)
        self.in_doubt |= in_doubt

    @precondition(lambda self: self.zombies)
    @rule(which=st.integers(0, 9), what=st.integers(0, 9), writes=st.sampled_from(ZOMBIES))
    def who_was_taken_for_dead_writes_nothing(self, which: int, what: int, writes: Callable[[Delivery], Turn]) -> None:
        run, held = self.zombies[which % len(self.zombies)]
        before = self.ledgers.journal.tally(run.issue)
        if held:
            run.journal.give_back(run.issue, held)
            with pytest.raises(StoreError):
                run.turn(writes(held[what % len(held)]))
        else:
            with pytest.raises(StoreError):
                run.claim(2)
        assert before == self.ledgers.journal.tally(run.issue)

    # Doubts and retries ------------------------------------------------------------------------------------------

    def plan_again(self) -> None:
        """Who was in doubt has been planned again, and nobody knows whether they have it."""
        still = {each.email for each in self.ledgers.journal.doubted(self.desk.run.issue)}
        assert still <= self.in_doubt
        self.resends.update(self.in_doubt - still)
        self.in_doubt = still

    @rule(undecided=st.sets(st.sampled_from(PEOPLE), max_size=1))
    def settle_doubts(self, undecided: set[str]) -> None:
        run = self.desk.run
        doubted = run.journal.doubted(run.issue)
        assert self.in_doubt == {each.email for each in doubted}
        if self.policy is InDoubt.RESEND:
            count = len(self.in_doubt)
            planned = run.journal.resend(run.issue, at=self.now)
            self.plan_again()
            assert planned == count - len(self.in_doubt)
        elif self.policy is InDoubt.RECONCILE:
            accepted = [each for each in doubted if self.taken[each.email] and each.email not in undecided]
            lost = [each for each in doubted if not self.taken[each.email] and each.email not in undecided]
            run.journal.decide(
                run.issue,
                accepted=[each.subscriber for each in accepted],
                not_accepted=[each.subscriber for each in lost],
                at=self.now,
            )
            self.known_accepted |= {each.email for each in accepted}
            self.in_doubt &= undecided

    @rule(in_doubt=st.booleans())
    def retry(self, *, in_doubt: bool) -> None:
        """A person may take the risk of a second copy only where the settings do."""
        run = self.desk.run
        run.journal.retry(run.issue, in_doubt=in_doubt and self.policy is InDoubt.RESEND, at=self.now)
        self.plan_again()

    # The world ---------------------------------------------------------------------------------------------------

    @rule(person=st.sampled_from(PEOPLE))
    def leave(self, person: str) -> None:
        found = self.ledgers.subscribers.find(person)
        assert found is not None
        leave(self.ledgers.subscribers, found.key, at=self.now)
        self.left.add(person)

    @rule()
    def hold_or_release(self) -> None:
        self.on_hold = not self.on_hold
        why = "Held by hand." if self.on_hold else ""
        self.ledgers.archive.hold(KEY, why, instant=INSTANT, at=self.now)

    @rule(minutes=st.sampled_from([1, 5, 60]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.desk.run.at = self.now

    @rule()
    def expire(self) -> None:
        self.desk.run.journal.expire(self.desk.run.issue, at=self.now)

    # The laws ----------------------------------------------------------------------------------------------------

    @invariant()
    def the_laws_hold(self) -> None:
        if not hasattr(self, "desk"):
            return
        journal, issue = self.ledgers.journal, self.desk.run.issue
        tally = journal.tally(issue)
        listed = {each.email: each.state for each in journal.missed(issue)}
        self.check_copies(tally)
        self.check_listed(listed)
        self.check_sums(tally)

    def check_copies(self, tally: Tally) -> None:
        """A second copy comes only of a doubt that was offered again."""
        for email in PEOPLE:
            assert self.taken[email] <= 1 + self.resends[email]
        assert self.policy is InDoubt.RESEND or not self.resends
        extra = sum(max(0, taken - 1) for taken in self.taken.values())
        assert extra <= tally.resent <= self.doubts

    def check_listed(self, listed: dict[str, DeliveryState]) -> None:
        """Everybody without a copy is listed, or has left."""
        assert all(self.taken[email] for email in self.known_accepted)
        assert all(email in listed or email in self.left for email in PEOPLE if not self.taken[email])
        assert not self.known_accepted & set(listed)
        assert self.in_doubt == {email for email, state in listed.items() if state is DeliveryState.UNKNOWN}

    def check_sums(self, tally: Tally) -> None:
        """The sums add up, and are those of the model."""
        assert tally.adds_up
        assert len(PEOPLE) == tally.candidates
        assert len(self.known_accepted) == tally.deliveries.get(DeliveryState.ACCEPTED, 0)
        assert len(self.desk.held) == tally.deliveries.get(DeliveryState.CLAIMED, 0)
        assert len(self.in_doubt) == tally.deliveries.get(DeliveryState.UNKNOWN, 0)

    def come_to_the_end(self) -> None:
        """A last run has all the time it needs, and a next hop that takes everything."""
        self.another_takes_over([False] * 9, lives=False)
        if self.on_hold:
            self.hold_or_release()
        self.settle_doubts(set())
        self.time_goes_by(60)
        run = self.desk.run
        for _ in PEOPLE:
            for delivery in run.claim(len(PEOPLE)):
                run.offer(delivery)
                self.taken[delivery.email] += 1
                self.known_accepted.add(delivery.email)
                run.settle(delivery, ACCEPTED)
        ends = {DeliveryState.REFUSED, DeliveryState.EXPIRED, DeliveryState.UNKNOWN}
        states = {each.state for each in run.journal.missed(run.issue)}
        assert states <= ends
        assert self.policy is not InDoubt.RECONCILE or DeliveryState.UNKNOWN not in states
        assert not run.journal.has_turn(run.issue, at=self.now)
        self.the_laws_hold()


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_the_laws_hold_whatever_happens(name: str) -> None:
    class Machine(JournalMachine):
        def opening(self, folder: Path) -> AbstractContextManager[Ledgers]:
            return IMPLEMENTATIONS[name](folder)

    quick = name == "SQLite in memory"
    # A failure is made smaller where that takes seconds.
    phases = [phase for phase in Phase if quick or phase is not Phase.shrink]
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40 if quick else 20,
            stateful_step_count=40,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
