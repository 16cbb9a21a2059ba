"""Laws of the three orders: total, the same whatever comes in first, and kind to one more comment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.model import Piece, Published
from roundup.ranking import Order, Ranking, rank
from tests.builders import a_piece, at_instant

START = datetime(2015, 3, 1, tzinfo=UTC)
LAWS = settings(max_examples=150, deadline=None)
ORDERS = st.sampled_from(Order)
RANKINGS = st.builds(
    lambda order, minutes: Ranking(order=order, doubling=timedelta(minutes=minutes)), ORDERS, st.integers(0, 20_000)
)
#: Few values, so that ties are common.
MOMENTS = st.one_of(
    st.integers(0, 8).map(lambda hours: START + timedelta(hours=4 * hours)),
    st.integers(0, 10**9).map(lambda milliseconds: START + timedelta(milliseconds=milliseconds)),
)
PIECES = st.builds(
    lambda number, source, title, link, comments, at: a_piece(
        id=number, source=source, title=title, link=f"https://lantern.example/{link}", comments=comments,
        published=at_instant(at),
    ),
    st.sampled_from("123456789"), st.sampled_from(["The Lamp", "The Lantern"]), st.sampled_from("TUV"),
    st.sampled_from(["a", "a/", "b?utm_source=x", "b"]), st.one_of(st.none(), st.integers(0, 4), st.integers(0, 10**6)),
    MOMENTS,
)  # fmt: skip
#: No two the same in source and id: that is what tells pieces apart.
MANY = st.lists(PIECES, max_size=12, unique_by=lambda piece: (piece.source, piece.id))


def order_of(pieces: list[Piece], ranking: Ranking, *, instant: datetime = START) -> list[Piece]:
    dated = [(piece, piece.published) for piece in pieces if piece.published is not None]
    return [each.piece for each in rank(dated, ranking=ranking, instant=instant)]


@LAWS
@given(pieces=MANY, ranking=RANKINGS, data=st.data())
def test_any_order_in_the_same_order_out(pieces: list[Piece], ranking: Ranking, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(pieces))

    assert order_of(pieces, ranking) == order_of(shuffled, ranking)
    assert sorted(map(id, pieces)) == sorted(map(id, order_of(pieces, ranking)))


@LAWS
@given(pieces=MANY, order=ORDERS, instant=MOMENTS)
def test_now_is_not_in_the_order(pieces: list[Piece], order: Order, instant: datetime) -> None:
    assert order_of(pieces, Ranking(order=order)) == order_of(pieces, Ranking(order=order), instant=instant)


@LAWS
@given(pieces=MANY.filter(bool), ranking=RANKINGS, which=st.integers(0, 11), more=st.integers(1, 99))
def test_more_comments_never_lower_a_piece(pieces: list[Piece], ranking: Ranking, which: int, more: int) -> None:
    chosen = pieces[which % len(pieces)]
    livelier = replace(chosen, comments=(chosen.comments or 0) + more)
    others = [piece for piece in pieces if piece is not chosen]

    before = order_of([*others, chosen], ranking).index(chosen)
    assert order_of([*others, livelier], ranking).index(livelier) <= before


@LAWS
@given(pieces=MANY.filter(bool), order=ORDERS, which=st.integers(0, 11), hours=st.integers(1, 99))
def test_a_later_date_never_lowers_a_piece(pieces: list[Piece], order: Order, which: int, hours: int) -> None:
    chosen = pieces[which % len(pieces)]
    assert chosen.published is not None
    later = chosen.published.at + timedelta(hours=hours)
    fresher = replace(chosen, published=Published(at=later, latest=later))
    others = [piece for piece in pieces if piece is not chosen]

    before = order_of([*others, chosen], Ranking(order=order)).index(chosen)
    assert order_of([*others, fresher], Ranking(order=order)).index(fresher) <= before


@LAWS
@given(pieces=MANY, order=ORDERS)
def test_leaving_one_out_moves_no_other(pieces: list[Piece], order: Order) -> None:
    whole = order_of(pieces, Ranking(order=order))

    for left_out in pieces:
        rest = [piece for piece in pieces if piece is not left_out]
        assert [piece for piece in whole if piece is not left_out] == order_of(rest, Ranking(order=order))
