"""The program on one page: gather · prepare · freeze · deliver.

    gather    read the sources; what was seen and its counts is remembered by `memory.record`
    prepare   rank, choose, render; changes nothing
    freeze    one transaction: the issue, its rendering, every delivery
    deliver   offer what is planned and not yet answered; safe to run again

The daily job is all four. A preview or dry run is the first two, in memory: it writes nothing.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from roundup import memory, messages, ranking, selecting
from roundup.archive import Archive, Frozen
from roundup.errors import HeldError
from roundup.explanation import explanation
from roundup.gathering import Source
from roundup.gathering.withdrawals import missing
from roundup.identity import identities
from roundup.memory import Memory, RememberedPiece, Shelf, SourceRecord, SourceState
from roundup.messages import Letterhead
from roundup.model import Issue, IssueId, IssueKey, Published, Reading, RenderedIssue
from roundup.ranking import Ranking
from roundup.rendering import Masthead, Renderer
from roundup.rendering.lint import Severity, lint
from roundup.selecting import Past, Selecting, Selection, select, young_enough
from roundup.tokens import Secret

_READ_AT_ONCE = 8
#: How many pages of vanished pieces one source is asked about in one gathering.
_PAGES_ASKED = 10


class Watch(Protocol):
    """Somebody who looks on while work is done."""

    def begin(self, what: str, total: int) -> None:
        """Work of `total` steps begins."""
        ...

    def step(self) -> None:
        """One step is done. Called from any thread."""
        ...

    def end(self) -> None:
        """The work is done, or was stopped."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """What an issue is made with."""

    sources: Sequence[Source]
    renderer: Renderer
    masthead: Masthead
    letterhead: Letterhead
    secret: Secret
    ranking: Ranking
    selection: Selection
    zone: ZoneInfo
    #: The file that holds the editor's word on an issue; None: there is none.
    word_file: Callable[[IssueKey], str | None] = lambda _key: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """The sources after a reading, and what earlier issues did."""

    shelves: tuple[Shelf, ...]
    past: Past
    #: When the last sent issue was frozen; None: none was sent.
    last_frozen: datetime | None
    at: datetime
    #: What waited for an issue in sources that are no longer in the settings, renamed ones among them.
    stranded: tuple[RememberedPiece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An issue ready to be frozen."""

    issue: Issue
    rendered: RenderedIssue
    fingerprint: str
    #: `explain.json`.
    explanation: dict[str, Any]
    #: What an editor should know though it holds nothing up.
    warnings: tuple[str, ...]


def gather(newsroom: Newsroom, *, remembered: Memory, archive: Archive, instant: datetime, now: datetime) -> Gathering:
    """Read every source and join what is remembered. Writes nothing: `remembered.record` does.

    `instant` is that of the issue due next, against which new pieces are judged young enough or not.
    """
    last = archive.last_sent()
    past = Past(last_sent=last.instant if last else None, carried=archive.carried())
    records = remembered.sources()
    known = {source.name: remembered.pieces(source.name) for source in newsroom.sources}
    moment = memory.Moment(
        now=now,
        last_sent=past.last_sent,
        last_frozen=last.frozen_at if last else None,
        zone=newsroom.zone,
        known=past.carried.union(
            *(identities(each.piece, each.published, newsroom.zone) for pieces in known.values() for each in pieces)
        ),
    )

    def young(published: Published) -> bool:
        return young_enough(published, instant=instant, last_sent=past.last_sent, max_age=newsroom.selection.max_age)

    def shelve(source: Source) -> Shelf:
        record = records.get(source.name) or SourceRecord(name=source.name)
        reading = Reading(source=source.name) if record.muted else source.read(record.bookmark)
        shelf = memory.join(reading, record=record, remembered=known[source.name], moment=moment, young=young)
        return _withdrawn(source, shelf, reading, past=past, zone=newsroom.zone)

    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        shelves = tuple(pool.map(shelve, newsroom.sources))
    stranded = tuple(
        each
        for name in sorted(records.keys() - known.keys())
        for each in remembered.pieces(name)
        if _waits(each, past, newsroom.zone) and (moment.last_frozen is None or each.first_seen >= moment.last_frozen)
    )
    return Gathering(shelves=shelves, past=past, last_frozen=moment.last_frozen, at=now, stranded=stranded)


def _withdrawn(source: Source, shelf: Shelf, reading: Reading, *, past: Past, zone: ZoneInfo) -> Shelf:
    """The shelf with what its source has taken back marked so (plan §2.4)."""
    if shelf.record.state is not SourceState.OK or reading.unchanged:
        return shelf
    waiting = [each for each in shelf.pieces if not each.listed and _waits(each, past, zone)]
    gone, ask = missing([replace(each.piece, published=each.published) for each in waiting], reading)
    asked = {
        each.piece.id for each in waiting if each.piece.link in ask[:_PAGES_ASKED] and source.is_gone(each.piece.link)
    }
    taken_back = {each.ref for each in waiting if each.piece.id in gone | asked}
    pieces = tuple(replace(each, withdrawn=True) if each.ref in taken_back else each for each in shelf.pieces)
    return replace(shelf, pieces=pieces)


def _waits(each: RememberedPiece, past: Past, zone: ZoneInfo) -> bool:
    """Whether a piece could still go into an issue."""
    if not each.young or each.withdrawn:
        return False
    return past.carried.isdisjoint(identities(each.piece, each.published, zone))


def choose(newsroom: Newsroom, gathering: Gathering, *, key: IssueKey, instant: datetime) -> Issue:
    """Rank and select. Raises `HeldError` if no source is usable, or if there is a word on it that cannot be heard."""
    word = newsroom.word_file(key)
    if word is not None:
        raise HeldError(f"{word}: the editor's word on an issue is not supported yet. Take the file away to go on.")
    usable = [shelf for shelf in gathering.shelves if shelf.is_usable(gathering.last_frozen)]
    if not usable:
        muted = [f"{shelf.record.name} (muted)" for shelf in gathering.shelves if shelf.record.muted]
        why = "\n".join((*muted, *warnings(gathering)))
        raise HeldError(f"No source could be used, so there is nothing to make an issue of:\n{why}")
    candidates = {
        each.ref: each
        for shelf in gathering.shelves
        if shelf.record.state is not SourceState.MUTED
        for each in shelf.pieces
        if _is_candidate(each, gathering, newsroom.zone)
    } | {each.ref: each for each in gathering.stranded}
    ranked = ranking.rank(
        ((each.piece, each.published) for each in candidates.values()), ranking=newsroom.ranking, instant=instant
    )
    by = Selecting(
        key=key,
        instant=instant,
        zone=newsroom.zone,
        selection=newsroom.selection,
        past=gathering.past,
        gone_sources=frozenset(each.piece.source for each in gathering.stranded),
    )
    return select(ranked, remembered=candidates, by=by)


def _is_candidate(each: RememberedPiece, gathering: Gathering, zone: ZoneInfo) -> bool:
    """Whether an issue has to account for a piece: it is listed, it waits for an issue, or it was taken back since
    the last one."""
    recent = gathering.last_frozen is None or each.first_seen >= gathering.last_frozen
    return each.listed or _waits(each, gathering.past, zone) or (each.withdrawn and recent)


def prepare(newsroom: Newsroom, gathering: Gathering, issue: Issue) -> Prepared:
    """Render a chosen issue. Raises `HeldError` if it must not be mailed as it is."""
    fitted = newsroom.renderer.render(issue, nonce=newsroom.secret.nonce(issue.key))
    findings = lint(fitted.rendered, issue=fitted.issue, masthead=newsroom.masthead)
    errors = [finding.what for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise HeldError("The issue must not be mailed as it is:\n" + "\n".join(errors))
    fingerprint = messages.fingerprint(fitted.rendered, newsroom.letterhead)
    return Prepared(
        issue=fitted.issue,
        rendered=fitted.rendered,
        fingerprint=fingerprint,
        explanation=explained(newsroom, gathering, fitted.issue, fingerprint=fingerprint),
        warnings=(*warnings(gathering), *fitted.notes, *(finding.what for finding in findings)),
    )


def explained(newsroom: Newsroom, gathering: Gathering, issue: Issue, *, fingerprint: str) -> dict[str, Any]:
    """`explain.json` of an issue."""
    return explanation(
        issue, order=newsroom.ranking.order, fingerprint=fingerprint, shelves=gathering.shelves, zone=newsroom.zone
    )


def warnings(gathering: Gathering) -> tuple[str, ...]:
    """What is wrong with the sources, a sentence each."""
    told: list[str] = []
    for shelf in gathering.shelves:
        record = shelf.record
        if record.trouble:
            last = " Its last good pieces are used." if record.read_well_at and shelf.pieces else ""
            told.append(f"{record.name} ({record.state}): {record.trouble}{last}")
        told.extend(f"{defect.source}: {defect.where}: {defect.what}" for defect in shelf.defects)
    return tuple(told)


def freeze(newsroom: Newsroom, prepared: Prepared, *, archive: Archive, at: datetime) -> IssueId:
    """Write down what will be offered and to whom, before the first message goes."""
    return archive.freeze(
        Frozen(
            issue=prepared.issue,
            rendered=prepared.rendered,
            fingerprint=prepared.fingerprint,
            explanation=json.dumps(prepared.explanation, ensure_ascii=False),
            carries=selecting.carries(prepared.issue, newsroom.zone),
            at=at,
        )
    )
