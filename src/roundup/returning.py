"""Reading the mailbox that bounces, complaints and unsubscribe mail come back to.

Messages are read in small lots. What a lot changes, and that it was read, is one transaction; only then are those that
were ours put away. Nothing is answered, and nothing else is moved or marked. The one thing that is sent because of
returned mail is less mail.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from roundup import scheduling
from roundup.archive import PROPOSED, IssueState
from roundup.bounces import reports
from roundup.bounces.judging import holds
from roundup.bounces.reports import Boxes, Report
from roundup.bounces.return_path import read_return_path
from roundup.clock import stopwatch
from roundup.mailboxes import Mailbox, MailboxError, OpenMailbox
from roundup.model import IssueKey
from roundup.returned import Became, Came, Kind, Refusing, Taken
from roundup.scheduling import Schedule
from roundup.store import Ledgers
from roundup.tokens import Purpose, Secret
from roundup.words import figures, mark, say, say_many

#: So many messages are one transaction.
_LOT = 40
#: Names of what was read are remembered for so long. What is ours was put away long before.
_REMEMBERED = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """What reading the mailbox takes."""

    mailbox: Mailbox
    boxes: Boxes
    secret: Secret
    schedule: Schedule
    #: How long mail that was ours is kept.
    keep: timedelta
    #: Seconds for one reading; None: until all is read.
    budget: float | None = None


@dataclass(slots=True, kw_only=True)
class Collected:
    """What a reading found."""

    taken: list[Taken] = field(default_factory=list)
    #: A sentence each: why the reading ended early, and what a person must know.
    troubles: list[str] = field(default_factory=list)
    #: Something holds the next issue.
    warnings: list[str] = field(default_factory=list)

    def count(self) -> dict[str, int]:
        """How many messages became what, in the order of `Became`; without what there was none of."""
        counts = {what.value: sum(each.what is what for each in self.taken) for what in Became}
        return {what: count for what, count in counts.items() if count}

    def to_json(self) -> dict[str, Any]:
        """The object that `bounces --json` prints."""
        return {
            "read": self.count(),
            "messages": [
                {
                    "what": each.what.value,
                    "email": each.email,
                    "issue": str(each.issue) if each.issue else None,
                    "text": each.text,
                }
                for each in self.taken
                if each.what not in _NOT_LISTED
            ],
            "warnings": [*self.warnings, *self.troubles],
        }

    def lines(self) -> list[str]:
        """The same for an editor."""
        if not self.taken and not self.troubles:
            return [say("No new mail.")]
        lines = [f"{figures(count)} {say(_WORDS[Became(what)])}" for what, count in self.count().items()]
        return lines + [_line(each) for each in self.taken if each.what not in _NOT_LISTED]


def _line(taken: Taken) -> str:
    """What came of one message, and why."""
    about = f" ({taken.issue})" if taken.issue else ""
    text = f": {taken.text}" if taken.text else ""
    return f"  {taken.email or '?'}{about}: {say(_WORDS[taken.what])}{text}"


#: What a message became, in an editor's words.
_WORDS = {
    Became.GONE: mark("bounced: the address is no more"),
    Became.COUNTED: mark("bounced, and counted: the address may be well again"),
    Became.WORN_OUT: mark("bounced too often: taken for gone"),
    Became.ABOUT_US: mark("refused because of the newsletter, not of the reader"),
    Became.COMPLAINED: mark("complained: never mailed again"),
    Became.LEFT: mark("left by mail"),
    Became.NOTICED: mark("delayed, or answered by a machine: nothing follows"),
    Became.NOBODY: mark("about nobody whom it could change"),
    Became.NOT_OURS: mark("not ours: left where it is"),
    Became.AGAIN: mark("read before"),
}
_NOT_LISTED = (Became.NOT_OURS, Became.NOTICED, Became.AGAIN)


def read_mailbox(returning: Returning, ledgers: Ledgers, *, at: datetime) -> Collected:
    """Read what is new, once. A mailbox that fails is a trouble, not an error: what was read until then stays read.
    Raises `StoreError`."""
    collected = Collected()
    try:
        with returning.mailbox.open() as opened:
            _read(returning, opened, ledgers, collected, at=at)
            opened.clear(at - returning.keep)
    except MailboxError as error:
        collected.troubles.append(str(error))
    ledgers.returned.prune(at - _REMEMBERED)
    collected.warnings += _hold_if_refused(returning.schedule, ledgers, at)
    return collected


def _read(returning: Returning, opened: OpenMailbox, ledgers: Ledgers, collected: Collected, *, at: datetime) -> None:
    until = None if returning.budget is None else stopwatch() + returning.budget
    names = iter(opened.waiting())
    while lot := list(islice(names, _LOT)):
        known = ledgers.returned.known(lot)
        # Whoever was killed after the commit left these where they were.
        done = [name for name, ours in known.items() if ours]
        came = [
            came_from(name, octets, returning.boxes, returning.secret)
            for name in lot
            if name not in known and not _is_over(until) and (octets := opened.read(name)) is not None
        ]
        taken = ledgers.returned.take(came, at=at) if came else []
        collected.taken += taken
        done += [each.name for each, became in zip(came, taken, strict=True) if became.ours]
        if done:
            opened.put_away(done)
        if _is_over(until):
            collected.troubles.append(
                say("There may be more returned mail than one run reads; the next run, or `roundup bounces`, goes on.")
            )
            break


def _is_over(until: float | None) -> bool:
    return until is not None and stopwatch() > until


def came_from(name: str, octets: bytes, boxes: Boxes, secret: Secret) -> Came:
    """A message, with whom it speaks of, as far as its tokens prove that."""
    try:
        report = reports.read(octets, boxes)
    except Exception:  # noqa: BLE001 - one hostile message must not stop the reading of the others; it stays where it is
        report = Report(kind=Kind.OTHER)
    issue, key = _proved(report, secret)
    return Came(
        name=name,
        digest=hashlib.sha256(octets).digest(),
        kind=report.kind,
        key=key,
        issue=issue,
        sender=report.sender,
        believed=report.believed and not _is_from_a_test(report, secret),
        foreign_token=bool(report.leave_tokens) and key is None,
        status=report.status,
        text=report.text,
    )


def _proved(report: Report, secret: Secret) -> tuple[IssueKey | None, bytes | None]:
    """The issue and the subscriber's key. Unsubscribe mail is about whose leaving token it has: the return path that
    it may have come to says only whose mail was answered."""
    if report.kind is not Kind.UNSUBSCRIBE:
        for token in report.return_tokens:
            proved = read_return_path(token, secret)
            if proved is not None:
                return proved
    for token in report.leave_tokens:
        read = secret.read_token(token)
        if read is not None and read[1] is Purpose.LEAVE:
            return None, read[0]
    return None, None


def _is_from_a_test(report: Report, secret: Secret) -> bool:
    """Whether a test mail's token asks to leave: an editor who tries that out stays on the list."""
    read = [secret.read_token(token) for token in report.leave_tokens]
    return any(each is not None and each[1] is Purpose.TEST for each in read)


def _hold_if_refused(schedule: Schedule, ledgers: Ledgers, at: datetime) -> Sequence[str]:
    """Too many mail servers refuse us: what goes out next waits for a person (reliability §1.5, S16)."""
    refusing = [each for each in ledgers.returned.refusing() if holds(each)]
    return [said for each in refusing if (said := _hold(schedule, ledgers, each, at))]


def _hold(schedule: Schedule, ledgers: Ledgers, refusing: Refusing, at: datetime) -> str:
    """Hold whatever is on its way, or else what goes out next. Firmly: it is about whoever sends, so no day that ends,
    and no other edition, makes it another matter. What waits firmly already keeps its own reason."""
    waiting = [(each.key, each.instant) for each in ledgers.archive.unfinished() if not each.firm]
    held: list[IssueKey] = []
    while not held:
        # A run beside us may end one at this very moment: then the next one is held.
        waiting = waiting or [_next_out(schedule, ledgers, at)]
        held = [
            key
            for key, instant in waiting
            if ledgers.archive.hold(key, _why(refusing, key), instant=instant, at=at, firm=True)
        ]
        waiting = []
    ledgers.returned.told(refusing.id)
    return _why(refusing, held[0])


def _why(refusing: Refusing, key: IssueKey) -> str:
    return say_many(
        "{count} mail server refused the issue of {issue} because of the newsletter, not of the reader (5.7.x): look "
        "at your SPF, DKIM and DMARC and at your mail server's reputation. `roundup issues release {key}` lets it go.",
        "{count} mail servers refused the issue of {issue} because of the newsletter, not of the reader (5.7.x): look "
        "at your SPF, DKIM and DMARC and at your mail server's reputation. `roundup issues release {key}` lets it go.",
        refusing.reports,
        issue=refusing.key,
        key=key,
    )


def _next_out(schedule: Schedule, ledgers: Ledgers, at: datetime) -> tuple[IssueKey, datetime]:
    """The issue of the day that goes out next: the one that this very run would send, or else the next that waits for
    nothing yet. With an empty calendar that is today's, which `run --now` sends."""
    due, began = scheduling.latest_due(at, schedule), ledgers.memory.began()
    if due is None or began is None or due.instant < began or at - due.instant > schedule.max_lateness:
        due = scheduling.next_due(at, schedule)
    while due is not None:
        if _is_free(ledgers, due.day):
            return IssueKey(day=due.day), due.instant
        due = scheduling.next_due(max(at, due.instant), schedule)
    day = scheduling.day_of(at, schedule)
    while not _is_free(ledgers, day):
        day += timedelta(days=1)
    return IssueKey(day=day), scheduling.instant_of(day, schedule)


def _is_free(ledgers: Ledgers, day: date) -> bool:
    """Whether a day's issue has not begun, and does not wait firmly already."""
    record = ledgers.archive.find(IssueKey(day=day))
    return record is None or (record.state in (IssueState.OPEN, *PROPOSED) and not record.firm)
