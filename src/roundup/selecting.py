"""What goes into an issue: what is new, young enough and no duplicate, as the rules and the editor have it. Pure.

Nothing that was gathered disappears without a reason: a piece is in the issue, under "More", left out because, or
counted among those that earlier issues carried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from roundup.choosing import MORE, Ref, choose, ref_of
from roundup.hearing import Heard, heard
from roundup.identity import identities
from roundup.memory import RememberedPiece
from roundup.model import Edit, Issue, IssueKey, LeftOut, Omission, Piece, Published, RankedPiece
from roundup.selection import Selection
from roundup.subjects import Patterns, preheader, subject
from roundup.word import Word
from roundup.words import say, spoken

#: How far back a piece may lie when issues have been missed, whatever `max_age` says (plan §2.4).
LONGEST_GAP = timedelta(days=14)
#: Of what kind a reason is, and the reason in an editor's words.
_Reason = tuple[Omission, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier issues did."""

    #: The instant of the last sent `main` issue, and when it was frozen; None: none was sent.
    last_sent: datetime | None
    last_frozen: datetime | None = None
    #: Every identity of every piece that an earlier `main` issue carried.
    carried: frozenset[str]


def young_enough(published: Published, *, instant: datetime, last_sent: datetime | None, max_age: timedelta) -> bool:
    """Whether a piece may go into the issue of `instant`: published no earlier than `max_age` before the last sent
    issue, nor than 14 days (or `max_age`, if that is longer) before this one; for a first issue, `max_age` before it.
    """
    if last_sent is None:
        return published.latest >= instant - max_age
    return published.latest >= max(last_sent - max_age, instant - max(LONGEST_GAP, max_age))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selecting:
    """Everything that a choice depends on besides the ranked pieces themselves."""

    key: IssueKey
    instant: datetime
    zone: tzinfo
    selection: Selection
    past: Past
    #: Of pieces that are the same as another, by source and id: which stands for them (see `merging`).
    twins: Mapping[Ref, Ref] = field(default_factory=dict)
    #: Names of sources that hold waiting pieces and are not in the settings any more.
    gone_sources: frozenset[str] = frozenset()
    word: Word = field(default_factory=Word)
    patterns: Patterns = field(default_factory=Patterns)


def select(ranked: Sequence[RankedPiece], *, remembered: Mapping[Ref, RememberedPiece], by: Selecting) -> Issue:
    """The issue that the ranked pieces make. `remembered` holds each of them by source and id. Raises HeldError for a
    word of the editor's that is about nothing."""
    carried = {
        _standing(each, by)
        for each in ranked
        if not by.past.carried.isdisjoint(remembered[ref_of(each)].identities(by.zone))
    }
    fresh = [each for each in ranked if _standing(each, by) not in carried]
    word = heard(by.word, remembered, twins=by.twins, carried=frozenset(carried))
    reasons = {ref_of(each): _because(each, remembered[ref_of(each)], word, by) for each in fresh}
    standing = [each for each in fresh if _standing(each, by) == ref_of(each) and reasons[ref_of(each)] is None]
    added = [_by_hand(piece, by) for _, piece in by.word.added]
    cut = choose(
        [*standing, *added],
        pins=word.pins,
        waited={ref_of(each) for each in standing if _has_waited(remembered[ref_of(each)], by.past)},
        selection=by.selection,
        added={ref_of(each) for each in added},
    )
    reasons |= {
        ref: (Omission.MORE if because == MORE else Omission.OTHER, because) for ref, because in cut.left_out.items()
    }
    chosen = {ref_of(each) for each in cut.chosen}
    told = [_told(each, remembered, reasons, by) for each in _edited(fresh, word) if ref_of(each) not in chosen]
    left_out = [each for each in told if not _was_told(each, remembered[ref_of(each.ranked)], by.past)]
    left_out.sort(key=lambda each: each.kind is not Omission.MORE)
    pieces, more = _edited(cut.chosen, word), [each.ranked for each in left_out if each.kind is Omission.MORE]
    return Issue(
        key=by.key, instant=by.instant, subject=by.word.subject or subject([*pieces, *more], by.patterns, by.key.day),
        preheader=by.word.preheader or preheader([*pieces, *more], by.patterns, by.key.day),
        pieces=tuple(pieces), more=tuple(more),
        left_out=tuple(left_out), older=len(ranked) - len(fresh) + len(told) - len(left_out),
        intro=by.word.intro, appeal=by.word.appeal,
        sponsor=by.word.sponsor, credit=by.word.credit,
    )  # fmt: skip


def _told(
    ranked: RankedPiece, remembered: Mapping[Ref, RememberedPiece], reasons: Mapping[Ref, _Reason | None], by: Selecting
) -> LeftOut:
    """Why a piece is not in the issue. A twin of what is in it is its duplicate; a twin of what is left out is left out
    for the same reason, and carried by nothing."""
    ref, one = ref_of(ranked), _standing(ranked, by)
    reason = reasons[one]
    if reason is None or (ref != one and reason[0] is Omission.MORE):
        title = remembered[one].piece.title
        reason = Omission.DUPLICATE, say("duplicate of “{title}” from {source}", title=title, source=one[0])
    return LeftOut(ranked=ranked, kind=reason[0], because=reason[1])


def _was_told(left_out: LeftOut, remembered: RememberedPiece, past: Past) -> bool:
    """Whether an earlier issue told already that a piece is too old: a site's archive is told once, then counted."""
    if left_out.kind is not Omission.TOO_OLD or past.last_frozen is None or remembered.recorded_as is None:
        return False
    return remembered.first_seen <= past.last_frozen


def _edited(pieces: Sequence[RankedPiece], word: Heard) -> list[RankedPiece]:
    """The pieces with what the editor says in place of their sources."""
    return [replace(each, edit=word.edits.get(ref_of(each), Edit())) for each in pieces]


def _by_hand(piece: Piece, by: Selecting) -> RankedPiece:
    """A piece that the editor added."""
    at = Published(at=by.instant, latest=by.instant, day=by.key.day)
    return RankedPiece(piece=piece, published=at, comment_hours=0.0, why=say("added by hand"))


def _has_waited(remembered: RememberedPiece, past: Past) -> bool:
    """Whether the last issue could have had it, and had no room."""
    if past.last_frozen is None or past.last_sent is None:
        return False
    return remembered.first_seen <= past.last_frozen and remembered.published.at <= past.last_sent


def _standing(ranked: RankedPiece, by: Selecting) -> Ref:
    """Which piece stands for this one: itself, if it is nobody's twin."""
    return by.twins.get(ref_of(ranked), ref_of(ranked))


def _because(ranked: RankedPiece, remembered: RememberedPiece, word: Heard, by: Selecting) -> _Reason | None:
    """Why a piece that no earlier issue carried is left out; None if it is not. What the editor wants is in, whatever
    its date and the standing rules say."""
    if remembered.ref in word.excluded:
        return Omission.EXCLUDED, say("excluded by the editor")
    if remembered.withdrawn or ranked.piece.source in by.gone_sources:
        gone = (
            say("withdrawn by its source") if remembered.withdrawn else say("its source is no longer in roundup.toml")
        )
        return Omission.OTHER, gone
    if remembered.ref in word.pins:
        return None
    rule = by.selection.rules.because(ranked.piece)
    if rule is not None:
        return Omission.OTHER, rule
    if _is_ahead(ranked, by):
        moment = spoken().moment(ranked.published.at.astimezone(by.zone))
        return Omission.OTHER, say("dated {moment}, after this issue: it waits", moment=moment)
    return None if remembered.young else _too_old(remembered, by)


def _too_old(remembered: RememberedPiece, by: Selecting) -> _Reason:
    """The judgement, and when it was made if not just now: it is made once, whatever the settings say since."""
    span = _span(by.selection.max_age)
    if remembered.recorded_as is None:
        return Omission.TOO_OLD, say("older than max_age ({span})", span=span)
    return Omission.TOO_OLD, say(
        "older than max_age ({span}) when it was first seen, on {moment}",
        span=span,
        moment=spoken().moment(remembered.first_seen.astimezone(by.zone)),
    )


def _is_ahead(ranked: RankedPiece, by: Selecting) -> bool:
    """Whether a piece is dated after the issue. One of today without a time never is, nor one without a date, which
    only counts as of the moment it was first seen."""
    if ranked.piece.published is None:
        return False
    if ranked.published.day is not None:
        # Its own today may be our tomorrow, and the other way round.
        return ranked.published.day > by.instant.astimezone(by.zone).date() and ranked.published.at > by.instant
    return ranked.published.at > by.instant


def _span(length: timedelta) -> str:
    """As the settings write it: 24h, 60d."""
    hours = length / timedelta(hours=1)
    return f"{hours / 24:g}d" if hours >= 48 and hours % 24 == 0 else f"{hours:g}h"


def carries(issue: Issue, zone: tzinfo) -> frozenset[str]:
    """Every identity that an issue carries: of its pieces, of the titles under "More", of their duplicates, and of what
    the editor excluded, for that is not wanted tomorrow either."""
    settled = (each.ranked for each in issue.left_out if each.kind in (Omission.DUPLICATE, Omission.EXCLUDED))
    return frozenset().union(
        *(identities(each.piece, each.published, zone) for each in (*issue.pieces, *issue.more, *settled))
    )
