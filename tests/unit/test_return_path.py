"""The signed envelope sender."""

import re
from dataclasses import replace
from datetime import date

import pytest

from roundup.bounces.return_path import return_path
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


def test_an_address_with_a_plus_keeps_it() -> None:
    assert a_path("news+b@lantern.example").startswith("news+b+")
