"""Tokens: made by one secret, for one person and one purpose, and nothing else is one."""

import base64
import hashlib
import hmac
import re
from datetime import date, timedelta

import pytest

from roundup.model import IssueKey
from roundup.tokens import Purpose, Secret
from tests.builders import INSTANT, KEY, SECRET

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


@pytest.mark.parametrize("octets", [b"x", b"x" * 63, b"x" * 64, b"x" * 65, b"x" * 200])
def test_a_mac_begun_once_is_that_of_the_standard_library(octets: bytes) -> None:
    secret = Secret(octets)
    begun = secret.macs("p", b"ab")
    framed = b"\0\0\0\x01p" + b"\0\0\0\x02ab" + b"\0\0\0\x08" + ADA

    assert [hmac.new(octets, framed, hashlib.sha256).digest()] * 3 == [
        begun(ADA),
        begun(ADA),
        secret.mac("p", b"ab", ADA),
    ]
    assert secret.mac("p", b"ab", b"") == begun(b"")


def test_what_was_mailed_before_an_upgrade_still_holds() -> None:
    # Links in mails that are years old, and a retry's Message-ID, by which receivers know a second copy.
    assert "YWRhJ3MgIGsjE627dAD0mEmln9S2be-i" == SECRET.token(ADA, Purpose.LEAVE)
    assert "YWRhJ3MgIGtaVZeHTn4dmxMNQlnUCM4H" == SECRET.token(ADA, Purpose.TEST)
    assert "20150330.main.0c65d93f1d59d4feff445160" == SECRET.message_number(KEY, ADA)
    assert ("3d7f5d87", "=_roundup_aea64aad2ab07ba85f031da7") == (SECRET.nonce(KEY), SECRET.boundary(KEY))


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


def test_secrets_are_compared_by_what_they_hold() -> None:
    assert {SECRET} == {SECRET, Secret(SECRET.octets)} != {OTHER}


def test_what_a_former_secret_signed_is_still_read() -> None:
    rotated = Secret(b"the next secret of thirty-two bytes", (OTHER.octets, SECRET.octets))
    confirming, shown = SECRET.confirm_token(ADA, INSTANT), SECRET.stamp(INSTANT)

    assert (ADA, INSTANT) == rotated.read_confirm_token(confirming)
    assert INSTANT == rotated.read_stamp(shown)
    assert (None, None) == (OTHER.read_confirm_token(confirming), OTHER.read_stamp(shown))
    assert (None, None) == (SECRET.read_confirm_token(rotated.confirm_token(ADA, INSTANT)), SECRET.read_stamp(""))


@pytest.mark.parametrize("seconds", [0, 1, 59])
def test_a_token_to_confirm_tells_the_sign_up_to_the_second(seconds: int) -> None:
    at = INSTANT + timedelta(seconds=seconds)

    assert (ADA, at) == SECRET.read_confirm_token(SECRET.confirm_token(ADA, at + timedelta(milliseconds=999)))


@pytest.mark.parametrize("place", range(37))
def test_a_token_to_confirm_with_any_letter_changed_is_none(place: int) -> None:
    token = SECRET.confirm_token(ADA, INSTANT)
    changed = "A" if token[place] != "A" else "B"

    assert SECRET.read_confirm_token(token[:place] + changed + token[place + 1 :]) is None
