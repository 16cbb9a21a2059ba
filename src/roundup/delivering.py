"""The fourth verb of the pipeline: deliver. All lines, driven in turns by one thread.

A turn hears what the next hop said on every line and writes it down in one transaction: what became of the messages
that were answered, which messages go next, and a lease of further deliveries. Only then do the octets of these go. So
a commit serves all lines, at most one message a line is in doubt at any moment, and no transaction is open while the
next hop is spoken to.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from roundup import doubting
from roundup.clock import Clock, stopwatch
from roundup.errors import StoreError
from roundup.journal import Granted, InDoubt, Journal, Turn
from roundup.messages import Addressee, Stationery
from roundup.messages_ahead import Letter, Stock, Unmade, maker
from roundup.model import Accepted, Deferred, Delivery, IssueId, Message, NotOffered, Outcome, Refused, Reply
from roundup.newsroom import Watch
from roundup.sending import Answered, Asked, Ended, Event, Line, Lines, NoWay, Ready, Sender
from roundup.sending.pacing import Pacer
from roundup.sending.referee import Referee
from roundup.words import borrowed, say

#: After so many refusals in a row that are about us, not about the people, it stops: more would only hurt.
ABOUT_US_IN_A_ROW = 20
#: How often it begins again for who was in doubt or deferred; what then remains is for the next run.
_ROUNDS = 5
#: After so many lines that broke before their message was offered, it waits.
_PATIENCE_WITH_ONE = 2
#: Consent is read again for whoever was claimed longer ago than this, in seconds, so that with what a turn may wait for
#: another writer it is never older than one (value 2).
_CONSENT_SECONDS = 0.7
#: A lease is as long as what goes out in so many seconds, and never longer than so many deliveries.
_LEASE_SECONDS, _LONGEST_LEASE = 0.4, 512
#: So many lines that wait for us at once say that the next hop is quicker than we are. Then the next messages are made
#: while the disk is waited for, in another thread; else after the turn, while the next hop is.
_MANY = 6
#: Seconds of silence for which an answer waits to be written down together with the mark of its line's next message.
_JOINING_SECONDS = 0.005
#: When nothing can be written any more, answers are waited for so many seconds.
_HEARING_OUT_SECONDS = 20.0
#: Seconds in which a stop is noticed.
_TURN_SECONDS = 0.5


@dataclass(slots=True)
class Stop:
    """Asks the lines to finish what is in flight and claim no more. Safe from a signal handler."""

    asked: bool = False

    def now(self) -> None:
        """Ask."""
        self.asked = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """Everything that delivering one frozen issue takes."""

    issue: IssueId
    #: When it was frozen: nothing was offered before.
    since: datetime
    stationery: Stationery
    journal: Journal
    sender: Sender
    pacer: Pacer
    in_doubt: InDoubt
    #: Who knows what became of a message in doubt; None: nobody.
    referee: Referee | None
    clock: Clock
    watch: Watch
    stop: Stop
    #: Told what became of messages when the journal could not be written; None: that is in doubt.
    late: Callable[[Sequence[tuple[Delivery, Outcome]]], None] | None = None
    #: What readers of some sections have in place of the whole issue, from number 1.
    variants: Sequence[Stationery] = ()

    def message(self, delivery: Delivery) -> Message:
        """A delivery's message, of this moment."""
        stationery = self.variants[delivery.variant - 1] if delivery.variant else self.stationery
        addressee = Addressee(email=delivery.email, name=delivery.name, key=delivery.key)
        return stationery.message(addressee, date=self.clock())


def deliver(work: Delivering) -> tuple[str, ...]:
    """Offer what is planned and not yet answered, until nothing is due now. Returns what went wrong with the lines, a
    sentence each; what became of the messages is in the journal. The issue was recovered before."""
    troubles: dict[str, None] = {}
    # Whom the relay has refused us in the runs before counts: one more refusal, and this run stops as well.
    about_us = min(work.journal.refused_us(work.issue), ABOUT_US_IN_A_ROW - 1)
    for _ in range(_ROUNDS):
        planned = settle_doubts(work, troubles)
        if not planned and not work.journal.has_turn(work.issue, at=work.clock()):
            break
        stock = Stock(maker(work.message, takes_long=work.stationery.takes_long))
        this = _Round(work, troubles, stock, about_us=about_us)
        if not this.run():
            break
        about_us = this.about_us
    settle_doubts(work, troubles)
    return tuple(troubles)


def settle_doubts(work: Delivering, troubles: dict[str, None]) -> int:
    """Do with the messages in doubt what the settings say. Returns how many are planned again."""
    doubts = doubting.Doubting(
        issue=work.issue,
        journal=work.journal,
        stationery=work.stationery,
        referee=work.referee,
        since=work.since,
        clock=work.clock,
        stop=lambda: work.stop.asked,
    )
    planned, trouble = doubts.settle(work.in_doubt)
    if trouble:
        troubles[trouble] = None
    return planned


@dataclass(slots=True)
class _Round:
    """Until nothing is due now, or it cannot go on."""

    work: Delivering
    troubles: dict[str, None]
    #: What was claimed and is on no line yet.
    stock: Stock
    #: What is on each line, in the order given.
    on_lines: dict[Line, deque[Letter]] = field(default_factory=dict)
    idle: dict[Line, None] = field(default_factory=dict)
    asked: dict[Line, None] = field(default_factory=dict)
    settled: list[tuple[Delivery, Outcome]] = field(default_factory=list)
    #: Nobody else's turn has come.
    dry: bool = False
    no_way: bool = False
    #: Nothing can be written any more, and what is on its way is listened for.
    hears_out: bool = False
    about_us: int = 0
    #: The next hop took the last message that it said anything about us to.
    trusted: bool = False
    answered: int = 0
    began: float = field(default_factory=stopwatch)
    #: How often a line broke before somebody's message was offered.
    returned: Counter[int] = field(default_factory=Counter)

    def run(self) -> bool:
        """Returns whether it came to its end by itself and got anywhere, so that another round may follow."""
        lines = self.work.sender.open()
        try:
            while not self._is_over():
                events = lines.turn(self._patience())
                self._hear(events)
                if not (events and self._may_be_joined):
                    self._go_on()
        except Exception:
            self._hear_out(lines)
            raise
        finally:
            lines.close()
            self._give_back()
        return self.answered > 0 and not self.no_way and not self._stopping

    def _hear_out(self, lines: Lines) -> None:
        """Nothing can be written: nothing more goes, and what was on its way is listened for, so that whoever can write
        later knows of it."""
        if self.work.late is None:
            return
        self.hears_out = True
        until = stopwatch() + _HEARING_OUT_SECONDS
        try:
            while self._in_flight and stopwatch() < until:
                self._drop_asked()
                self._hear(lines.turn(_TURN_SECONDS))
        finally:
            self.work.late(self.settled)

    def _drop_asked(self) -> None:
        """The octets that were asked for do not go."""
        for line in self.asked:
            line.drop()
        self.asked.clear()

    @property
    def _stopping(self) -> bool:
        return self.work.stop.asked or self.about_us >= ABOUT_US_IN_A_ROW

    @property
    def _in_flight(self) -> int:
        return sum(len(letters) for letters in self.on_lines.values())

    def _is_over(self) -> bool:
        if self.settled or self._in_flight:
            return False
        return self.no_way or self._stopping or (self.dry and not self.stock)

    @property
    def _may_be_joined(self) -> bool:
        """Whether all there is to do is to write down what was answered, and the lines on which it was are about to
        ask for their next octets: then one commit is enough for both, and none of these octets goes before it."""
        return bool(self.settled) and not self.asked and not self.idle and self._in_flight > 0 and not self._stopping

    def _patience(self) -> float:
        if self.settled:
            return _JOINING_SECONDS
        if self.idle and self.stock and self._is_allowed:
            return min(_TURN_SECONDS, self.work.pacer.seconds_to_wait(stopwatch()))
        return _TURN_SECONDS

    # Hearing -------------------------------------------------------------------------------------------------------

    def _hear(self, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case Answered(line, outcome):
                    self._settle(self.on_lines[line].popleft(), outcome)
                case Asked(line):
                    self.asked[line] = None
                case Ready(line):
                    self.on_lines.setdefault(line, deque())
                    self.idle[line] = None
                case Ended(line, why):
                    for where in (self.on_lines, self.idle, self.asked):
                        where.pop(line, None)
                    if why:
                        self.troubles[say("Delivering broke off: {why}", why=why)] = None
                case NoWay(why):
                    self.troubles[why] = None
                    self.no_way = True

    def _settle(self, letter: Letter, outcome: Outcome) -> None:
        delivery = letter.delivery
        if isinstance(outcome, NotOffered):
            # One whose turn breaks a line again and again does not keep the others waiting.
            self.returned[delivery.subscriber] += 1
            if self.returned[delivery.subscriber] > _PATIENCE_WITH_ONE:
                outcome = NotOffered(why=outcome.why, over_it=True)
            self.dry = False
        else:
            self.answered += 1
            if not self.hears_out:
                # Whoever looks on may look into the very database that is gone.
                self.work.watch.step()
        self.settled.append((delivery, outcome))
        if isinstance(outcome, Accepted):
            self.about_us, self.trusted = 0, True
        elif isinstance(outcome, Deferred) and outcome.reply.code >= 500:
            # Whatever is refused for good and yet tried again is about us.
            self.about_us, self.trusted = self.about_us + 1, False
            if self.about_us == ABOUT_US_IN_A_ROW:
                self.troubles[_refused_us(outcome.reply)] = None

    # Writing down and going on -------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        if self._stopping:
            self._drop_asked()
        asked = list(self.asked)
        letters = [self.on_lines[line][0] for line in asked]
        if self.stock.is_made_beside and not self._stopping:
            self._make_ahead()
        for line in asked:
            # Before the commit, so that the octets go in the instant after it: whoever is killed between the two
            # leaves somebody in doubt who was not offered anything.
            self._give(line)
        granted = self._write_down(letters)
        self.asked.clear()
        for line, letter in zip(asked, letters, strict=True):
            if letter.delivery.subscriber in granted.gone:
                line.drop()
            else:
                self._give(line)
                line.release()
        for line in list(self.idle):
            if self._give(line):
                del self.idle[line]
        if (self.stock.is_made_beside or len(letters) < _MANY) and not self._stopping:
            self._make_ahead()

    def _write_down(self, letters: Sequence[Letter]) -> Granted:
        """The turn's one transaction; none if there is nothing to write. `letters` are offered next."""
        now = stopwatch()
        old = [each.delivery for each in letters if now - each.read_at > _CONSENT_SECONDS]
        fresh = [each.delivery for each in letters if now - each.read_at <= _CONSENT_SECONDS]
        turn = Turn(settled=self.settled, offering=fresh, asking_again=old, wanted=self._wanted(now))
        if not (turn.settled or letters or turn.wanted):
            return Granted()
        is_slow = self.stock.has_unmade and len(letters) >= _MANY and not self.stock.is_made_beside
        ahead = self._make_ahead if is_slow else None
        self.settled = []
        try:
            granted = self.work.journal.turn(self.work.issue, turn, at=self.work.clock(), meanwhile=ahead)
        except StoreError:
            self.settled = [*turn.settled, *self.settled]
            raise
        self.stock.add(granted.claimed, read_at=now)
        self.dry = not granted.gone and (self.dry or len(granted.claimed) < turn.wanted)
        return granted

    def _wanted(self, now: float) -> int:
        """How many deliveries to claim: none while there are enough at hand for each line."""
        if self.dry or self._stopping or self.no_way or self._ahead <= len(self.stock):
            return 0
        rate = self.answered / max(now - self.began, 0.1)
        return max(self._ahead, min(int(rate * _LEASE_SECONDS), _LONGEST_LEASE)) - len(self.stock)

    @property
    def _ahead(self) -> int:
        """How many messages are made ahead: one for each line; another where that takes its time."""
        return len(self.on_lines) * (2 if self.stock.is_made_beside else 1)

    def _give(self, line: Line) -> bool:
        """Put the next message on a line. False: there is none, or it must wait, or the line has no room."""
        now = stopwatch()
        if not (self.stock and line.has_room and self._may_give(now)):
            return False
        letter = self._next_letter()
        if letter is None:
            return False
        self.work.pacer.take_turn(now)
        self.on_lines[line].append(letter)
        line.give(letter.message)
        return True

    def _may_give(self, now: float) -> bool:
        """Not while it is not allowed, or too early."""
        return self._is_allowed and self.work.pacer.seconds_to_wait(now) <= 0

    @property
    def _is_allowed(self) -> bool:
        """Not while it stops; and until the next hop has taken a message, never more at once than would make too many
        refusals in a row. Once it has, speed counts: if it turns round in the middle of a run, what is on its way by
        the twentieth refusal (two messages a line) may be refused as well."""
        return not self._stopping and (self.trusted or self.about_us + self._in_flight < ABOUT_US_IN_A_ROW)

    def _make_ahead(self) -> None:
        """Messages for the lines: while the next hop is waited for, or the disk."""
        self.stock.make(self._ahead)

    def _next_letter(self) -> Letter | None:
        """The next message. None: none could be made of what is at hand."""
        while isinstance(found := self.stock.next(), Unmade):
            why = say(
                "5.6.0 no message could be made for this address ({kind}: {error})",
                kind=type(found.error).__name__,
                error=borrowed(found.error),
            )
            self.settled.append((found.delivery, Refused(reply=Reply(code=550, text=why))))
        return found

    def _give_back(self) -> None:
        """What was claimed and never went on its way."""
        waiting = self.stock.emptied()
        if waiting:
            self.work.journal.give_back(self.work.issue, waiting)


def _refused_us(reply: Reply) -> str:
    return say(
        "The mail server refused us {count} times in a row, so delivering stopped; nobody was "
        "taken off the list. It said: {code} {text}",
        count=ABOUT_US_IN_A_ROW,
        code=reply.code,
        text=reply.text,
    )
