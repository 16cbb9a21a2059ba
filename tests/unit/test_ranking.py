"""The three orders, worked by hand on the magazine's ten pieces of spring 2015 as of 30 March, 18:00 in London.

Hours are counted from 6 February 2015, 00:00 GMT; a day without a time begins at local midnight, and on 29 March
the clocks went forward, so that 30 March began at 23:00 GMT of the 29th.

| piece       | date        | days | hours | comments | log2(1 + comments) | key at 4 h | key at 240 h |
| ----------- | ----------- | ---- | ----- | -------- | ------------------ | ---------- | ------------ |
| Five        | 30 March    | 52   | 1247  | 2        | 1.585              | 1253.34    | 1627.4       |
| Letting     | 23 March    | 45   | 1080  | 0        | 0                  | 1080       | 1080         |
| Community   | 23 March    | 45   | 1080  | 0        | 0                  | 1080       | 1080         |
| Politics    | 23 March    | 45   | 1080  | 0        | 0                  | 1080       | 1080         |
| Great       | 24 February | 18   | 432   | 0        | 0                  | 432        | 432          |
| Better      | 11 February | 5    | 120   | 2        | 1.585              | 126.34     | 500.4        |
| Think       | 10 February | 4    | 96    | 1        | 1                  | 100        | 336          |
| Aspiration  | 6 February  | 0    | 0     | 3        | 2                  | 8          | 480          |
| Partnership | 6 February  | 0    | 0     | 0        | 0                  | 0          | 0            |
| Change      | 5 February  | −1   | −24   | 3        | 2                  | −16        | 456          |
"""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from roundup.model import Piece, Published, RankedPiece
from roundup.ranking import Order, Ranking, comment_hours, rank
from tests.builders import a_piece, at_instant, in_london, on_day

INSTANT = in_london("2015-03-30 18:00")
FOUR_HOURS = timedelta(hours=4)

#: The word by which the table calls it; title, date, comments.
MAGAZINE = {
    "five": ("Five years of Progress", date(2015, 3, 30), 2),
    "letting": ("Letting it go: power in public service", date(2015, 3, 23), 0),
    "community": ("A community approach to public service reform", date(2015, 3, 23), 0),
    "politics": ("The politics of empowerment and ‘let it go’", date(2015, 3, 23), 0),
    "great": ("Great leaders foster great public services", date(2015, 2, 24), 0),
    "better": ("A better way is possible: developing a dialogue about reform in social work", date(2015, 2, 11), 2),
    "think": ("Think differently about the state", date(2015, 2, 10), 1),
    "aspiration": ("Aspiration is the key", date(2015, 2, 6), 3),
    "partnership": ("‘It’s a partnership between clinician and service user’", date(2015, 2, 6), 0),
    "change": ("‘Change or get out of the way’", date(2015, 2, 5), 3),
}
#: The three of 23 March are level in date and comments: the link decides, and its first letter is that of the word.
OF_23_MARCH = ["community", "letting", "politics"]


def the_ten(order: list[str] | None = None) -> list[Piece]:
    """The magazine's pieces, in the order of the archive page unless another is given."""
    return [
        a_piece(
            id=word, title=title, link=f"https://magazine.example/{word}/", published=on_day(day), comments=comments
        )
        for word in order or MAGAZINE
        for title, day, comments in [MAGAZINE[word]]
    ]


def ranked(
    pieces: list[Piece], order: Order = Order.HOT, *, doubling: timedelta = FOUR_HOURS, instant: datetime = INSTANT
) -> list[RankedPiece]:
    dated = [(piece, piece.published) for piece in pieces if piece.published is not None]
    return list(rank(dated, ranking=Ranking(order=order, doubling=doubling), instant=instant))


def words(of: list[RankedPiece]) -> list[str]:
    return [each.piece.id for each in of]


def test_newest_goes_by_date_and_then_by_link() -> None:
    # Aspiration and Partnership share 6 February: "aspiration" comes before "partnership".
    expected = ["five", *OF_23_MARCH, "great", "better", "think", "aspiration", "partnership", "change"]

    assert expected == words(ranked(the_ten(), Order.NEWEST))


def test_most_commented_goes_by_comments_and_then_by_date() -> None:
    expected = [
        *("aspiration", "change"),  # 3 comments: 6 February before 5 February
        *("five", "better"),  # 2
        "think",  # 1
        *OF_23_MARCH,  # 0
        *("great", "partnership"),
    ]

    assert expected == words(ranked(the_ten(), Order.MOST_COMMENTED))


def test_hot_at_four_hours_lets_comments_decide_only_between_neighbours() -> None:
    # 8 h of Aspiration do not reach Think's 100, nor do Change's 8 make up for the day before Partnership.
    expected = ["five", *OF_23_MARCH, "great", "better", "think", "aspiration", "partnership", "change"]

    assert expected == words(ranked(the_ten()))


def test_hot_at_ten_days_lifts_the_debated_of_february_over_the_silent() -> None:
    expected = ["five", *OF_23_MARCH, "better", "aspiration", "change", "great", "think", "partnership"]

    assert expected == words(ranked(the_ten(), doubling=timedelta(hours=240)))


@pytest.mark.parametrize(
    ("comments", "hours"), [(0, 0.0), (1, 4.0), (2, 6.33985), (3, 8.0), (7, 12.0), (23, 18.33985), (63, 24.0)]
)
def test_each_doubling_of_comments_counts_as_four_hours(comments: int, hours: float) -> None:
    assert hours == pytest.approx(comment_hours(comments, FOUR_HOURS), abs=1e-5)


def test_unknown_comments_count_nothing_and_are_said_to_be_unknown() -> None:
    silent, unknown = (a_piece(id=str(comments), comments=comments, title="T") for comments in (0, None))
    both = ranked([unknown, silent])

    assert [0.0, 0.0] == [each.comment_hours for each in both]
    assert ["0", "None"] == words(both)
    assert both[1].why.endswith("; comments unknown, counted as 0")


def test_unknown_comments_stand_with_the_silent_ones_in_most_commented() -> None:
    unknown = a_piece(id="unknown", comments=None, published=at_instant(INSTANT))
    silent = a_piece(id="silent", comments=0, published=at_instant(INSTANT - timedelta(hours=1)))
    one = a_piece(id="one", comments=1, published=at_instant(INSTANT - timedelta(days=9)))

    assert ["one", "unknown", "silent"] == words(ranked([silent, one, unknown], Order.MOST_COMMENTED))


@pytest.mark.parametrize("order", list(Order))
def test_the_order_in_which_pieces_come_in_changes_nothing(order: Order) -> None:
    expected = words(ranked(the_ten(), order))
    shuffles = itertools.islice(itertools.permutations(MAGAZINE), 0, 3_628_800, 250_007)

    assert [expected] * 15 == [words(ranked(the_ten(list(each)), order)) for each in shuffles]


@pytest.mark.parametrize("order", list(Order))
def test_now_is_not_in_the_order(order: Order) -> None:
    moments = [INSTANT + timedelta(hours=hours) for hours in (-3000, -5, 0, 0.01, 7, 90_000)]
    orders = [words(ranked(the_ten(), order, doubling=timedelta(hours=240), instant=moment)) for moment in moments]

    assert [orders[0]] * 6 == orders


def test_an_hour_of_age_is_an_hour_of_comments() -> None:
    # 1 comment counts 4 h: a piece four hours older with one comment is level, and then the later one leads.
    fresh = a_piece(id="fresh", comments=0, published=at_instant(INSTANT))
    level = a_piece(id="level", comments=1, published=at_instant(INSTANT - timedelta(hours=4)))
    ahead = a_piece(id="ahead", comments=1, published=at_instant(INSTANT - timedelta(hours=3, minutes=59)))

    assert ["ahead", "fresh", "level"] == words(ranked([level, fresh, ahead]))


def test_ties_are_broken_by_link_without_its_tracking_then_by_title() -> None:
    pieces = [
        a_piece(id="1", link="https://www.b.example/a?utm_source=x", title="B"),
        a_piece(id="2", link="http://B.example/a/", title="A"),
        a_piece(id="3", link="https://a.example/z#top", title="Z"),
    ]

    assert ["3", "2", "1"] == words(ranked(pieces))


def test_ties_are_total_down_to_source_and_id() -> None:
    pieces = [a_piece(source=source, id=number) for source in ("The Lamp", "The Lantern") for number in ("1", "2")]
    expected = [("The Lamp", "1"), ("The Lamp", "2"), ("The Lantern", "1"), ("The Lantern", "2")]

    assert expected == [(each.piece.source, each.piece.id) for each in ranked(pieces[::-1])]


WHYS = [
    (on_day(date(2015, 3, 5)), 3, "published on 5 March 2015, no time given; 3 comments count as 8 h fresher"),
    (at_instant(INSTANT - timedelta(hours=15)), 23, "published 15 h ago; 23 comments count as 18.3 h fresher"),
    (at_instant(INSTANT - timedelta(minutes=30)), 0, "published 0.5 h ago; 0 comments"),
    (at_instant(INSTANT - timedelta(hours=47.5)), 1, "published 47.5 h ago; 1 comment counts as 4 h fresher"),
    (at_instant(INSTANT - timedelta(hours=72)), None, "published 3 days ago; comments unknown, counted as 0"),
    (at_instant(INSTANT + timedelta(hours=3)), 0, "dated 3 h after the issue; 0 comments"),
]


@pytest.mark.parametrize(("published", "comments", "why"), WHYS)
def test_reasons_are_told_in_hours(published: Published, comments: int | None, why: str) -> None:
    (only,) = ranked([a_piece(published=published, comments=comments)])

    assert why == only.why


@pytest.mark.parametrize(
    ("order", "comments", "why"),
    [
        (Order.NEWEST, 1, "published 9 h ago; 1 comment"),
        (Order.NEWEST, None, "published 9 h ago; comments unknown"),
        (Order.MOST_COMMENTED, 23, "published 9 h ago; 23 comments"),
        (Order.MOST_COMMENTED, None, "published 9 h ago; comments unknown, counted as 0"),
    ],
)
def test_orders_that_count_no_hours_tell_none(order: Order, comments: int | None, why: str) -> None:
    piece = a_piece(comments=comments, published=at_instant(datetime(2015, 3, 30, 8, tzinfo=UTC)))
    (only,) = ranked([piece], order)

    assert (why, 0.0) == (only.why, only.comment_hours)
