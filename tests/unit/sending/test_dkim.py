"""Signatures: what they cover, that any change breaks them, and what is said of keys that sign nothing."""

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key

from roundup.letters import letter
from roundup.messages import Addressee, fingerprint, stationery
from roundup.sending.dkim import dns_record, signed
from roundup.sending.dkim_keys import KeyFileError, read_key
from tests.builders import SECRET, a_letterhead, a_rendered_issue
from tests.signatures import (
    a_key_file,
    an_ed25519_pem,
    an_rsa_pem,
    pem,
    signature_fields,
    signed_headers,
    signers,
    verdicts,
    zone_of,
)

DATE = datetime(2015, 3, 30, 16, 0, 5, tzinfo=UTC)
ADA = Addressee(email="ada@reader.example", name="Ada Marsh", key=b"ada's  k")
LETTERHEAD = replace(a_letterhead(reply_to="editor@lantern.example"), signers=signers())
ZONE = zone_of(signers())
COVERED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "list-id",
    "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip


def a_copy(addressee: Addressee = ADA, *, date: datetime = DATE) -> bytes:
    return stationery(a_rendered_issue(), LETTERHEAD, SECRET).message(addressee, date=date).content


def test_both_signatures_hold_and_cover_every_header_that_matters_twice() -> None:
    octets = a_copy()

    assert [True, True] == verdicts(octets, ZONE)
    for names in signed_headers(octets):
        assert sorted(names) == sorted(2 * COVERED)
        assert names[:2] == ["from", "from"]
    for field in signature_fields(octets):
        assert f"t={int(DATE.timestamp())};" in field
        assert "c=relaxed/relaxed;" in field
        assert " l=" not in field
        assert max(map(len, field.split("\r\n"))) <= 78


@pytest.mark.parametrize("name", COVERED)
def test_a_covered_header_that_is_changed_added_or_taken_breaks_both(name: str) -> None:
    octets = a_copy()
    field = re.compile(rf"(?im)^{name}:(.*)\r\n(?:[ \t].*\r\n)*".encode())
    found = field.search(octets)
    assert found is not None
    changed = octets.replace(found[0], found[0].replace(found[1], found[1] + b"x"), 1)
    added = found[0].split(b":")[0] + b": other\r\n" + octets
    taken = octets.replace(found[0], b"", 1)

    assert [[False, False]] * 3 == [verdicts(each, ZONE) for each in (changed, added, taken)]


@pytest.mark.parametrize(("before", "after"), [(b"Ada Marsh", b"Ada Mersh"), (b"</p>", b"</p>x"), (b"Dear", b"dear")])
def test_a_changed_body_breaks_both(before: bytes, after: bytes) -> None:
    octets = a_copy()
    at = octets.rindex(before)

    assert [False, False] == verdicts(octets[:at] + after + octets[at + len(before) :], ZONE)
    assert [False, False] == verdicts(octets + b"One line more\r\n", ZONE)


def test_what_relays_do_to_blanks_and_folding_breaks_neither() -> None:
    octets = a_copy()
    refolded = octets.replace(b"Subject: What a", b"SUBJECT:   What\r\n\ta", 1) + b"\r\n\r\n"

    assert refolded != octets
    assert [True, True] == verdicts(refolded, ZONE)


def test_the_same_message_offered_again_has_the_same_octets_but_for_its_second() -> None:
    later = a_copy(date=DATE + timedelta(seconds=1))

    assert a_copy() == a_copy()
    assert signature_fields(a_copy()) != signature_fields(later)
    assert [True, True] == verdicts(later, ZONE)
    own = re.compile(rb"(?im)^(DKIM-Signature|Date):.*\r\n(?:[ \t].*\r\n)*")
    assert own.sub(b"", a_copy()) == own.sub(b"", later)


def test_an_issue_signed_by_its_template_is_one_signed_as_a_whole() -> None:
    plain = stationery(a_rendered_issue(), replace(LETTERHEAD, signers=()), SECRET).message(ADA, date=DATE).content

    assert a_copy() == signed(plain, signers(), second=int(DATE.timestamp()))


def test_a_mail_that_is_no_issue_is_signed_too() -> None:
    message = letter(LETTERHEAD, "ada@reader.example", "Was it you?", [("plain", "Yes  or no\n")], number="1", at=DATE)

    assert [True, True] == verdicts(message.content, ZONE)
    assert not message.undotted


def test_who_signs_is_no_part_of_what_readers_see() -> None:
    rendered = a_rendered_issue()

    assert fingerprint(rendered, LETTERHEAD) == fingerprint(rendered, replace(LETTERHEAD, signers=()))


@pytest.mark.parametrize(("kind", "content"), [("rsa", an_rsa_pem), ("ed25519", an_ed25519_pem)])
def test_the_dns_record_holds_what_openssl_says_the_public_half_is(kind: str, content: object, tmp_path: Path) -> None:
    octets = content()  # type: ignore[operator]
    path = a_key_file(tmp_path, "key.pem", octets)
    last = "| tail -c 32" if kind == "ed25519" else ""
    command = f"openssl pkey -in {path} -pubout -outform DER {last} | openssl base64 -A"
    public = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True, timeout=20).stdout

    assert dns_record(read_key(octets)) == f"v=DKIM1; k={kind}; p={public}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no private key"),
        (an_rsa_pem(1024), "1024 bits"),
        (pem(generate_ec_key(SECP256R1())), "neither RSA nor Ed25519"),
    ],
)
def test_a_key_that_nothing_can_be_signed_with_is_refused_without_being_shown(content: bytes, said: str) -> None:
    with pytest.raises(KeyFileError, match=said) as refused:
        read_key(content)
    assert "AAAA" not in str(refused.value)


def test_a_signer_says_nothing_of_its_private_half() -> None:
    private = an_ed25519_pem().decode().splitlines()[1]

    assert private not in repr(LETTERHEAD)
    assert bytes(range(32)).hex() not in repr(LETTERHEAD)
