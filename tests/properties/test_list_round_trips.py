"""What is exported is imported as it was, in both forms; and no spreadsheet finds a formula in it."""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.email_address import mailable_form
from roundup.list_changes import Changes
from roundup.list_files import ListRow
from roundup.list_files.spreadsheets import guarded, plain
from roundup.list_files.writing import csv_lines, json_lines
from roundup.model import Cadence, Status, Subscriber
from tests.builders import INSTANT
from tests.fakes.stores import ledgers_in_memory
from tests.lists import take_in

Writing = Callable[[Iterable[Subscriber]], Iterator[str]]
FORMS: dict[str, Writing] = {"csv": csv_lines, "jsonl": json_lines}
LOCALS = st.from_regex(r"[a-z0-9=+'_-]{1,12}", fullmatch=True)
EMAILS = st.one_of(
    st.builds("{}@{}".format, LOCALS, st.sampled_from(["lantern.example", "Example.org", "bücher.example"])).map(
        mailable_form
    ),
    st.sampled_from(
        ["=cmd@x.example", "+1@x.example", "-a@x.example", "'=b@x.example", "'c@x.example", "jörg@x.example"]
    ),
)
NAMES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(['=HYPERLINK("http://x")', "@SUM(1)", "-1+1", "'=1", "''", 'Ada "T" Marsh', "Marsh, Ada", "a;b|c"]),
)
PEOPLE = st.lists(
    st.builds(
        lambda email, name, status, cadence, sections, paused_until, since: (
            ListRow(
                line=2, email=email, name=name, cadence=cadence, sections=sections,
                paused_until=paused_until, since=since,
            ),
            status,
        ),
        EMAILS, NAMES, st.sampled_from(Status), st.sampled_from(Cadence),
        st.lists(st.sampled_from(["Books", "Trams", "=Odd"]), unique=True).map(tuple),
        st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2030, 1, 1))),
        st.datetimes(datetime(2000, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    max_size=12,
    unique_by=lambda each: each[0].email.lower(),
)  # fmt: skip


def people_of(changes: Changes | str) -> list[Subscriber]:
    with ledgers_in_memory() as ledgers:
        if isinstance(changes, str):
            taken = take_in(ledgers.subscribers, changes)
            assert [] == taken.complaints
        else:
            ledgers.subscribers.apply(changes, origin="import", digest="", at=INSTANT)
        return list(ledgers.subscribers.all())


def told(people: Iterable[Subscriber]) -> list[tuple[object, ...]]:
    """All of somebody that an export has."""
    return [
        (each.email, each.name, each.status, each.cadence, each.sections, each.paused_until, each.since)
        for each in people
    ]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None)
@given(rows=PEOPLE)
def test_export_and_import_is_the_identity(form: str, rows: list[tuple[ListRow, Status]]) -> None:
    people = people_of(Changes(new=rows))
    written = "".join(FORMS[form](people))
    again = people_of(written) if people else []

    assert told(people) == told(again)
    assert written == "".join(FORMS[form](again))


@settings(max_examples=60, deadline=None)
@given(rows=PEOPLE)
def test_no_cell_begins_as_a_formula_does(rows: list[tuple[ListRow, Status]]) -> None:
    written = list(csv.reader(csv_lines(people_of(Changes(new=rows)))))

    assert not [cell for row in written for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


@given(cell=st.text())
def test_what_is_guarded_is_read_back(cell: str) -> None:
    assert cell == plain(guarded(cell))
