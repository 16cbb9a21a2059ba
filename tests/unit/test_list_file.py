"""A list file as spreadsheets, databases and people write it."""

import pytest

from roundup.errors import ListError
from roundup.model import Cadence, Status
from tests.lists import ReadList, read_list


def read(octets: bytes | str) -> ReadList:
    return read_list(octets, headed=True)


def emails(octets: bytes | str) -> list[str]:
    return [row.email for row in read(octets).rows]


def test_a_row_says_all_it_can() -> None:
    (row,) = read("name,sections,email,cadence,status\nAda,politics; sport,ada@x.example,Weekly,PAUSED\n").rows

    assert (2, "ada@x.example", "Ada", Status.PAUSED, Cadence.WEEKLY, ("politics", "sport"), "") == (
        row.line, row.email, row.name, row.status, row.cadence, row.sections, row.unknown_status,
    )  # fmt: skip


def test_a_row_may_say_nothing_but_an_address() -> None:
    (row,) = read("email\nada@x.example").rows

    assert ("", None, None, None) == (row.name, row.status, row.cadence, row.sections)


@pytest.mark.parametrize(
    "octets",
    [
        b"\xef\xbb\xbfemail,name\nada@x.example,Zo\xc3\xab\n",
        b"email,name\nada@x.example,Zo\xc3\xab\n",
        b"email;name\r\nada@x.example;Zo\xeb\r\n",  # Excel on Windows
        b"email\tname\rada@x.example\tZo\xc3\xab\r",
        "email,name\nada@x.example,Zoë\n".encode("utf-16"),
        b'"email","name"\n"ada@x.example","Zo\xc3\xab"\n',
        b"E-Mail, Name\n ada@x.example , Zo\xc3\xab \n",
        b"email,name,joined\nada@x.example,Zo\xc3\xab,2015\n",
    ],
)
def test_every_common_way_of_writing_is_read(octets: bytes) -> None:
    assert [("ada@x.example", "Zoë")] == [(row.email, row.name) for row in read(octets).rows]


@pytest.mark.parametrize("heading", ["email", "Email", "E-mail", "email address", "EMAIL_ADDRESS", "mail", "address"])
def test_the_address_may_be_called_by_many_names(heading: str) -> None:
    assert ["ada@x.example"] == emails(f"{heading}\nada@x.example\n")


def test_of_several_the_plainest_heading_is_the_address() -> None:
    assert ["ada@x.example"] == emails("address,email\n1 High Street,ada@x.example\n")


def test_bad_rows_are_told_with_their_lines_and_the_others_count() -> None:
    content = "email,cadence\nada@x.example,daily\n\nnobody,daily\n,weekly\nbo@x.example,hourly\ncai@x.example,\n"
    found = read(content)

    assert ["ada@x.example", "cai@x.example"] == [row.email for row in found.rows]
    assert [4, 5, 6] == [row.line for row in found.bad]
    assert found.bad[0].what.startswith("“nobody” is no address that can be mailed: ")
    assert [
        "there is no address in this row",
        "“hourly” is no cadence (daily, weekly); bo@x.example stays as before",
    ] == [row.what for row in found.bad[1:]]


def test_who_left_is_obeyed_whatever_else_stands_in_the_row() -> None:
    (row,) = read("email,status,cadence\nada@x.example,left,hourly\n").rows

    assert Status.LEFT == row.status


def test_a_bad_row_names_its_address_where_it_has_one() -> None:
    (bad,) = read("email,cadence\nada@x.example,hourly\n").bad

    assert "ada@x.example" == bad.email


def test_a_short_row_has_what_it_has() -> None:
    assert ["ada@x.example"] == emails("email,name,status\nada@x.example\n")


def test_an_unknown_status_is_kept_by_its_word() -> None:
    (row,) = read("email,status\nada@x.example,VIP\n").rows

    assert (None, "VIP") == (row.status, row.unknown_status)


def test_a_quoted_line_break_is_part_of_its_cell() -> None:
    (row,) = read('email,name\nada@x.example,"Ada\nMarsh"\n').rows

    assert "Ada Marsh" == row.name


def test_a_nul_in_one_row_is_no_fault_of_the_others() -> None:
    found = read("email,name\nada@x.example,A\0da\nbo@x\0.example,Bo\ncy@x.example,Cy\n")

    assert [("ada@x.example", "A da"), ("cy@x.example", "Cy")] == [(row.email, row.name) for row in found.rows]
    [bad] = found.bad
    assert (3, "“bo@x .example” is no address that can be mailed: ") == (bad.line, bad.what[:50])


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "list.csv:1: the first line must name the columns, and one of them must be “email” (it says: nothing)"),
        (b"name\nAda\n", "(it says: name)"),
        (b"ada@x.example\nbo@x.example\n", "(it says: ada@x.example)"),
        ("email\nada@x.example\n".encode("utf-16-le"), "list.csv:1: this is no text file."),
        (b"email\nada@x.example\nbo@x.e\x00\x00\x00\x00", "list.csv:1: this is no text file."),
        (b"PK\x03\x04\x14\x00\x06\x00", "list.csv: this ZIP cannot be opened"),
        (b'email\n"ada@x.example\n', "list.csv:2: this is no CSV that can be read"),
        (b'email\n"ada"x@x.example\n', "list.csv:2: this is no CSV that can be read"),
        (b"\xff\xfea", "the first line must name the columns"),
    ],
)
def test_what_is_no_list_is_refused_and_changes_nothing(octets: bytes, told: str) -> None:
    with pytest.raises(ListError) as refused:
        read(octets)

    assert told in str(refused.value)
    assert "Nothing was changed." in str(refused.value)


def test_a_file_is_known_by_its_octets() -> None:
    assert read("email\na@x.example\n").digest == read("email\na@x.example\n").digest
    assert read("email\na@x.example\n").digest != read("email\na@x.example").digest
