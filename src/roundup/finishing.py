"""A frozen issue on its way to its end: recover what a dead run left, deliver, close, and tell."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from roundup import messages
from roundup.archive import IssueRecord, IssueState, StoredIssue, Told
from roundup.awaiting import await_workers
from roundup.clock import stopwatch
from roundup.delivering import Delivering, deliver, settle_doubts
from roundup.journal import InDoubt, Journal, Tally
from roundup.model import DeliveryState, IssueId
from roundup.office import Office
from roundup.reports import RunReport, RunState, SourceRead
from roundup.scheduling import Due
from roundup.sending.pacing import Pacer
from roundup.store import Ledgers
from roundup.words import figures, say, say_many

#: States in which somebody has an issue, or may have it.
_HAD = (DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED, DeliveryState.UNKNOWN)


def finish(office: Office, ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> RunReport:
    """Deliver what remains of a frozen issue, and close it when nothing does. The caller holds the lock."""
    stored = ledgers.archive.stored(record.key)
    if stored is None or record.hold:
        return _held(ledgers, record, now=now)
    if not ledgers.batches.are_queued:
        ledgers.journal.recover(record.id, at=office.clock())
    before = ledgers.journal.tally(record.id)
    began = stopwatch()
    office.watch.begin("Delivering", before.unfinished)
    try:
        if ledgers.batches.are_queued:
            troubles = await_workers(office, ledgers, record)
        else:
            troubles = deliver(delivering(office, ledgers.journal, stored, Pacer(office.rate)))
    finally:
        office.watch.end()
    seconds = stopwatch() - began
    tally = ledgers.journal.tally(record.id)
    state = _state_of(tally)
    if not tally.unfinished:
        # What was held firmly while its last messages were answered is about the issues after it, too: it waits.
        ledgers.archive.close(record.id, _end_of(tally), at=now, but_firm=True)
    after = ledgers.archive.find(record.key)
    if after is not None and after.hold and (state is RunState.UNFINISHED or not tally.unfinished):
        return replace(told(ledgers, record, RunState.HELD), because=after.hold, warnings=troubles)
    # Who was in doubt before may be offered theirs again.
    answered = before.unanswered - tally.unanswered
    return replace(
        told(ledgers, record, state),
        warnings=troubles,
        offered=answered,
        is_stuck=state is RunState.UNFINISHED and bool(troubles) and not answered,
        delivery_seconds=seconds,
    )


def _held(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> RunReport:
    """It waits for a person, and that is told once."""
    unchanged = (record.told, record.because) == (RunState.HELD, record.hold)
    if not unchanged:
        held = Told(state=RunState.HELD, because=record.hold, issue_state=None)
        ledgers.archive.tell(record.key, held, instant=record.instant, at=now)
    return replace(told(ledgers, record, RunState.HELD), because=record.hold, unchanged=unchanged)


def delivering(office: Office, journal: Journal, stored: StoredIssue, pacer: Pacer) -> Delivering:
    """All that delivering a frozen issue takes: whole, or what a batch's journal is about."""
    newsroom = office.newsroom
    return Delivering(
        issue=stored.record.id,
        since=_nothing_offered_before(stored.record, office.clock()),
        stationery=messages.stationery(stored.rendered, newsroom.letterhead, newsroom.secret),
        variants=[
            messages.stationery(each.rendered, newsroom.letterhead, newsroom.secret, variant=number)
            for number, each in enumerate(stored.variants, 1)
        ],
        journal=journal,
        sender=office.sender,
        pacer=pacer,
        in_doubt=office.in_doubt,
        referee=office.referee,
        clock=office.clock,
        watch=office.watch,
        stop=office.stop,
    )


def _nothing_offered_before(record: IssueRecord, now: datetime) -> datetime:
    """When an issue's first message may have gone out, at the earliest. An issue frozen in the future (`--at`) says
    nothing of it."""
    frozen = record.frozen_at or record.instant
    return frozen if frozen <= now else datetime.min.replace(tzinfo=UTC)


def is_stale(record: IssueRecord, due: Due | None) -> bool:
    """Whether an issue is past its time: its edition's next due time has come, and no person must decide first."""
    return due is not None and not record.firm and due.instant > record.instant and due.day != record.key.day


def will_give_back(ledgers: Ledgers, over: Due | None) -> frozenset[IssueId]:
    """The frozen issues that nobody has, nor may have, and that are stale once the calendar has come to `over`: their
    pieces are new again by then."""
    stale = (record for record in ledgers.archive.unfinished() if is_stale(record, over))
    return frozenset(record.id for record in stale if not may_be_had(ledgers.journal.tally(record.id)))


def may_be_had(tally: Tally) -> bool:
    """Whether somebody has an issue, or may have it, or is being offered it."""
    states = (*_HAD, DeliveryState.CLAIMED)
    return any(tally.deliveries.get(state, 0) for state in states)


def give_up(office: Office, ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> str:
    """Close a frozen issue that went stale, and say in a sentence who did not get it, if anybody. What a dead run left
    in doubt stays so, unless the relay's log knows: it is not offered again."""
    take_back(ledgers, record, now=now)
    stored = ledgers.archive.stored(record.key)
    if stored is not None and office.in_doubt is InDoubt.RECONCILE:
        settle_doubts(delivering(office, ledgers.journal, stored, Pacer(office.rate)), {})
    ledgers.journal.expire(record.id, at=now)
    tally = ledgers.journal.tally(record.id)
    ledgers.archive.close(record.id, _end_of(tally), at=now, but_firm=True)
    expired = tally.deliveries.get(DeliveryState.EXPIRED, 0)
    if not expired:
        # It waited for a person with nothing left to deliver, or its run died right before its end.
        return told(ledgers, record, _state_of(tally)).headline
    return say_many(
        "The issue of {key} ended unfinished: {expired} of {count} delivery expired. "
        "`roundup issues show {key} --failed` lists them.",
        "The issue of {key} ended unfinished: {expired} of {count} deliveries expired. "
        "`roundup issues show {key} --failed` lists them.",
        sum(tally.deliveries.values()),
        key=record.key,
        expired=figures(expired),
    )


def take_back(ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> None:
    """Take a frozen issue that is to be closed from whoever is at it. Workers know no run's lock: from here to its end
    none claims more of it."""
    ledgers.journal.recover(record.id, at=now, resting=say("This issue comes to its end here."))


def told(ledgers: Ledgers, record: IssueRecord, state: RunState) -> RunReport:
    """What is known of a frozen issue."""
    stored = ledgers.archive.stored(record.key)
    explained = stored.told if stored is not None else {"pieces": (), "left_out": ()}
    return replace(told_of(record, explained, state), tally=ledgers.journal.tally(record.id))


def told_of(record: IssueRecord, explained: Mapping[str, Any], state: RunState) -> RunReport:
    """What is known of an issue that is written down, whether or not anybody is to have it yet."""
    return RunReport(
        state=state,
        issue=record.key.day,
        edition=record.key.edition,
        fingerprint=record.fingerprint,
        subject=record.subject,
        pieces=len(explained["pieces"]),
        left_out=len(explained["left_out"]),
        # Older roundups wrote no kinds.
        omissions=Counter(each["kind"] for each in explained["left_out"] if "kind" in each),
        read=tuple(
            SourceRead(name=each["name"], state=each["state"], found=each["found"], new=each.get("new", 0))
            for each in explained.get("sources", ())
        ),
    )


def _state_of(tally: Tally) -> RunState:
    """How a delivery ended: a run that reached nobody, or whose sums do not add up, has failed."""
    if not tally.adds_up:
        return RunState.FAILED
    if tally.unfinished:
        return RunState.UNFINISHED
    return RunState.SENT if _end_of(tally) is IssueState.SENT else RunState.FAILED


def _end_of(tally: Tally) -> IssueState:
    """The end of an issue: sent, unless nobody can have it though somebody was to."""
    reached = sum(tally.deliveries.get(state, 0) for state in _HAD)
    left = tally.deliveries.get(DeliveryState.WITHDRAWN, 0)
    return IssueState.SENT if reached or left == sum(tally.deliveries.values()) else IssueState.FAILED
