"""What is known of a source once it has been read: joined, kept, held, taken back (plan §2.4)."""

from dataclasses import replace
from datetime import datetime

import pytest

from roundup.identity import identities
from roundup.memory import SourceReport, SourceState
from roundup.model import Bookmark, Defect, Reading, Skipped
from tests.builders import LONDON, PUBLISHED, a_piece, at_instant
from tests.joining import DAY, HOUR, LAST_SENT, NEVER_READ, NOW, RECORD, SEEN, a_reading, joined, numbered

# Readings that went well -----------------------------------------------------------------------------------------


def test_a_new_piece_is_judged_once_and_first_seen_now() -> None:
    shelf = joined(a_reading(numbered(1)), remembered=(), young=False)
    (only,) = shelf.pieces

    assert (NOW, False, True, None) == (only.first_seen, only.young, only.listed, only.recorded_as)


def test_a_piece_seen_before_keeps_its_judgement_and_takes_what_is_told_of_it_now() -> None:
    (only,) = joined(a_reading(replace(SEEN.piece, comments=9, title="Anew")), young=False).pieces

    assert (9, "Anew") == (only.piece.comments, only.piece.title)
    assert (True, NOW - HOUR, "piece-1") == (only.young, only.first_seen, only.recorded_as)


def test_a_changed_guid_keeps_the_record() -> None:
    (only,) = joined(a_reading(replace(SEEN.piece, id="new"))).pieces

    assert ("new", "piece-1", NOW - HOUR) == (only.piece.id, only.recorded_as, only.first_seen)


def test_a_piece_is_known_by_what_it_was_known_by_on_the_way() -> None:
    # First the guid changes, then the link, then the title: no two steps have anything but the record in common.
    other_guid = replace(SEEN.piece, id="new")
    other_link = replace(other_guid, link="https://lantern.example/blog/library/")
    other_title = replace(other_link, title="Libraries", authors=())
    remembered = [SEEN]
    for piece in (other_guid, other_link, other_title, SEEN.piece):
        remembered = list(joined(a_reading(piece), remembered=remembered).pieces)
        assert ["piece-1"] == [each.recorded_as for each in remembered]

    assert identities(other_title, PUBLISHED, LONDON) <= remembered[0].identities(LONDON)
    assert remembered[0].former.isdisjoint(identities(SEEN.piece, PUBLISHED, LONDON))


def test_a_piece_that_stays_as_it_was_has_no_former_identities() -> None:
    (only,) = joined(a_reading(replace(SEEN.piece, comments=9))).pieces

    assert frozenset() == only.former


MOVED = replace(SEEN.piece, id="moved", link="https://moved.example/1/", authors=())


def test_within_a_source_a_title_on_a_day_is_the_same_piece() -> None:
    assert ["piece-1"] == [each.recorded_as for each in joined(a_reading(MOVED)).pieces]
    twice = [SEEN, replace(SEEN, piece=replace(SEEN.piece, id="twin", link="https://a.example/"), recorded_as="twin")]
    assert joined(a_reading(MOVED), remembered=twice).pieces[0].recorded_as is None


@pytest.mark.parametrize(("accepted", "recorded_as"), [(True, "piece-1"), (False, None)])
def test_a_title_alone_tells_a_piece_only_where_a_person_accepted_the_source(
    recorded_as: str | None, *, accepted: bool
) -> None:
    redated = replace(MOVED, published=at_instant(NOW - 3 * DAY))
    first = joined(a_reading(redated), record=replace(RECORD, accepted=accepted)).pieces[0]

    assert recorded_as == first.recorded_as


def test_an_id_tells_a_piece_before_its_link_does() -> None:
    moved = replace(SEEN.piece, link="https://lantern.example/moved/", title="Moved")
    usurper = a_piece(id="usurper", title="Another")
    first, second = joined(a_reading(usurper, moved)).pieces

    # The usurper stands at the old link, but the old piece is still listed under its own id.
    assert (("usurper", None), ("piece-1", "piece-1")) == (
        (first.piece.id, first.recorded_as), (second.piece.id, second.recorded_as),
    )  # fmt: skip


def test_two_pieces_never_come_to_share_a_record() -> None:
    twin = replace(SEEN.piece, id="twin")
    records = [each.recorded_as for each in joined(a_reading(twin, replace(twin, id="triplet"))).pieces]

    assert ["piece-1", None] == records


def test_a_withdrawn_piece_that_is_listed_again_is_back() -> None:
    (only,) = joined(a_reading(SEEN.piece), remembered=[replace(SEEN, withdrawn=True, listed=False)]).pieces

    assert (True, False) == (only.listed, only.withdrawn)


def test_what_is_no_longer_listed_is_remembered() -> None:
    shelf = joined(a_reading(numbered(1)))

    assert [("n1", True), ("piece-1", False)] == [(each.piece.id, each.listed) for each in shelf.pieces]


def test_a_piece_without_a_date_is_of_when_it_was_first_seen() -> None:
    (only,) = joined(a_reading(replace(SEEN.piece, published=None)), remembered=()).pieces

    assert at_instant(NOW) == only.published


def test_a_date_that_goes_missing_stays_what_it_was() -> None:
    undated = replace(SEEN.piece, published=None)
    seen_undated = replace(SEEN, piece=undated, published=at_instant(NOW - 5 * HOUR))

    assert PUBLISHED == joined(a_reading(undated)).pieces[0].published
    assert at_instant(NOW - 5 * HOUR) == joined(a_reading(undated), remembered=[seen_undated]).pieces[0].published


def test_a_date_that_is_corrected_is_taken() -> None:
    corrected = at_instant(NOW - 3 * HOUR)

    assert corrected == joined(a_reading(replace(SEEN.piece, published=corrected))).pieces[0].published


def test_a_good_reading_makes_the_source_well() -> None:
    ill = replace(RECORD, state=SourceState.STALE, trouble="It answered 503.", accepted=True)
    record = joined(a_reading(SEEN.piece, numbered(1)), record=ill).record

    assert (SourceState.OK, "", NOW, 2, False, '"new"') == (
        record.state, record.trouble, record.read_well_at, record.found, record.accepted, record.bookmark.etag,
    )  # fmt: skip


def test_an_unchanged_source_stands_as_it_is_remembered() -> None:
    unchanged = Reading(source="The Lantern", unchanged=True, bookmark=Bookmark(etag='"old"'))
    shelf = joined(unchanged, record=replace(RECORD, found=7))

    assert (SEEN,) == shelf.pieces
    assert (SourceState.OK, 7, NOW) == (shelf.record.state, shelf.record.found, shelf.record.read_well_at)


def test_an_empty_source_that_was_always_empty_is_well() -> None:
    assert SourceState.OK == joined(a_reading(), record=NEVER_READ, remembered=()).record.state


# Readings that did not -------------------------------------------------------------------------------------------

FAILED = Reading(source="The Lantern", failure="It answered 503.", defects=(Defect(source="s", where="w", what="x"),))


@pytest.mark.parametrize(
    ("read_well_at", "last_sent", "state"),
    [
        (NOW - HOUR, LAST_SENT, SourceState.STALE),
        (NOW - 40 * DAY, None, SourceState.STALE),
        (LAST_SENT - HOUR, LAST_SENT, SourceState.FAILED),
        (LAST_SENT, LAST_SENT, SourceState.FAILED),  # the reading that the last issue was made of
        (None, None, SourceState.FAILED),
    ],
)
def test_a_failed_source_is_stale_if_it_was_read_well_since_the_last_issue(
    read_well_at: datetime | None, last_sent: datetime | None, state: SourceState
) -> None:
    shelf = joined(FAILED, record=replace(RECORD, read_well_at=read_well_at), last_sent=last_sent)

    assert (state, "It answered 503.") == (shelf.record.state, shelf.record.trouble)
    assert (state is SourceState.STALE) == shelf.is_usable(last_sent)


def test_a_failure_un_sees_nothing_and_keeps_the_bookmark() -> None:
    shelf = joined(FAILED)

    assert ((SEEN,), RECORD.bookmark, RECORD.read_well_at, 1) == (
        shelf.pieces, shelf.record.bookmark, shelf.record.read_well_at, shelf.record.found,
    )  # fmt: skip
    assert FAILED.defects == shelf.defects


def test_a_source_that_had_pieces_and_has_none_counts_as_failed() -> None:
    shelf = joined(a_reading())

    assert (SourceState.STALE, "It held 1 piece when it was last read and holds none now.") == (
        shelf.record.state, shelf.record.trouble,
    )  # fmt: skip
    assert ((SEEN,), '"old"') == (shelf.pieces, shelf.record.bookmark.etag)


def test_a_muted_source_is_usable_by_nobody_and_keeps_what_it_had() -> None:
    shelf = joined(Reading(source="The Lantern"), record=replace(RECORD, muted=True))

    assert (SourceState.MUTED, (SEEN,), False) == (shelf.record.state, shelf.pieces, shelf.is_usable(None))


def test_a_source_read_well_now_is_usable_whatever_the_clock_says() -> None:
    shelf = joined(a_reading(SEEN.piece))

    assert shelf.is_usable(NOW + DAY)


# What is counted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "told", "kept", "counted_at"),
    [(2, 5, 5, NOW), (5, 2, 5, NOW - HOUR), (5, None, 5, NOW - HOUR), (None, 0, 0, NOW), (None, None, None, None)],
)
def test_the_largest_count_is_kept_with_its_time_and_absent_is_unknown(
    before: int | None, told: int | None, kept: int | None, counted_at: datetime | None
) -> None:
    seen = replace(SEEN, piece=replace(SEEN.piece, comments=before), counted_at=None if before is None else NOW - HOUR)
    (only,) = joined(a_reading(replace(SEEN.piece, comments=told, title="Anew")), remembered=[seen]).pieces

    assert (kept, counted_at, "Anew") == (only.piece.comments, only.counted_at, only.piece.title)


def test_a_new_piece_is_counted_when_it_is_first_seen() -> None:
    first, second = joined(a_reading(numbered(1), replace(numbered(2), comments=None)), remembered=()).pieces

    assert (NOW, None) == (first.counted_at, second.counted_at)


# What is reported ------------------------------------------------------------------------------------------------

LEFT_OUT = tuple(Skipped(where=f"{number}.md", because="a draft") for number in range(3))


def test_a_good_reading_is_reported_in_numbers() -> None:
    many = tuple(Defect(source="The Lantern", where=f"entry {number}", what="No link.") for number in range(30))
    reading = replace(a_reading(SEEN.piece, replace(numbered(1), comments=None)), skipped=LEFT_OUT, defects=many)
    report = joined(reading).record.report

    assert (1, {"a draft": 3}, 1) == (report.new, report.left_out, report.counted)
    assert (many[:20], 10) == (report.defects, report.more_defects)


def test_an_unchanged_source_holds_what_it_held_and_nothing_new() -> None:
    report = SourceReport(new=4, left_out={"a draft": 3}, counted=0, more_defects=2)
    unchanged = Reading(source="The Lantern", unchanged=True)

    assert replace(report, new=0, counted=1) == joined(unchanged, record=replace(RECORD, report=report)).record.report


# When it is read again -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reading", [a_reading(SEEN.piece), FAILED], ids=["well", "failed"])
def test_a_source_that_asks_to_be_left_alone_is(reading: Reading) -> None:
    assert NOW + HOUR == joined(replace(reading, wait=HOUR)).record.not_before


def test_a_failure_without_a_word_leaves_the_time_and_a_good_reading_ends_it() -> None:
    waiting = replace(RECORD, not_before=NOW + HOUR)

    assert NOW + HOUR == joined(FAILED, record=waiting).record.not_before
    assert joined(a_reading(SEEN.piece), record=waiting).record.not_before is None
