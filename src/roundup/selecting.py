"""What goes into an issue: what is new, young enough and no duplicate, up to the cut. Pure.

Nothing that was gathered disappears without a reason: a piece is in the issue, under "More", left out because, or
counted among those that earlier issues carried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from roundup.identity import identities
from roundup.memory import RememberedPiece
from roundup.model import Issue, IssueKey, LeftOut, Published, RankedPiece

#: How far back a piece may lie when issues have been missed, whatever `max_age` says (plan §2.4).
_LONGEST_GAP = timedelta(days=14)
#: `because` of a piece that the issue carries by its title alone.
MORE = "more"
#: How `because` begins for a piece that another stands for, and for one that is not young enough.
DUPLICATE = "duplicate of "
TOO_OLD = "older than max_age"

_SUBJECT_LENGTH = 120
_PREHEADER_LENGTH = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How much goes into an issue."""

    #: How far before the last issue a piece may have been published.
    max_age: timedelta = timedelta(hours=24)
    minimum: int = 1
    maximum: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier issues did."""

    #: The instant of the last sent `main` issue; None: none was sent.
    last_sent: datetime | None
    #: Every identity of every piece that an earlier `main` issue carried.
    carried: frozenset[str]


def young_enough(published: Published, *, instant: datetime, last_sent: datetime | None, max_age: timedelta) -> bool:
    """Whether a piece may go into the issue of `instant`: published no earlier than `max_age` before the last sent
    issue, nor than 14 days (or `max_age`, if that is longer) before this one; for a first issue, `max_age` before it.
    """
    if last_sent is None:
        return published.latest >= instant - max_age
    return published.latest >= max(last_sent - max_age, instant - max(_LONGEST_GAP, max_age))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selecting:
    """Everything that a choice depends on besides the ranked pieces themselves."""

    key: IssueKey
    instant: datetime
    zone: tzinfo
    selection: Selection
    past: Past
    #: Of pieces that are the same as another, by source and id: which stands for them (see `merging`).
    twins: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    #: Names of sources that hold waiting pieces and are not in the settings any more.
    gone_sources: frozenset[str] = frozenset()


def select(
    ranked: Sequence[RankedPiece], *, remembered: Mapping[tuple[str, str], RememberedPiece], by: Selecting
) -> Issue:
    """The issue that the ranked pieces make. `remembered` holds each of them by source and id."""
    carried = {
        _standing(each, by)
        for each in ranked
        if not by.past.carried.isdisjoint(remembered[_ref(each)].identities(by.zone))
    }
    fresh = [each for each in ranked if _standing(each, by) not in carried]
    reasons = {_ref(each): _because(each, remembered[_ref(each)], by) for each in fresh}
    titles = {_ref(each): f"{DUPLICATE}“{each.piece.title}” from {each.piece.source}" for each in fresh}
    new: list[RankedPiece] = []
    left_out: list[LeftOut] = []
    for each in fresh:
        ref, one = _ref(each), _standing(each, by)
        # A twin of what is left out is left out for the same reason, and carried by nothing.
        because = reasons[ref] if ref == one else reasons[one] or titles[one]
        if because is None:
            new.append(each)
        else:
            left_out.append(LeftOut(ranked=each, because=because))
    pieces, more = new[: by.selection.maximum], new[by.selection.maximum :]
    left_out[:0] = [LeftOut(ranked=each, because=MORE) for each in more]
    return Issue(
        key=by.key, instant=by.instant, subject=subject(new), preheader=preheader(new), pieces=tuple(pieces),
        more=tuple(more), left_out=tuple(left_out), older=len(ranked) - len(fresh),
    )  # fmt: skip


def _ref(ranked: RankedPiece) -> tuple[str, str]:
    return ranked.piece.source, ranked.piece.id


def _standing(ranked: RankedPiece, by: Selecting) -> tuple[str, str]:
    """Which piece stands for this one: itself, if it is nobody's twin."""
    return by.twins.get(_ref(ranked), _ref(ranked))


def _because(ranked: RankedPiece, remembered: RememberedPiece, by: Selecting) -> str | None:
    """Why a piece that no earlier issue carried is left out; None if it is not."""
    if remembered.withdrawn or ranked.piece.source in by.gone_sources:
        return "withdrawn by its source" if remembered.withdrawn else "its source is no longer in roundup.toml"
    if _is_ahead(ranked, by):
        return f"dated {ranked.published.at.astimezone(by.zone):%-d %B %Y %H:%M}, after this issue: it waits"
    return None if remembered.young else _too_old(remembered, by)


def _too_old(remembered: RememberedPiece, by: Selecting) -> str:
    """The judgement, and when it was made if not just now: it is made once, whatever the settings say since."""
    because = f"{TOO_OLD} ({_span(by.selection.max_age)})"
    if remembered.recorded_as is None:
        return because
    return f"{because} when it was first seen, on {remembered.first_seen.astimezone(by.zone):%-d %B %Y at %H:%M}"


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
    """Every identity that an issue carries: of its pieces, of the titles under "More", and of their duplicates."""
    duplicates = (each.ranked for each in issue.left_out if each.because.startswith(DUPLICATE))
    return frozenset().union(
        *(identities(each.piece, each.published, zone) for each in (*issue.pieces, *issue.more, *duplicates))
    )


def subject(new: Sequence[RankedPiece]) -> str:
    """The first title, and how many more there are. One line of at most 120 characters."""
    if not new:
        return ""
    tail = f", and {len(new) - 1} more" if len(new) > 1 else ""
    return _shortened(new[0].piece.title, _SUBJECT_LENGTH - len(tail)) + tail


def preheader(new: Sequence[RankedPiece]) -> str:
    """What an inbox shows behind the subject: the next titles, or a lone piece's excerpt. At most 160 characters."""
    if not new:
        return ""
    if len(new) == 1:
        return _shortened(new[0].piece.excerpt or f"By {new[0].piece.source}", _PREHEADER_LENGTH)
    line = "Also: " + new[1].piece.title
    for each in new[2:]:
        if len(line) + 3 + len(each.piece.title) > _PREHEADER_LENGTH:
            break
        line += f" · {each.piece.title}"
    return _shortened(line, _PREHEADER_LENGTH)


def _shortened(text: str, length: int) -> str:
    """Cut at a word, with an ellipsis that stands for what is missing."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rsplit(None, 1)[0] if " " in cut else cut).rstrip(" ,;:·–—") + "…"
