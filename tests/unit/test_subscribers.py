"""What a list file may change, row by row (plan §2.6)."""

from dataclasses import replace

import pytest

from roundup.model import Cadence, Status
from roundup.subscribers import (
    FOLLOWED_FILE,
    AddressError,
    BadRow,
    Changes,
    Known,
    ListFile,
    ListRow,
    clean_name,
    compare,
    compared_form,
    complaints,
    mailable_form,
    too_many_lost,
)

ADA = "ada@lantern.example"
ROW = ListRow(line=2, email=ADA)
PERSON = Known(name="Ada", status=Status.ACTIVE, cadence=Cadence.DAILY, sections=(), origin=FOLLOWED_FILE)


def a_list(*rows: ListRow, bad: tuple[BadRow, ...] = ()) -> ListFile:
    return ListFile(name="list.csv", rows=rows, bad=bad, digest="")


def after(now: Status | None, row: ListRow) -> Status:
    """Somebody's status after one row of a followed file; None: nobody has that address yet."""
    known = {} if now is None else {ADA: replace(PERSON, status=now)}
    changes = compare(a_list(row), known, followed=True)
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
    changes = compare(a_list(ROW), {ADA: replace(PERSON, status=status)}, followed=True)

    assert (ROW,) == changes.kept_away
    assert {} == dict(changes.changed)


def test_an_address_in_another_spelling_is_the_same_person() -> None:
    changes = compare(a_list(replace(ROW, email="Ada@Lantern.example")), {ADA: PERSON}, followed=True)

    assert ((), 1, ()) == (changes.new, changes.unchanged, changes.vanished)


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
    (new,) = compare(a_list(*rows), {}, followed=True).new

    assert wins == new[1]


def test_of_two_equal_rows_the_first_counts() -> None:
    (new,) = compare(a_list(replace(ROW, name="A"), replace(ROW, name="B")), {}, followed=True).new

    assert "A" == new[0].name


@pytest.mark.parametrize(
    "row",
    [replace(ROW, name="Ada Marsh"), replace(ROW, cadence=Cadence.WEEKLY), replace(ROW, sections=("politics",))],
)
def test_what_else_a_row_says_is_a_change(row: ListRow) -> None:
    assert {ADA: (row, ACTIVE)} == dict(compare(a_list(row), {ADA: PERSON}, followed=True).changed)


def test_a_blank_name_takes_no_name_away() -> None:
    assert 1 == compare(a_list(ROW), {ADA: PERSON}, followed=True).unchanged


# Who vanished ----------------------------------------------------------------------------------------------------


def test_who_vanished_from_the_followed_file_is_removed() -> None:
    assert (ADA,) == compare(a_list(), {ADA: PERSON}, followed=True).vanished


def test_who_stands_in_a_bad_row_has_not_vanished() -> None:
    bad = BadRow(line=2, what="“hourly” is no cadence; write daily or weekly", email="ADA@lantern.example")

    assert () == compare(a_list(bad=(bad,)), {ADA: PERSON}, followed=True).vanished


@pytest.mark.parametrize(
    ("person", "followed"),
    [
        (PERSON, False),  # an import takes nobody away
        (replace(PERSON, origin="add"), True),  # came otherwise
        (replace(PERSON, origin="import"), True),
        (replace(PERSON, status=LEFT), True),  # stays what they are
        (replace(PERSON, status=BOUNCED), True),
    ],
)
def test_nobody_else_vanishes(person: Known, *, followed: bool) -> None:
    assert () == compare(a_list(), {ADA: person}, followed=followed).vanished


def people(count: int, *, origin: str = FOLLOWED_FILE, status: Status = ACTIVE) -> dict[str, Known]:
    return {f"{origin}{number}@x.example": replace(PERSON, origin=origin, status=status) for number in range(count)}


@pytest.mark.parametrize(
    ("active", "vanished", "refused"),
    [(25, 5, False), (24, 5, True), (4, 4, False), (5, 5, True), (100, 20, False), (100, 21, True), (10, 4, False)],
)
def test_more_than_a_fifth_and_at_least_five_are_too_many(active: int, vanished: int, *, refused: bool) -> None:
    known = people(active) | people(50, origin="add") | people(50, status=LEFT, origin="x")
    changes = Changes(vanished=tuple(known)[:vanished])

    assert refused == (too_many_lost(changes, known) is not None)


def test_who_is_stopped_by_the_file_counts_as_lost() -> None:
    known = people(10)
    rows = [ListRow(line=2, email=email, status=LEFT if number < 5 else None) for number, email in enumerate(known)]
    told = too_many_lost(compare(a_list(*rows), known, followed=True), known)

    assert told is not None
    assert told.startswith("subscribers.csv would take 5 of 10 people off the daily list.")


def test_a_column_that_slipped_and_makes_everybody_weekly_counts_as_lost() -> None:
    known = people(10)
    rows = [ListRow(line=2, email=email, cadence=Cadence.WEEKLY) for email in known]

    assert too_many_lost(compare(a_list(*rows), known, followed=True), known) is not None


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


def test_complaints_stand_in_the_order_of_the_file() -> None:
    read = a_list(ROW, replace(ROW, line=4, unknown_status="vip"), bad=(BadRow(line=9, what="no address"),))

    assert (
        "list.csv:4: “vip” is no status that roundup knows, so ada@lantern.example is not mailed",
        "list.csv:9: no address",
    ) == complaints(read)
