"""Laws of the choice: nothing that was gathered disappears, nothing is there twice, nothing comes back."""

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.choosing import MORE
from roundup.identity import identities
from roundup.memory import RememberedPiece
from roundup.merging import merged
from roundup.model import Issue, RankedPiece
from roundup.ranking import Order, Ranking, rank
from roundup.selecting import Past, Selecting, carries, select
from roundup.selection import Selection
from tests.builders import INSTANT, KEY, LONDON, a_piece, a_remembered_piece, at_instant

LAWS = settings(max_examples=150, deadline=None)
#: Few ids, links and titles, so that duplicates of every kind are common.
REMEMBERED = st.builds(
    lambda number, source, title, link, hours, young, withdrawn: a_remembered_piece(
        a_piece(
            id=number, source=source, title=title, link=f"https://lantern.example/{link}",
            published=at_instant(INSTANT + timedelta(hours=hours)),
        ),
        young=young, withdrawn=withdrawn,
    ),
    st.sampled_from("12345678"), st.sampled_from(["The Lamp", "The Lantern"]),
    st.sampled_from([f"Part {number}" for number in range(6)]), st.sampled_from("abcdefghijkl"),
    st.integers(-60, 6), st.integers(0, 4).map(bool), st.integers(0, 6).map(lambda number: number == 0),
)  # fmt: skip
MANY = st.lists(REMEMBERED, max_size=16, unique_by=lambda each: each.ref)
MAXIMUM = st.integers(1, 6)


def chosen(pieces: list[RememberedPiece], *, maximum: int, carried: frozenset[str] = frozenset()) -> Issue:
    found = merged(pieces, LONDON)
    ranked = rank(
        ((each.piece, each.published) for each in found.pieces.values()),
        ranking=Ranking(order=Order.HOT),
        instant=INSTANT,
    )
    by = Selecting(
        key=KEY, instant=INSTANT, zone=LONDON, selection=Selection(maximum=maximum),
        past=Past(last_sent=None, carried=carried), twins=found.twins,
    )  # fmt: skip
    return select(ranked, remembered=found.pieces, by=by)


def own(each: RankedPiece | RememberedPiece) -> frozenset[str]:
    return identities(each.piece, each.published, LONDON)


@LAWS
@given(pieces=MANY, maximum=MAXIMUM, before=st.lists(st.integers(0, 15), max_size=4))
def test_pieces_and_what_is_left_out_and_what_is_older_are_everything(
    pieces: list[RememberedPiece], maximum: int, before: list[int]
) -> None:
    carried = frozenset().union(*(own(pieces[number]) for number in before if number < len(pieces)))
    issue = chosen(pieces, maximum=maximum, carried=carried)
    accounted = [*issue.pieces, *(each.ranked for each in issue.left_out)]
    refs = Counter((each.piece.source, each.piece.id) for each in accounted)

    assert len(pieces) == len(accounted) + issue.older
    assert refs <= Counter(each.ref for each in pieces)
    assert set(issue.more) == {each.ranked for each in issue.left_out if each.because == MORE}


@LAWS
@given(pieces=MANY, maximum=MAXIMUM)
def test_no_piece_is_there_twice_by_any_identity(pieces: list[RememberedPiece], maximum: int) -> None:
    issue = chosen(pieces, maximum=maximum)
    told = [identity for each in (*issue.pieces, *issue.more) for identity in own(each)]

    assert len(told) == len(set(told))


@LAWS
@given(pieces=MANY, maximum=MAXIMUM)
def test_the_cut_is_the_maximum_and_leaves_the_order(pieces: list[RememberedPiece], maximum: int) -> None:
    issue, whole = chosen(pieces, maximum=maximum), chosen(pieces, maximum=99)

    assert len(issue.pieces) <= maximum
    assert not issue.more or len(issue.pieces) == maximum
    assert whole.pieces == (*issue.pieces, *issue.more)
    assert (whole.subject, whole.preheader) == (issue.subject, issue.preheader)


@LAWS
@given(pieces=MANY, maximum=MAXIMUM)
def test_what_an_issue_carried_never_comes_back(pieces: list[RememberedPiece], maximum: int) -> None:
    first = chosen(pieces, maximum=maximum)
    second = chosen(pieces, maximum=maximum, carried=carries(first, LONDON))

    assert () == (*second.pieces, *second.more)


@LAWS
@given(pieces=MANY, maximum=MAXIMUM)
def test_nothing_withdrawn_too_old_or_of_tomorrow_is_mailed(pieces: list[RememberedPiece], maximum: int) -> None:
    issue = chosen(pieces, maximum=maximum)
    by_ref = {each.ref: each for each in pieces}

    for each in (*issue.pieces, *issue.more):
        remembered = by_ref[each.piece.source, each.piece.id]
        assert (True, False) == (remembered.young, remembered.withdrawn)
        assert each.published.at <= INSTANT


@LAWS
@given(pieces=MANY, maximum=MAXIMUM)
def test_the_envelope_is_one_line_each_and_not_too_long(pieces: list[RememberedPiece], maximum: int) -> None:
    issue = chosen(pieces, maximum=maximum)

    assert bool(issue.pieces) == bool(issue.subject)
    assert len(issue.subject) <= 120
    assert len(issue.preheader) <= 160
