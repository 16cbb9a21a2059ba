"""Laws of what is remembered: whatever a source shows over time, nothing is lost, judged anew, or back once carried."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.joining import Moment, join
from roundup.memory import RememberedPiece, Shelf, SourceRecord, SourceState
from roundup.model import Reading
from roundup.selecting import Past
from roundup.shelving import waits
from tests.builders import INSTANT, LONDON, a_piece, at_instant

LAWS = settings(max_examples=200, deadline=None)
DAY = timedelta(days=1)
ENTRY = st.builds(
    lambda guid, link, title, day, comments, author: a_piece(
        id=guid, link=f"https://lantern.example/{link}", title=f"Part {title}", comments=comments,
        published=None if day is None else at_instant(INSTANT - day * DAY), authors=("Ada",) if author else (),
    ),
    st.sampled_from("123456"), st.sampled_from("abcdef"), st.integers(0, 5), st.none() | st.integers(0, 30),
    st.none() | st.integers(0, 20), st.booleans(),
)  # fmt: skip
READING = st.one_of(
    st.lists(ENTRY, max_size=6, unique_by=lambda piece: piece.id).map(
        lambda pieces: Reading(source="The Lantern", pieces=tuple(pieces))
    ),
    st.sampled_from(
        [Reading(source="The Lantern", failure="It answered 503."), Reading(source="The Lantern", unchanged=True)]
    ),
)
HISTORY = st.lists(st.tuples(READING, st.booleans()), min_size=1, max_size=8)


Step = tuple[Sequence[RememberedPiece], Shelf]


def lived(history: list[tuple[Reading, bool]]) -> list[Step]:
    """For each reading what was remembered before it, and the shelf after it. With True a person accepts the source
    before it is read."""
    steps: list[Step] = []
    shelf = Shelf(record=SourceRecord(name="The Lantern"), pieces=())
    for hour, (reading, accepted) in enumerate(history):
        # As the store has it: what is written down is known by its latest id.
        remembered = [replace(each, recorded_as=each.piece.id) for each in shelf.pieces]
        now = INSTANT + timedelta(hours=hour)
        known = frozenset().union(*(each.identities(LONDON) for each in remembered))
        moment = Moment(now=now, last_sent=INSTANT - DAY, last_frozen=INSTANT - DAY, zone=LONDON, known=known)
        shelf = join(
            reading, record=replace(shelf.record, accepted=accepted), remembered=remembered, moment=moment,
            young=lambda published: published.latest > INSTANT - 5 * DAY,
        )  # fmt: skip
        steps.append((remembered, shelf))
    return steps


def pairs(step: Step) -> list[tuple[RememberedPiece, RememberedPiece]]:
    """Each remembered piece, and what it is after the reading."""
    remembered, shelf = step
    now = {each.recorded_as: each for each in shelf.pieces}
    return [(before, now[before.piece.id]) for before in remembered]


@LAWS
@given(history=HISTORY)
def test_nothing_is_forgotten_and_no_two_share_a_record_or_an_id(history: list[tuple[Reading, bool]]) -> None:
    for remembered, shelf in lived(history):
        records = [each.recorded_as for each in shelf.pieces if each.recorded_as is not None]
        assert sorted(str(each.recorded_as) for each in remembered) == sorted(records)
        assert len(shelf.pieces) == len({each.ref for each in shelf.pieces})


@LAWS
@given(history=HISTORY)
def test_the_first_judgement_stands_and_counts_never_fall(history: list[tuple[Reading, bool]]) -> None:
    for step in lived(history):
        for before, now in pairs(step):
            assert (before.young, before.first_seen) == (now.young, now.first_seen)
            counts = [-1 if each.piece.comments is None else each.piece.comments for each in (before, now)]
            assert counts == sorted(counts)
            assert (now.counted_at is None) == (now.piece.comments is None)


@LAWS
@given(history=HISTORY)
def test_a_piece_is_known_for_ever_by_all_that_it_was_known_by(history: list[tuple[Reading, bool]]) -> None:
    for step in lived(history):
        for before, now in pairs(step):
            carried = before.identities(LONDON)
            assert carried <= now.identities(LONDON)
            past = Past(last_sent=INSTANT, carried=carried)
            assert not waits(now, past, LONDON), "what an issue carried then would come back now"


@LAWS
@given(history=HISTORY)
def test_a_good_reading_lists_exactly_what_it_shows(history: list[tuple[Reading, bool]]) -> None:
    for (reading, _), (_, shelf) in zip(history, lived(history), strict=True):
        if shelf.record.state is SourceState.OK and not reading.unchanged:
            assert [piece.id for piece in reading.pieces] == [each.piece.id for each in shelf.pieces if each.listed]
