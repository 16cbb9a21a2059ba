"""What goes into an issue, what does not and why, and what stands on the envelope of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from roundup.choosing import MORE
from roundup.identity import identities
from roundup.memory import RememberedPiece
from roundup.merging import merged
from roundup.model import Issue, Published
from roundup.ranking import Order, Ranking, rank
from roundup.selecting import Past, Selecting, carries, select, young_enough
from roundup.selection import Selection
from roundup.subjects import Patterns, preheader, subject
from tests.builders import (
    INSTANT,
    KEY,
    LONDON,
    a_piece,
    a_ranked_piece,
    a_remembered_piece,
    at_instant,
    in_london,
    numbered_pieces,
    on_day,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_numbered(number: int, *, hours_ago: float = 1) -> RememberedPiece:
    """A piece published so many hours before the issue."""
    return a_remembered_piece(
        a_piece(
            id=str(number),
            title=f"Part {number}",
            link=f"https://lantern.example/{number}/",
            published=at_instant(INSTANT - hours_ago * HOUR),
        )
    )


def selected(
    pieces: Sequence[RememberedPiece],
    *,
    selection: Selection | None = None,
    carried: frozenset[str] = frozenset(),
    past: Past | None = None,
) -> Issue:
    """The issue that these pieces make, newest first."""
    found = merged(pieces, LONDON)
    ranked = rank(
        ((each.piece, each.published) for each in found.pieces.values()),
        ranking=Ranking(order=Order.NEWEST),
        instant=INSTANT,
    )
    by = Selecting(
        key=KEY, instant=INSTANT, zone=LONDON, selection=selection or Selection(),
        past=past or Past(last_sent=None, carried=carried), twins=found.twins,
    )  # fmt: skip
    return select(ranked, remembered=found.pieces, by=by)


def ids(issue: Issue) -> tuple[list[str], list[str]]:
    return [each.piece.id for each in issue.pieces], [each.piece.id for each in issue.more]


def reasons(issue: Issue) -> dict[str, str]:
    return {each.ranked.piece.id: each.because for each in issue.left_out}


# Young enough (plan §2.4) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "last_sent", "max_age", "young"),
    [
        # A first issue: max_age before its instant, and no other cap.
        (INSTANT - DAY, None, DAY, True),
        (INSTANT - DAY - HOUR, None, DAY, False),
        (INSTANT - 59 * DAY, None, 60 * DAY, True),
        # Later ones: max_age before the last sent issue.
        (INSTANT - 2 * DAY, INSTANT - DAY, DAY, True),
        (INSTANT - 2 * DAY - HOUR, INSTANT - DAY, DAY, False),
        # A weekend between them does not make Friday's pieces too old.
        (INSTANT - 4 * DAY, INSTANT - 3 * DAY, DAY, True),
        # After weeks of silence: a fortnight, or max_age if that is longer.
        (INSTANT - 14 * DAY, INSTANT - 40 * DAY, DAY, True),
        (INSTANT - 14 * DAY - HOUR, INSTANT - 40 * DAY, DAY, False),
        (INSTANT - 29 * DAY, INSTANT - 40 * DAY, 30 * DAY, True),
        (INSTANT - 31 * DAY, INSTANT - 40 * DAY, 30 * DAY, False),
        # Ahead of the issue is young.
        (INSTANT + DAY, INSTANT - DAY, DAY, True),
    ],
)
def test_young_enough(published: datetime, last_sent: datetime | None, max_age: timedelta, *, young: bool) -> None:
    judged = young_enough(at_instant(published), instant=INSTANT, last_sent=last_sent, max_age=max_age)

    assert young == judged


def test_a_day_without_a_time_counts_as_its_end() -> None:
    # Due on 30 March at 17:00: with 24 hours, any time of the 29th after 17:00 will do, and the day has some left.
    yesterday, before = on_day(date(2015, 3, 29)), on_day(date(2015, 3, 28))
    judged = [
        young_enough(published, instant=INSTANT, last_sent=None, max_age=DAY) for published in (yesterday, before)
    ]

    assert [True, False] == judged


# What is left out ------------------------------------------------------------------------------------------------


def test_an_issue_has_the_new_pieces_in_their_order() -> None:
    issue = selected([a_numbered(3, hours_ago=3), a_numbered(1, hours_ago=1), a_numbered(2, hours_ago=2)])

    assert (["1", "2", "3"], []) == ids(issue)
    assert (KEY, INSTANT, (), 0) == (issue.key, issue.instant, issue.left_out, issue.older)


def test_beyond_the_maximum_are_titles_under_more() -> None:
    issue = selected([a_numbered(number, hours_ago=number) for number in range(1, 5)], selection=Selection(maximum=2))

    assert (["1", "2"], ["3", "4"]) == ids(issue)
    assert {"3": MORE, "4": MORE} == reasons(issue)


@pytest.mark.parametrize(
    ("piece", "because"),
    [
        (replace(a_numbered(1), withdrawn=True, young=False), "withdrawn by its source"),
        (replace(a_numbered(1), young=False), "older than max_age (24h)"),
    ],
)
def test_left_out_with_its_reason(piece: RememberedPiece, because: str) -> None:
    issue = selected([piece])

    assert (([], []), {"1": because}) == (ids(issue), reasons(issue))


@pytest.mark.parametrize(
    ("max_age", "written"), [(timedelta(hours=36), "36h"), (2 * DAY, "2d"), (60 * DAY, "60d"), (50 * HOUR, "50h")]
)
def test_max_age_is_told_as_the_settings_write_it(max_age: timedelta, written: str) -> None:
    issue = selected([replace(a_numbered(1), young=False)], selection=Selection(max_age=max_age))

    assert {"1": f"older than max_age ({written})"} == reasons(issue)


def test_a_piece_of_tomorrow_waits() -> None:
    piece = a_piece(published=at_instant(in_london("2015-03-31 08:30")))
    issue = selected([a_remembered_piece(piece)])

    assert {"piece-1": "dated 31 March 2015 at 08:30, after this issue: it waits"} == reasons(issue)


def test_a_piece_dated_today_without_a_time_is_never_in_the_future() -> None:
    issue = selected([a_remembered_piece(a_piece(published=on_day(KEY.day)))])

    assert (["piece-1"], []) == ids(issue)


def test_what_earlier_issues_carried_is_counted_and_not_listed() -> None:
    before = a_numbered(1)
    carried = identities(replace(before.piece, id="an old guid"), before.published, LONDON)
    issue = selected([before, a_numbered(2)], carried=carried)

    assert ((["2"], []), {}, 1) == (ids(issue), reasons(issue), issue.older)


def test_of_two_that_are_one_the_first_source_s_is_taken_whatever_the_order() -> None:
    first = a_numbered(1)
    twin = a_remembered_piece(replace(first.piece, source="The Lamp", id="x", title="The same, differently"))
    issue = selected([twin, replace(first, published=at_instant(INSTANT - HOUR / 2))])

    assert (["x"], []) == ids(issue)
    assert {"1": "duplicate of “The same, differently” from The Lamp"} == reasons(issue)


def test_a_twin_of_what_is_left_out_is_left_out_for_the_same_reason_and_carried_by_nothing() -> None:
    tomorrow = at_instant(INSTANT + DAY)
    first = a_remembered_piece(a_piece(id="1", published=tomorrow))
    twin = a_remembered_piece(replace(first.piece, source="The Lamp", id="x", excerpt=""))
    issue = selected([first, twin])
    because = "dated 31 March 2015 at 17:00, after this issue: it waits"

    assert {"1": because, "x": because} == reasons(issue)
    assert frozenset() == carries(issue, LONDON)


def test_a_twin_of_what_an_earlier_issue_carried_is_older_too() -> None:
    first = a_remembered_piece(a_piece(id="1", title="One", link="https://a.example/1"))
    second = a_remembered_piece(a_piece(id="2", source="The Lamp", title="Two", link="https://www.a.example/1/"))
    third = a_remembered_piece(a_piece(id="3", source="A planet", title="Two", link="https://b.example/?p=1"))
    issue = selected([third, second, first], carried=frozenset({"id The Lantern 1"}))

    assert (([], []), 3) == (ids(issue), issue.older)


def test_what_an_earlier_issue_told_to_be_too_old_is_counted_and_not_told_again() -> None:
    told = replace(a_numbered(1), young=False, recorded_as="1", first_seen=INSTANT - 2 * DAY)
    since = replace(a_numbered(2), young=False, recorded_as="2", first_seen=INSTANT - HOUR)
    now = replace(a_numbered(3), young=False)
    past = Past(last_sent=INSTANT - DAY, last_frozen=INSTANT - DAY, carried=frozenset())
    issue = selected([told, since, now], past=past)

    assert ({"2", "3"}, 1) == (set(reasons(issue)), issue.older)


def test_a_duplicate_of_what_is_left_out_is_no_duplicate() -> None:
    first = a_numbered(1)
    twin = a_remembered_piece(replace(first.piece, source="The Lamp", id="x"))
    issue = selected([replace(first, withdrawn=True), twin])

    assert (["x"], []) == ids(issue)


def test_an_issue_carries_its_pieces_its_titles_and_their_duplicates() -> None:
    first, second = a_numbered(1), a_numbered(2, hours_ago=2)
    twin = a_remembered_piece(replace(second.piece, source="The Lamp", id="x", title="Differently"))
    issue = selected([first, second, twin, replace(a_numbered(3), withdrawn=True)], selection=Selection(maximum=1))
    carried = carries(issue, LONDON)

    assert {"id The Lantern 1", "id The Lantern 2", "id The Lamp x"} == {each for each in carried if each[:3] == "id "}


def test_what_is_under_more_may_not_take_the_place_of_a_piece() -> None:
    issue = selected([a_numbered(number, hours_ago=number) for number in range(1, 4)], selection=Selection(maximum=3))

    assert ((["1", "2", "3"], []), {}) == (ids(issue), reasons(issue))


# Subject and preheader -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, ""),
        (1, "A library is a place to read, part 1"),
        (2, "A library is a place to read, part 1, and 1 more"),
        (9, "A library is a place to read, part 1, and 8 more"),
    ],
)
def test_the_subject_is_the_first_title_and_how_many_more(count: int, expected: str) -> None:
    assert expected == subject(numbered_pieces(count), Patterns(), KEY.day)


def test_a_long_title_is_cut_at_a_word_within_120_characters() -> None:
    long = a_ranked_piece(a_piece(title="A long title, " * 12))
    line = subject([long, long], Patterns(), KEY.day)

    assert len(line) <= 120
    assert line.endswith("A long title, A long…, and 1 more")


def test_a_title_without_spaces_is_cut_anywhere() -> None:
    line = subject([a_ranked_piece(a_piece(title="漢" * 130))], Patterns(), KEY.day)

    assert "漢" * 119 + "…" == line


def test_the_preheader_tells_the_next_titles_within_160_characters() -> None:
    pieces = numbered_pieces(9)
    line = preheader(pieces, Patterns(), KEY.day)

    assert line.startswith("Also: A library is a place to read, part 2 · A library is a place to read, part 3")
    assert len(line) <= 160


def test_the_preheader_of_a_lone_piece_is_its_excerpt_or_its_source() -> None:
    lone = a_ranked_piece(a_piece(excerpt="It took a report of ninety pages to say so."))
    silent = a_ranked_piece(a_piece(excerpt=""))

    assert "It took a report of ninety pages to say so." == preheader([lone], Patterns(), KEY.day)
    assert "By The Lantern" == preheader([silent], Patterns(), KEY.day)
    assert "" == preheader([], Patterns(), KEY.day)


def test_published_latest_decides_and_not_at() -> None:
    open_ended = Published(at=INSTANT - 3 * DAY, latest=INSTANT - HOUR, day=date(2015, 3, 27))

    assert young_enough(open_ended, instant=INSTANT, last_sent=None, max_age=DAY)
