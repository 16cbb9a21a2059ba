"""How the desk draws the order, and what a piece that is moved pins."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from roundup.desk.order import Cards
from roundup.model import Issue, LeftOut, Omission, RankedPiece
from roundup.ranking import Order
from tests.builders import INSTANT, a_piece, a_ranked_piece, an_issue, at_instant


def ranked(number: int, *, hours: float, comments: float = 0.0, pinned: bool = False, link: str = "") -> RankedPiece:
    piece = a_piece(id=f"id-{number}", title=f"Piece {number}", link=link or f"https://lantern.example/{number}/")
    at = at_instant(INSTANT - timedelta(hours=hours))
    return replace(a_ranked_piece(piece), published=at, comment_hours=comments, pinned=pinned)


def cards(*pieces: RankedPiece, left_out: Sequence[LeftOut] = (), order: Order = Order.HOT) -> Cards:
    return Cards(issue(*pieces, left_out=left_out), order, counted={})


def issue(*pieces: RankedPiece, left_out: Sequence[LeftOut] = ()) -> Issue:
    return replace(an_issue(pieces=pieces), left_out=tuple(left_out))


def test_a_bar_splits_a_place_into_freshness_and_comments() -> None:
    old, fresh = cards(ranked(1, hours=10, comments=19), ranked(2, hours=1)).cards()
    assert (5.0, 95.0) == (old.bar.freshness, old.bar.comments)
    assert (50.0, 0.0) == (fresh.bar.freshness, fresh.bar.comments)
    newest = cards(ranked(1, hours=10, comments=19), ranked(2, hours=1), order=Order.NEWEST).cards()
    assert [(10.0, 0.0), (100.0, 0.0)] == [(each.bar.freshness, each.bar.comments) for each in newest]


def test_a_card_names_the_fresher_pieces_that_it_stands_before() -> None:
    first = cards(*(ranked(number, hours=10 - number, comments=30 - number) for number in range(6))).cards()[0]
    assert (["Piece 1", "Piece 2", "Piece 3"], 2) == (first.jumped, first.jumped_more)


def test_a_piece_is_called_by_its_link_unless_another_has_it() -> None:
    shared = "https://lantern.example/shared/"
    one, two, own = ranked(1, hours=1, link=shared), ranked(2, hours=2, link=shared), ranked(3, hours=3)
    assert ["id-1", "id-2", "https://lantern.example/3/"] == [each.name for each in cards(one, two, own).cards()]
    twin = LeftOut(
        ranked=ranked(4, hours=1, link="https://www.lantern.example/3"), because="x", kind=Omission.DUPLICATE
    )
    drawn = cards(own, left_out=[twin])
    assert drawn.cards()[0].name == "https://lantern.example/3/"
    assert not drawn.groups()[0].cards[0].can_come_in


def test_what_is_left_out_stands_by_reason() -> None:
    out = [
        LeftOut(ranked=ranked(1, hours=1), because="too many by Ada", kind=Omission.OTHER),
        LeftOut(ranked=ranked(2, hours=2), because="more", kind=Omission.MORE),
        LeftOut(ranked=ranked(3, hours=3), because="too many by Ada", kind=Omission.OTHER),
    ]
    groups = cards(left_out=out).groups()
    assert [("more", 1), ("other", 2)] == [(group.kind.value, len(group.cards)) for group in groups]
    assert groups[1].reason == "Too many by Ada"


@given(st.data())
def test_whatever_is_moved_stands_where_it_was_put_and_no_pin_is_lost(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    pins = data.draw(st.integers(0, count))
    place = data.draw(st.integers(1, count))
    moved = data.draw(st.integers(0, count))
    pieces = [ranked(number, hours=number, pinned=number < pins) for number in range(count)]
    name = f"https://lantern.example/{moved}/"
    pinned = cards(*pieces).placed(name, place)
    # What the pins make of the order: they come first, in their order, the others as they were.
    names = [f"https://lantern.example/{number}/" for number in range(count)]
    after = [*pinned, *(each for each in names if each not in pinned)]
    assert after.index(name) == place - 1
    assert [each for each in after if each != name] == [each for each in names if each != name]
    assert set(names[:pins]) <= set(pinned)
    assert len(pinned) == len(set(pinned))
