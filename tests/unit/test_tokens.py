"""Tokens: made by one secret, for one person and one purpose, and nothing else is one."""

import base64
import re
from datetime import date

import pytest

from roundup.model import IssueKey
from roundup.tokens import Purpose, Secret
from tests.builders import KEY, SECRET

ADA = b"ada's  k"
OTHER = Secret(b"another secret of thirty-two bytes")


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_tells_whom_and_what_for(purpose: Purpose) -> None:
    assert (ADA, purpose) == SECRET.read_token(SECRET.token(ADA, purpose))


@pytest.mark.parametrize("key", [b"\x00" * 8, b"\xff" * 8, b"\xfb\xef\xbe\xff\xff\xff\xff\xff"])
def test_a_token_fits_into_any_address(key: bytes) -> None:
    assert re.fullmatch("[A-Za-z0-9_-]{32}", SECRET.token(key, Purpose.LEAVE))


def test_tokens_differ_by_person_purpose_and_secret() -> None:
    made = {
        secret.token(key, purpose) for secret in (SECRET, OTHER) for key in (ADA, b"bo's   k") for purpose in Purpose
    }

    assert 8 == len(made)


def test_another_secrets_token_is_none() -> None:
    assert OTHER.read_token(SECRET.token(ADA, Purpose.LEAVE)) is None


@pytest.mark.parametrize("place", range(32))
def test_a_token_with_any_letter_changed_is_none(place: int) -> None:
    token = SECRET.token(ADA, Purpose.LEAVE)
    changed = "A" if token[place] != "A" else "B"

    assert SECRET.read_token(token[:place] + changed + token[place + 1 :]) is None


@pytest.mark.parametrize(
    "token",
    ["", "x", "A" * 32, "A" * 31, "A" * 33, "ä" * 32, "\ud800", "a b", "=" * 32, "A" * 4000,
     base64.b64encode(ADA + bytes(16)).decode()],
)  # fmt: skip
def test_what_was_never_a_token_is_none(token: str) -> None:
    assert SECRET.read_token(token) is None


@pytest.mark.parametrize("extra", ["\n", " ", "A", "AAAA"])
def test_a_token_with_something_added_is_none(extra: str) -> None:
    token = SECRET.token(ADA, Purpose.LEAVE)

    assert (None, None) == (SECRET.read_token(token + extra), SECRET.read_token(extra + token))


def test_what_a_mac_is_made_of_cannot_run_together() -> None:
    macs = {SECRET.mac("p", b"ab", b"c"), SECRET.mac("p", b"a", b"bc"), SECRET.mac("pa", b"b", b"c")}

    assert 3 == len(macs)


def test_an_issues_nonce_and_boundary_are_its_own_and_always_the_same() -> None:
    weekly, tomorrow = IssueKey(day=KEY.day, edition="weekly"), IssueKey(day=date(2015, 3, 31))

    assert re.fullmatch("[0-9a-f]{8}", SECRET.nonce(KEY))
    assert re.fullmatch("=_roundup_[0-9a-f]{24}", SECRET.boundary(KEY))
    assert SECRET.nonce(KEY) == Secret(SECRET.octets).nonce(KEY)
    assert 3 == len({SECRET.nonce(key) for key in (KEY, weekly, tomorrow)})
    assert 3 == len({SECRET.boundary(key) for key in (KEY, weekly, tomorrow)})


def test_a_stranger_has_a_key_of_eight_octets_and_keeps_it() -> None:
    assert 8 == len(SECRET.stranger("editor@lantern.example"))
    assert SECRET.stranger("a@x.example") == SECRET.stranger("a@x.example") != SECRET.stranger("b@x.example")


def test_a_secret_is_never_printed() -> None:
    assert "Secret(…)" == repr(SECRET) == str(SECRET)
