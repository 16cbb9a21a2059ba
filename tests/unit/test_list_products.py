"""List files as other programs export them: made up, and counted by hand."""

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roundup.email_address import compared_form
from roundup.errors import ListError
from roundup.list_changes import weight
from roundup.list_files import ListRow
from roundup.model import Status
from tests.fakes.stores import ledgers_in_memory
from tests.lists import read_list, take_in

EXPORTS = Path(__file__).resolve().parents[1] / "exports"
A, P, L, R, B, C = (
    Status.ACTIVE, Status.PENDING, Status.LEFT, Status.REMOVED, Status.BOUNCED, Status.COMPLAINED,
)  # fmt: skip


def at_lantern(**people: Status) -> dict[str, Status]:
    return {f"{name}@lantern.example": status for name, status in people.items()}


@dataclass(frozen=True)
class Truth:
    """What stands in a file, by hand."""

    product: str
    #: Everybody by compared form, and what they are.
    people: dict[str, Status]
    #: The lines of rows that were refused, and of those with a word that nobody knows.
    refused: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()


TRUTHS = {
    "mailchimp_subscribed.csv": Truth(
        "Mailchimp",
        {"ada@lantern.example": A, "bo.field@lantern.example": A, "cy@xn--bcher-kva.example": A},
        refused=(5,),
    ),
    "mailchimp_unsubscribed.csv": Truth("Mailchimp", {"dee@lantern.example": L, "bo.field@lantern.example": L}),
    "mailchimp_cleaned.csv": Truth("Mailchimp", at_lantern(eve=B)),
    "mailchimp_german.csv": Truth("Mailchimp", at_lantern(ada=A)),
    "substack.csv": Truth(
        "Substack",
        {"ada.marsh@lantern.example": A, "bo@lantern.example": L, "ömil@lantern.example": A, "cy@lantern.example": R},
        refused=(5,),
        unknown=(6,),
    ),
    "ghost.csv": Truth("Ghost", at_lantern(ada=A, bo=L, cy=R, dee=A), refused=(7,)),
    "listmonk.csv": Truth("listmonk", at_lantern(ada=A, bo=R, cy=L, dee=R), unknown=(5,)),
    "buttondown.csv": Truth(
        "Buttondown",
        at_lantern(
            regular=A, premium=A, gifted=A, trialed=A, churning=A, churned=A, past=A, paused=A, unpaid=A,
            unactivated=P, unsubscribed=L, removed=R, blocked=L, complained=C, undeliverable=B, upcoming=P, odd=L,
        ),
    ),
    "beehiiv.csv": Truth("beehiiv", at_lantern(ada=A, bo=L, cy=L, dee=P, eve=R), unknown=(6,)),
    "kit.csv": Truth("Kit", at_lantern(ada=A, bo=P, cy=L, dee=B, eve=C, flo=R), unknown=(7,)),
    "mailerlite.csv": Truth("MailerLite", at_lantern(ada=A, bo=L, cy=P, dee=B, eve=C)),
    "mailpoet.csv": Truth("MailPoet", at_lantern(ada=A, bo=L, cy=L, dee=R, eve=B, flo=P)),
    "mailman.txt": Truth("addresses", at_lantern(ada=A, bo=A, celine=A, dee=A), refused=(6,)),
    "plain.csv": Truth("addresses", at_lantern(ada=A, bo=A), refused=(3,)),
    "spreadsheet.tsv": Truth("", at_lantern(ada=A, bo=A)),
    "excel.csv": Truth("", at_lantern(ada=A, bo=L, cy=R), unknown=(5,)),
    "pipes.csv": Truth("", at_lantern(ada=A, bo=L)),
}  # fmt: skip


def test_every_export_has_its_truth() -> None:
    assert {path.name for path in EXPORTS.iterdir()} == set(TRUTHS)


@pytest.mark.parametrize("name", TRUTHS)
def test_the_right_people_may_be_mailed_and_no_others(name: str) -> None:
    truth = TRUTHS[name]
    with ledgers_in_memory() as ledgers:
        taken = take_in(ledgers.subscribers, (EXPORTS / name).read_bytes(), name=name)
        people = {compared_form(person.email): person.status for person in ledgers.subscribers.all()}

    assert truth.people == people
    assert truth.refused == tuple(row.line for row in taken.bad)
    assert [*sorted((*truth.refused, *truth.unknown))] == sorted(
        int(complaint.split(":")[1]) for complaint in taken.complaints
    )


@pytest.mark.parametrize("name", TRUTHS)
def test_it_is_known_whose_file_it_is(name: str) -> None:
    assert TRUTHS[name].product == read_list((EXPORTS / name).read_bytes(), name=name).products[""]


def row(name: str, email: str) -> ListRow:
    rows = read_list((EXPORTS / name).read_bytes(), name=name).rows
    return max((each for each in rows if compared_form(each.email) == email), key=weight)


@pytest.mark.parametrize(
    ("name", "email", "called"),
    [
        ("mailchimp_subscribed.csv", "ada@lantern.example", "Ada Marsh"),
        ("mailchimp_german.csv", "ada@lantern.example", "Ada Marsh"),
        ("ghost.csv", "ada@lantern.example", "=SUM(A1)"),
        ("mailpoet.csv", "ada@lantern.example", 'Ada "Tram" Marsh'),
        ("mailman.txt", "celine@lantern.example", "Céline Trams"),
        ("mailman.txt", "dee@lantern.example", "Field, Dee"),
        ("spreadsheet.tsv", "ada@lantern.example", "Zoë"),
        ("kit.csv", "ada@lantern.example", "Ada"),
    ],
)
def test_names_are_read_as_they_are_meant(name: str, email: str, called: str) -> None:
    assert called == row(name, email).name


def test_since_when_somebody_is_on_the_list_is_kept() -> None:
    assert datetime(2021, 3, 4, 5, 16, 7, tzinfo=UTC) == row("mailchimp_subscribed.csv", "ada@lantern.example").since
    assert datetime(2023, 3, 24, 10, 23, 10, tzinfo=UTC) == row("beehiiv.csv", "ada@lantern.example").since


def a_zip(*names: str, **more: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as parcel:
        for name in names:
            parcel.write(EXPORTS / name, name)
        for name, octets in more.items():
            parcel.writestr(name, octets)
    return written.getvalue()


def test_mailchimps_zip_is_read_whole_and_who_left_in_one_file_has_left() -> None:
    octets = a_zip("mailchimp_subscribed.csv", "mailchimp_unsubscribed.csv", "mailchimp_cleaned.csv")
    with ledgers_in_memory() as ledgers:
        taken = take_in(ledgers.subscribers, octets, name="export.zip")
        people = {compared_form(person.email): person.status for person in ledgers.subscribers.all()}

    assert {
        "ada@lantern.example": A, "bo.field@lantern.example": L, "cy@xn--bcher-kva.example": A,
        "dee@lantern.example": L, "eve@lantern.example": B,
    } == people  # fmt: skip
    assert [complaint.partition(": ")[0] for complaint in taken.complaints] == ["export.zip/mailchimp_subscribed.csv:5"]


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (a_zip(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<x/>"}), "Save the list as CSV"),
        (a_zip("plain.csv")[:-40], "this ZIP cannot be opened"),
        (a_zip("plain.csv").replace(b"ada@", b"bda@"), "this ZIP cannot be opened"),
    ],
)
def test_what_is_no_zip_of_lists_is_refused_with_a_sentence(octets: bytes, told: str) -> None:
    with pytest.raises(ListError, match=told):
        read_list(octets, name="export.zip")


@pytest.mark.parametrize(
    ("name", "status"),
    [("unsubscribed_2026.csv", L), ("cleaned_members.csv", B), ("Suppression list.csv", L), ("people.csv", A)],
)
def test_a_files_name_may_say_what_everybody_in_it_is(name: str, status: Status) -> None:
    with ledgers_in_memory() as ledgers:
        take_in(ledgers.subscribers, "email\nada@lantern.example\n", name=name)

        assert [status] == [person.status for person in ledgers.subscribers.all()]


def test_a_row_with_more_cells_than_the_heading_changes_nobody() -> None:
    read = read_list("email,name,status\nada@lantern.example,Marsh, Ada,left\nbo@lantern.example,Bo,active,\n")

    assert ["bo@lantern.example"] == [each.email for each in read.rows]
    assert [(2, "ada@lantern.example")] == [(bad.line, bad.email) for bad in read.bad]


def test_our_own_columns_know_our_own_words_alone() -> None:
    (own,) = read_list("email,status\nada@lantern.example,unsubscribed\n").rows
    (other,) = read_list("email,status,city\nada@lantern.example,unsubscribed,Leeds\n").rows

    assert (None, "unsubscribed") == (own.status, own.unknown_status)
    assert (L, "") == (other.status, other.unknown_status)


def test_an_import_brings_nobody_back_who_left_bounced_or_complained() -> None:
    gone = (Status.LEFT, Status.BOUNCED, Status.COMPLAINED)
    with ledgers_in_memory() as ledgers:
        book = ledgers.subscribers
        for status in gone:
            take_in(book, f"email,status\n{status}@lantern.example,{status}\n")
        for name in TRUTHS:
            octets = (EXPORTS / name).read_bytes().replace(b"ada@lantern.example", b"left@lantern.example")
            take_in(book, octets, name=name)
            take_in(book, "email\nleft@lantern.example\nbounced@lantern.example\ncomplained@lantern.example\n")

        assert [*gone] == [person.status for status in gone if (person := book.find(f"{status}@lantern.example"))]
