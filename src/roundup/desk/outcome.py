"""What has become of an issue that is written down: how it went out, who has it, and why others have not."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from roundup.archive import IssueRecord, IssueState
from roundup.choosing import ref_of
from roundup.desk.sight import Delivered, Sight
from roundup.editors_copy import EditorsCopy
from roundup.errors import HeldError
from roundup.journal import Tally
from roundup.model import DeliveryState, Issue, IssueId, IssueKey, LeftOut, RenderedIssue
from roundup.store import Ledgers
from roundup.words import say

#: So many people who have not got an issue are looked at for their reasons, and so many reasons are told.
_MISSES, _REASONS = 5_000, 12
#: For how long what became of an issue is news.
_NEWS = timedelta(days=1)
_MISSED = (DeliveryState.REFUSED, DeliveryState.DEFERRED, DeliveryState.EXPIRED, DeliveryState.UNKNOWN)


def stored_sight(ledgers: Ledgers, key: IssueKey, *, copy: Callable[[RenderedIssue], EditorsCopy]) -> Sight:
    """An issue that is written down, and what has become of it. Raises `HeldError` if it is not."""
    stored = ledgers.archive.stored(key)
    if stored is None:
        raise HeldError(say("There is no issue of {key} that was sent.", key=key))
    return Sight(
        key=key, instant=stored.record.instant, rendered=stored.rendered, variants=stored.variants,
        copy=copy(stored.rendered), fingerprint=stored.record.fingerprint, explanation=stored.told,
        record=stored.record, delivered=_delivered(ledgers, stored.record),
    )  # fmt: skip


def delivered_last(ledgers: Ledgers, now: datetime) -> Delivered | None:
    """The issue that was last on its way, for a day after it was written down."""
    frozen = [each for each in ledgers.archive.all() if each.frozen_at is not None]
    last = max(frozen, key=lambda each: (each.frozen_at, each.id), default=None)
    if last is None or last.frozen_at is None or (last.frozen_at < now - _NEWS and last.state is not IssueState.FROZEN):
        return None
    return _delivered(ledgers, last)


def _delivered(ledgers: Ledgers, record: IssueRecord) -> Delivered:
    tally = ledgers.journal.tally(record.id)
    return Delivered(record=record, tally=tally, misses=_misses(ledgers, record.id, tally))


def _misses(ledgers: Ledgers, issue: IssueId, tally: Tally) -> tuple[tuple[str, int], ...]:
    """Why people have not got an issue, the commonest reason first."""
    if not any(tally.deliveries.get(state) for state in _MISSED):
        return ()
    reasons: Counter[str] = Counter()
    for miss, _ in zip(_decided(ledgers, issue), range(_MISSES), strict=False):
        reasons[miss] += 1
    return tuple(reasons.most_common(_REASONS))


def _decided(ledgers: Ledgers, issue: IssueId) -> Iterable[str]:
    for miss in ledgers.journal.missed(issue):
        if miss.state in _MISSED:
            said = " ".join(part for part in (str(miss.code or ""), miss.reply) if part)
            yield f"{say(miss.state.value)}: {said}" if said else say(miss.state.value)


def as_it_was(issue: Issue, told: Mapping[str, Any]) -> Issue:
    """An issue with the pieces that its stored rendering has, in their order; what has come since is left out."""
    known = {ref_of(each): each for each in (*(out.ranked for out in issue.left_out), *issue.pieces)}
    pieces = tuple(
        replace(known[ref], why=each["why"], pinned=each["pinned"], section=each.get("section", ""))
        for each in told["pieces"]
        if (ref := (each["source"], each["id"])) in known
    )
    shown = {ref_of(each) for each in pieces}
    since = say("came after this issue was stored")
    late = tuple(LeftOut(ranked=each, because=since) for each in issue.pieces if ref_of(each) not in shown)
    others = tuple(each for each in issue.left_out if ref_of(each.ranked) not in shown)
    return replace(
        issue, pieces=pieces, left_out=(*late, *others), subject=told["subject"], preheader=told["preheader"]
    )
