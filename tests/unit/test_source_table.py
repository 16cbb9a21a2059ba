"""Sources on the terminal, as an editor reads them."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console, RenderableType

from roundup.cli.source_table import left_out_lines, source_details, source_table
from roundup.memory import SourceRecord, SourceReport, SourceState
from roundup.model import Defect
from tests.builders import INSTANT, LONDON

NOW = INSTANT + timedelta(hours=2)
REPORT = SourceReport(
    new=3, left_out={"a draft": 2, "private": 7}, counted=10, more_defects=4,
    defects=(Defect(source="The Lantern", where="posts/a.md:7", what="The file has no [title]."),),
)  # fmt: skip
LANTERN = SourceRecord(name="The Lantern", read_well_at=INSTANT, found=12, report=REPORT)


def shown(what: RenderableType) -> list[str]:
    """The lines of it, blanks folded."""
    file = StringIO()
    Console(file=file, width=120).print(what)
    return [" ".join(line.split()) for line in file.getvalue().splitlines()]


def row(record: SourceRecord) -> str:
    return shown(source_table([record], now=NOW, zone=LONDON))[1]


def test_a_row_has_every_number() -> None:
    heading = shown(source_table([], now=NOW, zone=LONDON))

    assert ["Source State Found New Left out Counted Defects Read well"] == heading
    assert "The Lantern ok 12 3 9 10 of 12 5 30 Mar 17:00, 2 hours ago" == row(LANTERN)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (SourceRecord(name="Lamp"), "Lamp not read yet 0 0 0 0 of 0 0 never"),
        (SourceRecord(name="Lamp", state=SourceState.FAILED), "Lamp failed 0 0 0 0 of 0 0 never"),
        (SourceRecord(name="[Lamp]", state=SourceState.MUTED), "[Lamp] muted 0 0 0 0 of 0 0 never"),
    ],
)
def test_a_source_that_was_never_read_says_so(record: SourceRecord, told: str) -> None:
    assert told == row(record)


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(seconds=59), "17:00"),
        (timedelta(minutes=1), "17:00, 1 minute ago"),
        (timedelta(minutes=119), "17:00, 1 hour ago"),
        (timedelta(days=2, hours=3), "17:00, 2 days ago"),
        (timedelta(days=400), "30 Mar 2015 17:00, 400 days ago"),
        (timedelta(hours=-3), "17:00"),
    ],
)
def test_the_age_of_the_last_good_state_is_told_roundly(ago: timedelta, told: str) -> None:
    assert shown(source_table([LANTERN], now=INSTANT + ago, zone=LONDON))[1].endswith(told)


def test_the_details_name_reasons_most_first_and_defects_with_file_and_line() -> None:
    record = replace(LANTERN, state=SourceState.STALE, trouble="It answered 503.", not_before=NOW + timedelta(hours=1))

    assert [
        "The Lantern",
        "State stale: It answered 503.",
        "Read well 30 Mar 17:00, 2 hours ago",
        "Read again from 30 March 2015 at 20:00, as it asked",
        "Found 12, 3 of them new at its last reading",
        "Comments known for 10, unknown for 2",
        "Left out 7 × private",
        "2 × a draft",
        "",
        "Defects",
        "posts/a.md:7 The file has no [title].",
        "and 4 more like these",
    ] == shown(source_details(record, now=NOW, zone=LONDON))


def test_why_a_source_left_something_out_is_a_line() -> None:
    (line,) = left_out_lines([LANTERN, SourceRecord(name="Lamp")])

    assert "The Lantern left out: 7 × private, 2 × a draft" == line.plain


def test_the_details_of_a_source_that_was_never_read_are_that() -> None:
    assert ["Lamp", "not read yet"] == shown(source_details(SourceRecord(name="Lamp"), now=NOW, zone=LONDON))
