"""The program on one page: gather · prepare · freeze · deliver.

    gather    read the sources; what was seen and its counts is remembered by `memory.record`
    prepare   rank, choose, render; changes nothing
    freeze    one transaction: the issue, its rendering, every delivery
    deliver   offer what is planned and not yet answered; safe to run again

The daily job is all four; `shelving.py` has the first whole and `delivering.py` the last. A preview or dry run is the
first two, in memory: it writes nothing.
"""

import json
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from roundup import messages, ranking, selecting
from roundup.archive import Archive, Frozen
from roundup.audience import Audience, Sections, Variant
from roundup.errors import HeldError
from roundup.explanation import explanation
from roundup.memory import RememberedPiece, SourceState
from roundup.merging import merged
from roundup.model import WEEKLY_EDITION, Cadence, Issue, IssueId, IssueKey, RenderedIssue
from roundup.newsroom import Newsroom
from roundup.rendering.lint import Finding, Severity, lint
from roundup.selecting import Selecting, select
from roundup.shelving import Gathering, Occasion, gather, waits
from roundup.talking import talked_about
from roundup.variants import variants_of
from roundup.words import figures, say, spoken

#: How many defects of a source a run tells.
_DEFECTS_TOLD = 10

__all__ = [
    "Draft", "Gathering", "Occasion", "Prepared",
    "choose", "draft", "explained", "findings", "freeze", "gather", "passed", "prepare", "warnings",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue as it was rendered, and what is wrong with it."""

    issue: Issue
    rendered: RenderedIssue
    findings: tuple[Finding, ...]
    #: What shortening it cost, as sentences.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An issue ready to be frozen."""

    issue: Issue
    rendered: RenderedIssue
    #: What readers of some sections have in its place.
    variants: tuple[Variant, ...]
    fingerprint: str
    #: `explain.json`.
    explanation: dict[str, Any]
    #: What an editor should know though it holds nothing up.
    warnings: tuple[str, ...]


def choose(newsroom: Newsroom, gathering: Gathering, *, key: IssueKey, instant: datetime) -> Issue:
    """Rank and select. Raises `HeldError` if no source is usable, or if there is a word on it that cannot be heard."""
    word = newsroom.word(key)
    usable = [shelf for shelf in gathering.shelves if shelf.is_usable(gathering.last_frozen)]
    if not usable:
        muted = [
            f"{shelf.record.name} ({say(shelf.record.state.value)})"
            for shelf in gathering.shelves
            if shelf.record.muted
        ]
        why = "\n".join((*muted, *warnings(gathering, newsroom.zone)))
        raise HeldError(say("No source could be used, so there is nothing to make an issue of:") + f"\n{why}")
    candidates = merged(
        (
            each
            for shelf in gathering.shelves
            if shelf.record.state is not SourceState.MUTED
            for each in shelf.pieces
            if _is_candidate(each, gathering, newsroom.zone)
        ),
        newsroom.zone,
    )
    remembered = {**{each.ref: each for each in gathering.stranded}, **candidates.pieces}
    ranked = ranking.rank(
        ((each.piece, each.published) for each in remembered.values()), ranking=newsroom.ranking, instant=instant
    )
    by = Selecting(
        key=key,
        instant=instant,
        zone=newsroom.zone,
        selection=newsroom.selection,
        past=gathering.past,
        twins=candidates.twins,
        word=word,
        patterns=newsroom.patterns,
        gone_sources=frozenset(each.piece.source for each in gathering.stranded),
    )
    issue = select(ranked, remembered=remembered, by=by)
    # What a newsletter never takes, or a person has silenced, is not named again either.
    known = (
        each
        for shelf in gathering.shelves
        if shelf.record.state is not SourceState.MUTED
        for each in shelf.pieces
        if newsroom.selection.rules.because(each.piece) is None
    )
    today = selecting.carries(issue, newsroom.zone)
    talked = talked_about(gathering.mentions, known, today=today, talk=newsroom.talk, zone=newsroom.zone)
    return replace(issue, talked_about=talked) if issue.pieces else issue


def _is_candidate(each: RememberedPiece, gathering: Gathering, zone: ZoneInfo) -> bool:
    """Whether an issue has to account for a piece: it is listed, it waits for an issue, or it was taken back since
    the last one."""
    if gathering.bounds.keep_out(each):
        return False
    recent = gathering.last_frozen is None or each.first_seen >= gathering.last_frozen
    return each.listed or waits(each, gathering.past, zone) or (each.withdrawn and recent)


def draft(newsroom: Newsroom, issue: Issue) -> Draft:
    """Render a chosen issue and look for faults, whatever they are. Raises `HeldError` if it cannot be rendered."""
    fitted = newsroom.renderer.render(issue, nonce=newsroom.secret.nonce(issue.key))
    found = findings(newsroom, fitted.rendered, fitted.issue)
    return Draft(issue=fitted.issue, rendered=fitted.rendered, findings=found, notes=fitted.notes)


def findings(newsroom: Newsroom, rendered: RenderedIssue, issue: Issue) -> tuple[Finding, ...]:
    """What is wrong with a rendering of an issue."""
    return lint(rendered, issue=issue, masthead=newsroom.masthead)


def prepare(newsroom: Newsroom, gathering: Gathering, issue: Issue, *, choices: Collection[Sections] = ()) -> Prepared:
    """Render a chosen issue, and what those have of it who made these choices. Raises `HeldError` if it must not be
    mailed as it is."""
    return passed(newsroom, gathering, draft(newsroom, issue), choices=choices)


def passed(newsroom: Newsroom, gathering: Gathering, drafted: Draft, *, choices: Collection[Sections] = ()) -> Prepared:
    """A draft that may be mailed, with its variants. Raises `HeldError` if it must not be mailed as it is."""
    errors = [finding.what for finding in drafted.findings if finding.severity is Severity.ERROR]
    if errors:
        raise HeldError(say("The issue must not be mailed as it is:") + "\n" + "\n".join(errors))
    variants = variants_of(newsroom, drafted.issue, choices)
    fingerprint = messages.fingerprint(drafted.rendered, newsroom.letterhead, variants)
    found = (finding.what for finding in drafted.findings)
    return Prepared(
        issue=drafted.issue,
        rendered=drafted.rendered,
        variants=variants,
        fingerprint=fingerprint,
        explanation=explained(newsroom, gathering, drafted.issue, fingerprint=fingerprint),
        warnings=(*warnings(gathering, newsroom.zone), *drafted.notes, *found),
    )


def explained(newsroom: Newsroom, gathering: Gathering, issue: Issue, *, fingerprint: str) -> dict[str, Any]:
    """`explain.json` of an issue."""
    return explanation(
        issue, order=newsroom.ranking.order, fingerprint=fingerprint, shelves=gathering.shelves, zone=newsroom.zone
    )


def warnings(gathering: Gathering, zone: tzinfo) -> tuple[str, ...]:
    """What is wrong with the sources, a sentence each. Times are told as of `zone`, and not as ages: a trouble that
    stays is one trouble, and told once."""
    told: list[str] = []
    for shelf in gathering.shelves:
        record = shelf.record
        if record.trouble:
            read = record.read_well_at
            told.append(f"{record.name} ({say(record.state.value)}): {record.trouble}")
            if read and shelf.pieces:
                when = spoken().moment(read.astimezone(zone))
                told[-1] += " " + say("Its last good pieces, of {when}, are used.", when=when)
        told.extend(f"{defect.source}: {defect.where}: {defect.what}" for defect in shelf.defects[:_DEFECTS_TOLD])
        more = len(shelf.defects) - _DEFECTS_TOLD
        if more > 0:
            told.append(
                say(
                    "{name}: {count} more like these; `roundup sources list {source}`.",
                    name=record.name,
                    count=figures(more),
                    source=shlex.quote(record.name),
                )
            )
    return tuple(told)


def audience_of(variants: Sequence[Variant], *, cadence: Cadence) -> Audience:
    """Whom an issue with these variants is for."""
    numbers = {choice: number for number, each in enumerate(variants, 1) for choice in each.choices}
    return Audience(cadence=cadence, variants=numbers)


def cadence_of(key: IssueKey) -> Cadence:
    """How often its readers want mail."""
    return Cadence.WEEKLY if key.edition == WEEKLY_EDITION else Cadence.DAILY


def freeze(newsroom: Newsroom, prepared: Prepared, *, archive: Archive, at: datetime) -> IssueId:
    """Write down what will be offered and to whom, before the first message goes."""
    return archive.freeze(frozen(newsroom, prepared, at=at))


def frozen(newsroom: Newsroom, prepared: Prepared, *, at: datetime) -> Frozen:
    """A prepared issue as it is written down."""
    return Frozen(
        issue=prepared.issue,
        rendered=prepared.rendered,
        fingerprint=prepared.fingerprint,
        explanation=json.dumps(prepared.explanation, ensure_ascii=False),
        carries=selecting.carries(prepared.issue, newsroom.zone),
        at=at,
        audience=audience_of(prepared.variants, cadence=cadence_of(prepared.issue.key)),
        variants=prepared.variants,
    )
