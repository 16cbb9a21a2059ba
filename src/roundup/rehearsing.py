"""`run --dry-run`: what a run would do now, decided by the same words, and nothing written."""

from dataclasses import replace
from datetime import datetime

from roundup import pipeline
from roundup.archive import IssueRecord
from roundup.deciding import Deciding, in_the_way, not_expected
from roundup.errors import HeldError
from roundup.finishing import is_stale, told
from roundup.following import would_reach
from roundup.journal import Tally
from roundup.model import MAIN_EDITION
from roundup.office import Office, Orders
from roundup.proposing import current, is_approved
from roundup.reports import RunReport, RunState
from roundup.scheduling import Due
from roundup.store import Ledgers
from roundup.upcoming import Upcoming, due_next, look_at
from roundup.words import say, say_many


def dry_run(office: Office, ledgers: Ledgers, orders: Orders, *, now: datetime) -> RunReport:
    """What a run would do now. Raises `HeldError`, `SettingsError`.

    It says so in `because`, and shows the issue that it is about: the one that would go out, or else the one due next.
    """
    asks = office.approval is not None
    deciding = Deciding(schedule=office.schedule, ledgers=ledgers, orders=orders, now=now, asks=asks)
    begun = [record for record in ledgers.archive.unfinished() if not is_stale(record, deciding.over())]
    due = deciding.due()
    if begun and not (orders.now and due is not None and begun[-1].key.day != due.day):
        state = RunState.HELD if begun[-1].hold else RunState.DRY_RUN
        because = begun[-1].hold or say("It is frozen already; a run goes on with its deliveries.")
        return replace(told(ledgers, begun[-1], state), because=because)
    proposed = [each for each in ledgers.proposals.waiting() if each.key.edition == MAIN_EDITION]
    if asks and proposed and not is_stale(proposed[-1], deciding.over()):
        return _proposed(office, ledgers, orders, proposed[-1], now=now)
    waits = deciding.no_issue_yet(due) if due is not None else deciding.not_due()
    undecided = None if waits is None else deciding.or_undecided(waits)
    if undecided is not None:
        return deciding.waiting(undecided, undecided.hold)
    if waits is None and due is not None:
        return _shown(office, ledgers, orders, due=due, now=now)
    if waits is not None and waits.state is RunState.HELD:
        return waits
    report = _shown(office, ledgers, orders, due=due_next(ledgers, office.schedule, now), now=now)
    return replace(report, because=f"{_now(waits)} {report.because}".strip(), next_due=None)


def _proposed(office: Office, ledgers: Ledgers, orders: Orders, record: IssueRecord, *, now: datetime) -> RunReport:
    """What a run would do with an issue that waits for its editor."""
    because = record.hold or in_the_way(ledgers)
    if because:
        return RunReport(state=RunState.HELD, issue=record.key.day, because=because)
    report = _shown(office, ledgers, orders, due=Due(instant=record.instant, day=record.key.day), now=now)
    return replace(report, because=_what_becomes_of(office, ledgers, record, now=now))


def _what_becomes_of(office: Office, ledgers: Ledgers, record: IssueRecord, *, now: datetime) -> str:
    proposal, rule = current(office.newsroom, ledgers, record.key), office.approval
    if proposal is None or rule is None:
        return say("It was edited, so a run would make it anew and ask for approval again.")
    if is_approved(proposal):
        if now < record.instant:
            return say("It is approved, and goes out as it is stored once it is due.")
        return say("It is approved: a run now would send it as it is stored.")
    if not rule.is_over(proposal, now):
        return say("It waits for approval: a run now would send nothing.")
    if rule.sends:
        return say("Nobody has approved it in time: a run now would send it as it is stored.")
    return say("Nobody has approved it in time: a run now would drop it.")


def _now(waits: RunReport | None) -> str:
    """What a run would say now instead of sending."""
    if waits is None or waits.state is RunState.NOT_DUE:
        return say("It is not due yet: a run now would send nothing.")
    return say("A run now would send nothing but say: {headline}", headline=waits.headline)


def _shown(office: Office, ledgers: Ledgers, orders: Orders, *, due: Due, now: datetime) -> RunReport:
    seen = look_at(office.newsroom, ledgers, schedule=office.schedule, due=due, now=now)
    if orders.expect and seen.fingerprint != orders.expect:
        raise HeldError(not_expected(seen.fingerprint))
    audience = pipeline.audience_of(seen.variants, cadence=pipeline.cadence_of(seen.key))
    hashed = office.newsroom.secret.forgotten
    tally = would_reach(office.list_file(), ledgers.subscribers, audience, at=now, hashed=hashed)
    return RunReport(
        state=RunState.DRY_RUN,
        issue=due.day,
        because=_what_would_keep_it(seen, office.newsroom.selection.minimum, tally, asks=office.approval is not None),
        fingerprint=seen.fingerprint,
        subject=seen.explanation["subject"],
        pieces=len(seen.explanation["pieces"]),
        left_out=len(seen.explanation["left_out"]),
        tally=tally,
        warnings=seen.warnings,
    )


def _what_would_keep_it(seen: Upcoming, minimum: int, tally: Tally, *, asks: bool) -> str:
    """Why the issue would not go out as things stand; empty if it would."""
    found = len(seen.explanation["pieces"])
    if not found:
        return say("There is nothing new, so no mail would go out.")
    if found < minimum:
        return say_many(
            "{count} new, and [selection] minimum is {minimum}: it would wait.",
            "{count} new, and [selection] minimum is {minimum}: they would wait.",
            found,
            minimum=minimum,
        )
    if not tally.unfinished:
        return say("Nobody on the list would get it, so it would be held.")
    return say("It would wait for approval.") if asks else ""
