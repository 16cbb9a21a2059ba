"""The signed envelope sender."""

import base64
import re
from dataclasses import replace
from datetime import date

import pytest

from roundup.bounces.return_path import return_path, return_paths
from roundup.model import IssueKey
from roundup.tokens import Secret
from tests.builders import KEY, SECRET

ADA = b"ada's  k"


def a_path(
    address: str = "bounces@lantern.example", *, issue: IssueKey = KEY, key: bytes = ADA, secret: Secret = SECRET
) -> str:
    return return_path(address, issue=issue, key=key, secret=secret)


def test_the_token_stands_between_plus_and_at() -> None:
    assert re.fullmatch(r"bounces\+[a-z2-7]{36}@lantern\.example", a_path())


def test_the_longest_local_part_has_64_octets() -> None:
    local = a_path(f"{'b' * 27}@lantern.example").partition("@")[0]

    assert 64 == len(local)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_every_day_has_a_token_of_the_same_length(day: date) -> None:
    assert len(a_path()) == len(a_path(issue=IssueKey(day=day)))


def test_a_token_holds_in_lower_case() -> None:
    # Mail servers may fold the case of a local part.
    assert a_path() == a_path().lower()


def test_paths_differ_by_issue_edition_person_and_secret() -> None:
    others = [
        a_path(issue=IssueKey(day=date(2015, 3, 31))),
        a_path(issue=replace(KEY, edition="weekly")),
        a_path(key=b"bo's   k"),
        a_path(secret=Secret(b"another secret of thirty-two bytes")),
    ]

    assert 5 == len({a_path(), *others})


def test_a_path_is_always_the_same() -> None:
    assert a_path() == a_path(secret=Secret(SECRET.octets))


def test_a_bounce_to_a_mail_of_before_an_upgrade_still_says_whom_it_speaks_of() -> None:
    assert "bounces+aafttr3bmrqso4zaebvy6nctoagbi2rqnfvq@lantern.example" == a_path()


@pytest.mark.parametrize("key", [bytes(8), b"\xff" * 8, ADA])
def test_a_token_is_base32_as_the_standard_library_reads_it(key: bytes) -> None:
    token = a_path(key=key).partition("+")[2].partition("@")[0]
    octets = base64.b32decode(token.upper() + "====")

    assert (KEY.day.toordinal().to_bytes(4, "big"), key) == (octets[:4], octets[4:12])
    assert SECRET.mac("return-path", octets[:4], b"main", key)[:10] == octets[12:]


def test_one_beginning_serves_many() -> None:
    paths = return_paths("bounces@lantern.example", issue=KEY, secret=SECRET)

    assert [a_path(), a_path(key=b"bo's   k"), a_path()] == [paths(ADA), paths(b"bo's   k"), paths(ADA)]


def test_an_address_with_a_plus_keeps_it() -> None:
    assert a_path("news+b@lantern.example").startswith("news+b+")
