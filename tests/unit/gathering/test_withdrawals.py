"""What a reading tells about pieces that are remembered."""

from datetime import UTC, datetime

from roundup.gathering.withdrawals import missing
from roundup.model import Defect, Piece, Published, Reading


def a_piece(name: str, day: int | None) -> Piece:
    at = datetime(2015, 3, day, tzinfo=UTC) if day else None
    return Piece(
        id=name,
        source="s",
        title=name,
        link=f"https://example.org/{name}",
        published=Published(at=at, latest=at) if at else None,
    )


OLD, MIDDLE, NEW, UNDATED = a_piece("old", 1), a_piece("middle", 2), a_piece("new", 3), a_piece("undated", None)
REMEMBERED = [OLD, MIDDLE, NEW, UNDATED]


def test_a_piece_that_is_listed_is_not_missing() -> None:
    assert missing(REMEMBERED, Reading(source="s", pieces=tuple(REMEMBERED))) == (frozenset(), ())


def test_a_piece_missing_among_older_ones_is_withdrawn() -> None:
    assert missing([MIDDLE], Reading(source="s", pieces=(NEW, OLD))) == (frozenset({"middle"}), ())


def test_a_piece_that_may_have_scrolled_off_is_asked_about() -> None:
    assert missing([OLD, UNDATED], Reading(source="s", pieces=(NEW, MIDDLE))) == (frozenset(), (OLD.link, UNDATED.link))


def test_an_old_piece_that_is_pinned_to_the_top_shows_nothing_about_what_scrolled_off() -> None:
    newest = a_piece("newest", 4)
    assert missing([MIDDLE], Reading(source="s", pieces=(OLD, newest, NEW))) == (frozenset(), (MIDDLE.link,))
    assert missing([NEW], Reading(source="s", pieces=(OLD, newest, MIDDLE))) == (frozenset({"new"}), ())


def test_a_feed_in_another_order_is_asked_rather_than_believed() -> None:
    assert missing([MIDDLE], Reading(source="s", pieces=(OLD, UNDATED, NEW))) == (frozenset(), (MIDDLE.link,))


def test_a_piece_of_the_same_day_is_not_older() -> None:
    assert missing([MIDDLE], Reading(source="s", pieces=(a_piece("other", 2),))) == (frozenset(), (MIDDLE.link,))


def test_a_piece_with_a_new_id_at_its_old_link_is_still_there() -> None:
    moved = Piece(id="guid-2", source="s", title="middle", link="http://www.example.org/middle/", published=None)
    assert missing([MIDDLE], Reading(source="s", pieces=(moved, OLD))) == (frozenset(), ())


def test_what_a_whole_reading_lacks_is_withdrawn() -> None:
    assert missing(REMEMBERED, Reading(source="s", pieces=(NEW,), whole=True)) == (
        frozenset({"old", "middle", "undated"}),
        (),
    )


def test_a_file_that_cannot_be_read_at_the_moment_is_not_gone() -> None:
    defects = tuple(Defect(source="s", where=where, what="") for where in ("old", "middle:3", "folder"))
    inside = a_piece("folder/a.md", 3)
    reading = Reading(source="s", whole=True, defects=defects)
    assert missing([OLD, MIDDLE, inside, NEW], reading) == (frozenset({"new"}), ())


def test_a_reading_that_failed_or_is_unchanged_withdraws_nothing() -> None:
    assert missing(REMEMBERED, Reading(source="s", failure="down", whole=True)) == (frozenset(), ())
    assert missing(REMEMBERED, Reading(source="s", unchanged=True)) == (frozenset(), ())
