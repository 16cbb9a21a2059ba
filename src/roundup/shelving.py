"""The first verb of the pipeline: gather. Every source is read, and what is known of it is put on its shelf."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from roundup import clock
from roundup.archive import Archive
from roundup.choosing import MORE, Ref
from roundup.gathering import SOURCE_SECONDS, Counts, Source
from roundup.gathering.refusals import LONGEST_WAIT
from roundup.gathering.withdrawals import missing
from roundup.identity import normal_link
from roundup.joining import AHEAD, Moment, join, recounted, with_defects
from roundup.memory import Memory, RememberedPiece, Shelf, SourceRecord, SourceState
from roundup.model import MAIN_EDITION, IssueId, Reading
from roundup.newsroom import Newsroom
from roundup.picturing import pictured
from roundup.selecting import Past, young_enough
from roundup.talking import Mention, mentioned, talked_about
from roundup.words import figures, say, spoken

#: How long a gathering may take, in seconds, whatever the servers do: somebody waits for a preview, an issue is due.
#: Nine of ten feeds answer within two seconds, and the rest are read again within the hour.
GATHERING_SECONDS = 60.0

#: How many sources are waited for at once. Waiting costs little; documents are read by as many children as there are
#: cores, whoever waits.
_AT_ONCE = 64
#: How many pages of vanished pieces one source is asked about in one gathering.
_PAGES_ASKED = 10

#: Whether a piece could still go into an issue.
_Waiting = Callable[[RememberedPiece], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What keeps pieces out of a weekly edition that are new in it: it is about its own week."""

    #: Only what was published, or first seen, since then; None: whenever.
    published_since: datetime | None = None
    seen_since: datetime | None = None
    #: What the editor excluded from the issues of the week: sources with ids, and normal links.
    excluded: frozenset[Ref] = frozenset()
    excluded_links: frozenset[str] = frozenset()

    def keep_out(self, each: RememberedPiece) -> bool:
        """Whether a piece is kept out."""
        if each.ref in self.excluded:
            return True
        if not each.piece.link_is_shared and normal_link(each.piece.link) in self.excluded_links:
            return True
        if self.published_since is None or self.seen_since is None:
            return False
        return each.published.latest < self.published_since and each.first_seen <= self.seen_since


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """The sources after a reading, and what earlier issues did."""

    shelves: tuple[Shelf, ...]
    past: Past
    #: When the last sent issue was frozen; None: none was sent.
    last_frozen: datetime | None
    at: datetime
    #: What issues of the last days had, for what is still talked about.
    mentions: tuple[Mention, ...] = ()
    #: What else keeps pieces out of an issue of this edition.
    bounds: Bounds = field(default_factory=Bounds)
    #: What waited for an issue in sources that are no longer in the settings, renamed ones among them.
    stranded: tuple[RememberedPiece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What the sources are read for."""

    #: That of the issue due next: new pieces are judged young enough for it or not.
    instant: datetime
    now: datetime
    #: An issue is made of this reading, so that numbers of comments must be those of now: sources are read without
    #: validators, and their counters are asked.
    preparing: bool
    #: Issues whose pieces count as never carried.
    given_back: Collection[IssueId] = ()
    #: How long all of it may take, but for folders, which wait for nobody.
    seconds: float = GATHERING_SECONDS
    #: The edition that an issue is made of; what is new in it is its own.
    edition: str = MAIN_EDITION


class _Time:
    """The time of one source, within that of all."""

    def __init__(self, *, seconds: float, ends: float = math.inf) -> None:
        #: On the stopwatch.
        self.ends = min(clock.stopwatch() + seconds, ends)

    @property
    def left(self) -> float:
        """Seconds; 0.0 when there is none."""
        return max(0.0, self.ends - clock.stopwatch())


def gather(newsroom: Newsroom, *, remembered: Memory, archive: Archive, occasion: Occasion) -> Gathering:
    """Read every source and join what is remembered. Writes nothing: `remembered.record` does."""
    # Pieces are judged when they come, against the `main` issue that is due next.
    # What only a clock that was ahead has seen is no past: against its issues every piece would be too old.
    by = occasion.now + AHEAD
    main = past_of(archive, MAIN_EDITION, but=occasion.given_back, by=by)
    past = main if occasion.edition == MAIN_EDITION else past_of(archive, occasion.edition, by=by)
    mentions = _mentions(newsroom, archive, occasion)
    again = mentioned(mentions)
    records = remembered.sources()
    known = {source.name: remembered.pieces(source.name) for source in newsroom.sources}
    moment = _moment(newsroom, main, known.values(), now=occasion.now)

    young = partial(
        young_enough, instant=occasion.instant, last_sent=main.last_sent, max_age=newsroom.selection.max_age
    )
    time = _Time(seconds=occasion.seconds)

    def shelve(source: Source) -> Shelf:
        own = _Time(seconds=SOURCE_SECONDS, ends=time.ends)
        record = records.get(source.name) or SourceRecord(name=source.name)
        reading = _reading(source, record, occasion, zone=newsroom.zone, time=own)
        shelf = join(reading, record=record, remembered=known[source.name], moment=moment, young=young)
        shelf = _withdrawn(source, shelf, reading, waiting=waiting, time=own)
        if occasion.preparing:
            shelf = _counted(source, shelf, asked_about=asked_about, now=occasion.now, time=own)
            # Nobody is to be sent to a page that is gone; of what was carried only what has grown is worth a question.
            grown = _grown(mentions, shelf, newsroom)
            shelf = _withdrawn(source, shelf, reading, waiting=lambda each: each.ref in grown, time=own)
        newsroom.watch.step()
        return shelf

    def waiting(each: RememberedPiece) -> bool:
        return waits(each, past, newsroom.zone)

    def asked_about(each: RememberedPiece) -> bool:
        return waiting(each) or not again.isdisjoint(each.identities(newsroom.zone))

    newsroom.watch.begin("Reading", len(newsroom.sources))
    try:
        shelves = pictured(
            _all_at_once(newsroom.sources, shelve, records),
            prober=newsroom.prober,
            # The archive of a site is looked at by nobody.
            wanted=lambda each: young(each.published) and waiting(each),
            seconds=time.left,
        )
    finally:
        newsroom.watch.end()
    gone = (each for name in sorted(records.keys() - known.keys()) for each in remembered.pieces(name))
    return Gathering(
        shelves=shelves,
        past=past,
        last_frozen=past.last_frozen,
        at=occasion.now,
        mentions=mentions,
        stranded=tuple(each for each in gone if _is_recent(each, moment) and waiting(each)),
    )


def past_of(archive: Archive, edition: str, *, but: Collection[IssueId] = (), by: datetime) -> Past:
    """What earlier issues of an edition did; the last one is the last that was frozen `by` then."""
    last = archive.last_sent(edition=edition, but=but, by=by)
    return Past(
        last_sent=last.instant if last else None,
        last_frozen=last.frozen_at if last else None,
        carried=archive.carried(edition=edition, but=but),
    )


def _all_at_once(
    sources: Sequence[Source], shelve: Callable[[Source], Shelf], records: Mapping[str, SourceRecord]
) -> list[Shelf]:
    """The shelf of each source, in their order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # Those that failed the last time come last: if the time is not enough for all, it is for the good ones.
        order = sorted(sources, key=lambda source: _is_troubled(records.get(source.name)))
        found = dict(zip((source.name for source in order), pool.map(shelve, order), strict=True))
    return [found[source.name] for source in sources]


def _mentions(newsroom: Newsroom, archive: Archive, occasion: Occasion) -> tuple[Mention, ...]:
    """What issues of the last days had, where that matters."""
    if not newsroom.talk.maximum or occasion.edition != MAIN_EDITION:
        return ()
    told = archive.told_since(occasion.instant - newsroom.talk.within, but=occasion.given_back)
    return tuple(
        Mention(day=key.day, source=piece["source"], id=piece["id"], comments=piece["comments"], link=piece["link"])
        for key, explained in told
        for piece in (*explained["pieces"], *(each for each in explained["left_out"] if each["because"] == MORE))
    )


def _grown(mentions: Sequence[Mention], shelf: Shelf, newsroom: Newsroom) -> frozenset[Ref]:
    """The pieces of a shelf whose comments have grown by enough."""
    # More than are shown: for one that is gone the next moves up.
    talk = replace(newsroom.talk, maximum=_PAGES_ASKED)
    found = talked_about(mentions, shelf.pieces, today=frozenset(), talk=talk, zone=newsroom.zone)
    return frozenset((each.piece.source, each.piece.id) for each in found)


def _is_troubled(record: SourceRecord | None) -> bool:
    return record is not None and record.state in {SourceState.STALE, SourceState.FAILED}


def _reading(source: Source, record: SourceRecord, occasion: Occasion, *, zone: ZoneInfo, time: _Time) -> Reading:
    """What the source holds, unless a person silenced it, or it asked to be left alone (RFC 9110 §10.2.3)."""
    if record.muted:
        return Reading(source=source.name)
    # Nobody is let alone for longer than a day: what is further off was written down before the clock was set back.
    if record.not_before is not None and timedelta() < record.not_before - occasion.now <= LONGEST_WAIT:
        until = record.not_before.astimezone(zone)
        return Reading(
            source=source.name,
            failure=say("It asked not to be read before {until}.", until=spoken().moment(until)),
        )
    if not time.left:
        failure = say(
            "There was no time left for it: the sources before it took {seconds} seconds. "
            "It is read again at the next reading.",
            seconds=figures(occasion.seconds),
        )
        return Reading(source=source.name, failure=failure)
    bookmark = record.bookmark.without_validators if occasion.preparing else record.bookmark
    return source.read(bookmark, seconds=time.left)


def _counted(source: Source, shelf: Shelf, *, asked_about: _Waiting, now: datetime, time: _Time) -> Shelf:
    """The shelf with the comments of what could still go into an issue, or was in one and may still be talked about, as
    its owner has them counted."""
    if shelf.record.state is SourceState.MUTED:
        return shelf
    asked = [each.piece for each in shelf.pieces if asked_about(each)]
    # With no time left files are read still; servers are not asked, and that is told.
    counts = source.count(asked, seconds=time.left) if asked else Counts()
    pieces = tuple(
        recounted(each, replace(each.piece, comments=counts.by_id[each.piece.id]), now=now)
        if each.piece.id in counts.by_id
        else each
        for each in shelf.pieces
    )
    counted = sum(each.listed and each.piece.comments is not None for each in pieces)
    report = replace(shelf.record.report, counted=counted)
    record = replace(shelf.record, report=with_defects(report, counts.defects))
    return Shelf(record=record, pieces=pieces, defects=(*shelf.defects, *counts.defects))


def _moment(
    newsroom: Newsroom,
    past: Past,
    known: Iterable[Sequence[RememberedPiece]],
    *,
    now: datetime,
) -> Moment:
    ours = (each.identities(newsroom.zone) for pieces in known for each in pieces)
    return Moment(
        now=now,
        last_sent=past.last_sent,
        last_frozen=past.last_frozen,
        zone=newsroom.zone,
        known=past.carried.union(*ours),
    )


def _is_recent(each: RememberedPiece, moment: Moment) -> bool:
    return moment.last_frozen is None or each.first_seen >= moment.last_frozen


def _withdrawn(source: Source, shelf: Shelf, reading: Reading, *, waiting: _Waiting, time: _Time) -> Shelf:
    """The shelf with what its source has taken back marked so (plan §2.4)."""
    if shelf.record.state is not SourceState.OK or reading.unchanged:
        return shelf
    unlisted = [each for each in shelf.pieces if not each.listed and waiting(each)]
    gone, ask = missing([replace(each.piece, published=each.published) for each in unlisted], reading)
    asked = {
        each.piece.id
        for each in unlisted
        if each.piece.link in ask[:_PAGES_ASKED] and time.left and source.is_gone(each.piece.link, seconds=time.left)
    }
    taken_back = {each.ref for each in unlisted if each.piece.id in gone | asked}
    pieces = tuple(replace(each, withdrawn=True) if each.ref in taken_back else each for each in shelf.pieces)
    return replace(shelf, pieces=pieces)


def waits(each: RememberedPiece, past: Past, zone: ZoneInfo) -> bool:
    """Whether a piece could still go into an issue."""
    if not each.young or each.withdrawn:
        return False
    return past.carried.isdisjoint(each.identities(zone))
