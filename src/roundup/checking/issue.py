"""The sources, read afresh and not written down, and the issue due next, made of them as a run would make it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from roundup import messages, pipeline
from roundup.checking import Area, Finding, Looked
from roundup.checking.catalogue import finding
from roundup.checking.sample import sample_issue
from roundup.errors import HeldError, SettingsError, TemplateError
from roundup.memory import SourceState
from roundup.messages import Addressee
from roundup.model import Issue, IssueKey, RenderedIssue
from roundup.newsroom import Newsroom
from roundup.pipeline import Gathering
from roundup.rendering.lint import Severity
from roundup.scheduling import Schedule
from roundup.store import Ledgers
from roundup.upcoming import as_stored, due_next, gathered
from roundup.words import mark, say

#: How many faults of one source are told.
_TOLD = 3


@dataclass
class Sight:
    """What was seen of the issue due next."""

    looked: list[Looked] = field(default_factory=list)
    #: None: it could not be rendered.
    rendered: RenderedIssue | None = None
    #: It is the sample, for there is nothing new.
    is_sample: bool = False


def look(newsroom: Newsroom, ledgers: Ledgers, *, schedule: Schedule, now: datetime, reads: bool) -> Sight:
    """Read the sources, make the issue, and lint it. `reads`: the sources may be read; else the sample is made."""
    sight = Sight()
    try:
        due = due_next(ledgers, schedule, now)
    except SettingsError as error:
        sight.looked.append(Looked(area=Area.CALENDAR, findings=[finding("calendar-never", str(error))]))
        _draw(sight, newsroom, sample_issue(now, newsroom.zone, newsroom.masthead.website), is_sample=True)
        return sight
    key = IssueKey(day=due.day)
    if waiting := [*_on_hold(ledgers, key, now)]:
        sight.looked.append(Looked(area=Area.ISSUE, findings=waiting))
    gathering = gathered(newsroom, ledgers, key, due=due, now=now, main=schedule) if reads else None
    if gathering is not None:
        names = [shelf.record.name for shelf in gathering.shelves]
        sight.looked.append(Looked(area=Area.SOURCES, findings=[*_sources(gathering)], seen=names))
    stored = as_stored(newsroom, ledgers, key)
    if stored is not None and stored.rendered is not None:
        sight.rendered = stored.rendered
        sight.looked.append(Looked(area=Area.ISSUE, seen=[say("{key}, as it is stored", key=key)]))
        return sight
    issue, held = _chosen(newsroom, gathering, key, due.instant)
    sight.looked += held
    sample = sample_issue(due.instant, newsroom.zone, newsroom.masthead.website)
    is_sample = issue is None or not issue.pieces
    _draw(sight, newsroom, sample if issue is None or not issue.pieces else issue, is_sample=is_sample)
    return sight


_HELD = mark(
    "The issue of {key} is on hold, and is not mailed before you decide. {why} `roundup issues release {key}` lets it "
    "go, `roundup issues skip {key}` leaves it out."
)
_FIRMLY_HELD = mark("The issue of {key} is on hold, and nothing is mailed before you decide. {why}")


def _on_hold(ledgers: Ledgers, key: IssueKey, now: datetime) -> Iterator[Finding]:
    """What waits for a person: the issue due next and later ones of any edition, and what is half delivered. What was
    on hold when its time went by is missed, and held no more, unless the hold is firm."""
    waiting = [each for each in ledgers.archive.on_hold() if each.firm or each.key == key or each.instant > now]
    for record in (*ledgers.archive.unfinished(), *waiting):
        if record.hold:
            # What is firmly held says itself what may be done.
            said = _FIRMLY_HELD if record.firm else _HELD
            yield finding("issue-on-hold", say(said, key=record.key, why=record.hold))


def _chosen(
    newsroom: Newsroom, gathering: Gathering | None, key: IssueKey, instant: datetime
) -> tuple[Issue | None, list[Looked]]:
    if gathering is None:
        return None, []
    try:
        issue = pipeline.choose(newsroom, gathering, key=key, instant=instant)
    except HeldError as error:
        usable = any(shelf.is_usable(gathering.last_frozen) for shelf in gathering.shelves)
        name, area = ("issue-held", Area.ISSUE) if usable else ("sources-none", Area.SOURCES)
        return None, [Looked(area=area, findings=[finding(name, _told(error, gathering, usable=usable))])]
    if issue.pieces:
        return issue, []
    nothing = finding(
        "nothing-new",
        say("There is nothing new yet for the issue of {key}, so a sample was rendered in its place.", key=key),
    )
    return issue, [Looked(area=Area.ISSUE, findings=[nothing])]


def _told(error: HeldError, gathering: Gathering, *, usable: bool) -> str:
    """Why an issue cannot be made. What is wrong with each source stands among the findings already."""
    if usable:
        return str(error)
    names = (f"{shelf.record.name} ({say(shelf.record.state.value)})" for shelf in gathering.shelves)
    return say(
        "No source could be used, so no issue can be made: {names}; mend one, or `roundup sources accept` it.",
        names=", ".join(names),
    )


def _sources(gathering: Gathering) -> Iterator[Finding]:
    for shelf in gathering.shelves:
        record = shelf.record
        if record.trouble and record.state is not SourceState.MUTED:
            yield finding("source-trouble", f"{record.name}: {record.trouble}")
        for defect in shelf.defects[:_TOLD]:
            yield finding("source-defects", f"{record.name}: {defect.where}: {defect.what}")
        if len(shelf.defects) > _TOLD:
            yield finding(
                "source-defects",
                say("{name}: there are more like these; `roundup sources list` has them all.", name=record.name),
            )


def _draw(sight: Sight, newsroom: Newsroom, issue: Issue, *, is_sample: bool) -> None:
    """Render an issue as a run would, and lint it; of a sample only the templates count."""
    try:
        drafted = pipeline.draft(newsroom, issue)
    except TemplateError as error:
        sight.looked.append(Looked(area=Area.TEMPLATES, findings=[finding("template", str(error))]))
        return
    except HeldError as error:
        sight.looked.append(Looked(area=Area.ISSUE, findings=[finding("issue-held", str(error))]))
        return
    sight.rendered, sight.is_sample = drafted.rendered, is_sample
    found = [
        finding("issue-lint" if each.severity is Severity.ERROR else "issue-warning", each.what)
        for each in drafted.findings
    ]
    seen: Sequence[str] = [] if is_sample else [f"{issue.key}, “{issue.subject}”"]
    sight.looked += [Looked(area=Area.TEMPLATES), Looked(area=Area.ISSUE, findings=found, seen=seen)]


def octets(rendered: RenderedIssue | None, newsroom: Newsroom, now: datetime) -> int:
    """How large its messages are; 0: unknown."""
    if rendered is None:
        return 0
    stationery = messages.stationery(rendered, newsroom.letterhead, newsroom.secret)
    # A name and an address as long as they come.
    whoever = Addressee(email=f"{'a' * 64}@{'b' * 60}.example", name="c" * 150, key=bytes(8))
    return len(stationery.message(whoever, date=now).content)
