"""What a list file may change, row by row (plan §2.6)."""

from dataclasses import replace

import pytest

from roundup.email_address import AddressError, clean_name, compared_form, mailable_form
from roundup.list_changes import (
    FOLLOWED_FILE,
    MOST_TOLD,
    Known,
    Taken,
    choice_after,
    compare,
    first_status,
    stopped,
    too_many_lost,
    weight,
)
from roundup.list_files import BadRow, ListRow
from roundup.model import Cadence, Status

ADA = "ada@lantern.example"
ROW = ListRow(line=2, email=ADA)
PERSON = Known(name="Ada", status=Status.ACTIVE, cadence=Cadence.DAILY, sections=(), origin=FOLLOWED_FILE)


def after(now: Status | None, row: ListRow) -> Status:
    """Somebody's status after one row of a followed file; None: nobody has that address yet."""
    known = {} if now is None else {ADA: replace(PERSON, status=now)}
    changes = compare({ADA: row}, known)
    if changes.new:
        return changes.new[0][1]
    if ADA in changes.changed:
        return changes.changed[ADA][1]
    assert now is not None
    return now


ACTIVE, PENDING, PAUSED, LEFT, REMOVED, BOUNCED, COMPLAINED = Status
#: What a row says, and what becomes of: nobody, active, pending, paused, left, removed, bounced, complained.
PLAN = {
    "":           (ACTIVE, ACTIVE, PENDING, PAUSED, LEFT, ACTIVE, BOUNCED, COMPLAINED),
    "active":     (ACTIVE, ACTIVE, PENDING, PAUSED, LEFT, ACTIVE, BOUNCED, COMPLAINED),
    "pending":    (PENDING, PENDING, PENDING, PAUSED, LEFT, PENDING, BOUNCED, COMPLAINED),
    "paused":     (PAUSED, PAUSED, PENDING, PAUSED, LEFT, PAUSED, BOUNCED, COMPLAINED),
    "left":       (LEFT, LEFT, LEFT, LEFT, LEFT, LEFT, LEFT, COMPLAINED),
    "removed":    (REMOVED, REMOVED, PENDING, PAUSED, LEFT, REMOVED, BOUNCED, COMPLAINED),
    "bounced":    (BOUNCED, BOUNCED, PENDING, PAUSED, LEFT, BOUNCED, BOUNCED, COMPLAINED),
    "complained": (COMPLAINED, COMPLAINED, PENDING, PAUSED, LEFT, COMPLAINED, BOUNCED, COMPLAINED),
    "vip":        (REMOVED, REMOVED, PENDING, PAUSED, LEFT, REMOVED, BOUNCED, COMPLAINED),
}  # fmt: skip
CASES = [
    (word, now, expected)
    for word, row in PLAN.items()
    for now, expected in zip([None, *Status], row, strict=True)
]  # fmt: skip


@pytest.mark.parametrize(("word", "now", "expected"), CASES)
def test_a_row_does_to_a_status_what_the_plan_says(word: str, now: Status | None, expected: Status) -> None:
    known_word = Status(word) if word in list(Status) else None
    row = replace(ROW, status=known_word, unknown_status="" if known_word or not word else word)

    assert expected == after(now, row)


@pytest.mark.parametrize("status", [status for status in Status if status not in (ACTIVE, REMOVED)])
def test_who_is_kept_away_is_said(status: Status) -> None:
    changes = compare({ADA: ROW}, {ADA: replace(PERSON, status=status)})

    assert [ROW] == list(changes.kept_away)
    assert {} == dict(changes.changed)


@pytest.mark.parametrize(
    ("first", "second", "wins"),
    [
        (None, LEFT, LEFT), (LEFT, None, LEFT), (PAUSED, ACTIVE, PAUSED), (None, REMOVED, REMOVED),
        (REMOVED, LEFT, LEFT), (COMPLAINED, LEFT, LEFT), (PENDING, PAUSED, PAUSED), (BOUNCED, COMPLAINED, COMPLAINED),
    ],
)  # fmt: skip
def test_of_two_rows_for_one_person_the_one_that_keeps_more_mail_away_wins(
    first: Status | None, second: Status | None, wins: Status
) -> None:
    rows = [replace(ROW, line=line, status=status) for line, status in enumerate((first, second))]

    assert wins == first_status(max(reversed(rows), key=weight))


def test_rows_that_say_the_same_weigh_the_same() -> None:
    assert weight(replace(ROW, name="B")) == weight(ROW)


def test_a_bad_row_outweighs_nothing() -> None:
    assert weight(BadRow(line=9, what="no cadence", email=ADA)) < weight(ROW)


@pytest.mark.parametrize(
    "row",
    [replace(ROW, name="Ada Marsh"), replace(ROW, cadence=Cadence.WEEKLY), replace(ROW, sections=("politics",))],
)
def test_what_else_a_row_says_is_a_change(row: ListRow) -> None:
    assert {ADA: (row, ACTIVE)} == dict(compare({ADA: row}, {ADA: PERSON}).changed)


def test_a_blank_name_takes_no_name_away() -> None:
    assert 1 == compare({ADA: ROW}, {ADA: PERSON}).unchanged


# Who would be lost -----------------------------------------------------------------------------------------------


def people(count: int) -> dict[str, Known]:
    return {f"p{number}@x.example": PERSON for number in range(count)}


@pytest.mark.parametrize(
    ("active", "lost", "refused"),
    [(25, 5, False), (24, 5, True), (4, 4, False), (5, 5, True), (100, 20, False), (100, 21, True), (10, 4, False)],
)
def test_more_than_a_fifth_and_at_least_five_are_too_many(active: int, lost: int, *, refused: bool) -> None:
    assert refused == (too_many_lost(lost, active) is not None)


def test_too_many_are_told_with_what_to_do() -> None:
    told = too_many_lost(5, 10)

    assert told is not None
    assert told.startswith("subscribers.csv would take 5 of 10 people off the daily list.")


def test_who_is_stopped_by_the_file_counts_as_lost() -> None:
    known = people(10)
    rows = {
        email: ListRow(line=2, email=email, status=LEFT if number < 5 else None) for number, email in enumerate(known)
    }

    assert 5 == stopped(compare(rows, known), known)


def test_a_column_that_slipped_and_makes_everybody_weekly_counts_as_lost() -> None:
    known = people(10)
    rows = {email: ListRow(line=2, email=email, cadence=Cadence.WEEKLY) for email in known}

    assert 10 == stopped(compare(rows, known), known)


@pytest.mark.parametrize("person", [replace(PERSON, origin="add"), replace(PERSON, status=PAUSED)])
def test_nobody_else_counts_as_lost(person: Known) -> None:
    rows = {ADA: replace(ROW, status=LEFT)}

    assert 0 == stopped(compare(rows, {ADA: person}), {ADA: person})


# What people chose themselves ------------------------------------------------------------------------------------


def test_a_file_without_the_columns_leaves_choices_as_they_are() -> None:
    person = replace(PERSON, cadence=Cadence.WEEKLY, sections=("politics",))

    assert 1 == compare({ADA: ROW}, {ADA: person}).unchanged


def test_what_somebody_chose_no_file_changes() -> None:
    person = replace(PERSON, cadence=Cadence.WEEKLY, sections=("politics",), chose=True)
    row = replace(ROW, cadence=Cadence.DAILY, sections=("sport",))

    assert 1 == compare({ADA: row}, {ADA: person}).unchanged
    assert (Cadence.WEEKLY, ("politics",)) == choice_after(person, row)


def test_who_was_forgotten_is_not_brought_back() -> None:
    changes = compare({ADA: ROW}, {}, forgotten={ADA})

    assert ((), [ROW]) == (tuple(changes.new), list(changes.kept_away))


# Addresses and names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "mailed"),
    [
        (" Ada@Lantern.Example ", "Ada@lantern.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada+news@lantern.example", "ada+news@lantern.example"),
        ("o'hara@lantern.example", "o'hara@lantern.example"),
    ],
)
def test_an_address_is_mailed_as_given_with_its_domain_in_ascii(given: str, mailed: str) -> None:
    assert mailed == mailable_form(given)


@pytest.mark.parametrize(
    "given",
    ["", "ada", "ada@", "@x.example", "a@b@c.example", "ada@lantern", f"{'ü' * 33}@x.example", "a\r\nb@x.example",
     "a\x00@x.example", "ada @x.example", "<ada@x.example>", "ada@x.example, bo@x.example", '"a b"@x.example',
     f"{'a' * 250}@x.example", "a..b@x.example", "ada@[127.0.0.1]"],
)  # fmt: skip
def test_what_cannot_be_mailed_is_refused_with_a_sentence(given: str) -> None:
    with pytest.raises(AddressError, match=r"\w+ \w+ \w+"):
        mailable_form(given)


def test_addresses_are_compared_in_lower_case() -> None:
    assert "ada@lantern.example" == compared_form("Ada@LANTERN.example")


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("  Ada \t Marsh ", "Ada Marsh"),
        ("Ada\r\nBcc: x", "Ada Bcc: x"),
        ("A\u2028d\x00a", "A d a"),
        ("Zoë", "Zoë"),
        ("\u202e", ""),
        ("a" * 149 + " b" * 20, "a" * 149),
    ],
)
def test_a_name_is_one_line_of_text(given: str, clean: str) -> None:
    assert clean == clean_name(given)


def test_complaints_name_file_and_line() -> None:
    taken = Taken(name="list.csv")
    for row in (ROW, replace(ROW, line=4, unknown_status="vip"), BadRow(line=9, file="a.csv", what="no address")):
        taken.see(row)

    assert [
        "list.csv:4: “vip” is no status that roundup knows, so ada@lantern.example is not mailed",
        "list.csv/a.csv:9: no address",
    ] == taken.complaints


def test_of_very_many_complaints_the_first_are_told_and_the_rest_counted() -> None:
    taken = Taken(name="list.csv")
    for line in range(MOST_TOLD + 7):
        taken.see(BadRow(line=line, what="no address"))

    assert (MOST_TOLD, 7, MOST_TOLD + 7) == (len(taken.complaints), taken.more_complaints, taken.refused)
