"""Signed mail, as its reader's mailbox has it: by roundup, and by an OpenDKIM beside the relay."""

import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roundup.sending.dkim import Signer
from roundup.sending.dkim_keys import read_key
from tests.estate import Estate, an_estate
from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup
from tests.opendkim import a_milter, missing
from tests.signatures import (
    a_key_file,
    an_ed25519_pem,
    an_rsa_pem,
    signed_headers,
    signers,
    verdicts,
    zone_of,
)

DOMAIN = "lantern.example.org"
ZONE = zone_of(signers(DOMAIN))
KEYS = ({"selector": "r2026", "key": "rsa.pem"}, {"selector": "e2026", "key": "ed25519.pem"})
#: Rule M27, of what this newsletter's messages have.
WANTED = {
    "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "list-id", "list-unsubscribe",
    "list-unsubscribe-post",
}  # fmt: skip
PAGE = Path(__file__).resolve().parents[2] / "docs" / "dkim.md"


def a_signing_newsletter(folder: Path, smtp: Mapping[str, object] | None = None, *, approval: str = "none") -> Path:
    directory = a_newsletter(
        folder, smtp=smtp, dkim=KEYS, schedule={"approval": approval}, selection={"max_age": "30d"}
    )
    a_key_file(directory, "rsa.pem", an_rsa_pem())
    a_key_file(directory, "ed25519.pem", an_ed25519_pem())
    return directory


@pytest.mark.estate
def test_both_signatures_of_an_issue_hold_in_the_readers_mailbox(estate: Estate, tmp_path: Path) -> None:
    estate.empty()
    directory = a_signing_newsletter(tmp_path, estate.smtp)

    assert roundup(directory, "run", "--now", "--at", DUE, env=estate.trusted).returncode == 0
    for reader in ("ada@example.com", "bo@example.net"):
        [octets] = estate.mailbox(reader)

        assert [True, True] == verdicts(octets, ZONE)
        assert [WANTED, WANTED] == [set(names) for names in signed_headers(octets)]
        assert [False, False] == verdicts(octets.replace(b"/u/", b"/v/", 1), ZONE)
        assert [False, False] == verdicts(octets.replace(b"bridge", b"brigde"), ZONE)


@pytest.mark.estate
@pytest.mark.skipif(bool(missing()) and os.environ.get("CI") != "true", reason=missing())
def test_what_an_opendkim_signs_as_the_page_has_it_holds_too(tmp_path: Path) -> None:
    lines = re.search(r"```conf\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert lines is not None
    further = f"Domain {DOMAIN}\nSelector relay\n{lines[1]}"
    relay = Signer(domain=DOMAIN, selector="relay", key=read_key(an_rsa_pem()))
    with a_milter(tmp_path, an_rsa_pem(), further) as asked, an_estate(asked) as estate:
        directory = a_newsletter(tmp_path, smtp=estate.smtp)

        assert roundup(directory, "run", "--now", "--at", DUE, env=estate.trusted).returncode == 0
        [octets] = estate.mailbox("ada@example.com")

        assert [True] == verdicts(octets, zone_of([relay]))
        assert WANTED <= set(signed_headers(octets)[0])
        assert signed_headers(octets)[0].count("from") == 2
        assert [False] == verdicts(octets.replace(b"One-Click", b"Two-Clicks"), zone_of([relay]))


def test_test_mails_and_the_mail_that_asks_for_approval_are_signed(tmp_path: Path) -> None:
    asking = a_signing_newsletter(tmp_path, approval="required")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    (asking / "content" / "new.md").write_text(a_piece_file("A new bus", day=yesterday), encoding="utf-8")
    assert roundup(asking, "run", "--now", "--at", DUE).returncode == 3
    assert roundup(asking, "test-send", "cy@example.org").returncode == 0
    mails = [each.read_bytes() for each in (asking / "outbox").glob("*.eml")]

    assert [[True, True]] * 2 == [verdicts(each, ZONE) for each in mails]


def test_a_key_that_cannot_be_used_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, dkim=KEYS[:1])
    a_key_file(directory, "rsa.pem", an_rsa_pem(), mode=0o640)

    refused = roundup(directory, "run", "--now", "--at", DUE)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "rsa.pem can be read by others than its owner" in refused.stderr
    assert "Nothing was sent." in refused.stderr
    assert not (directory / "outbox").exists()
    # Whoever only looks needs no key.
    assert roundup(directory, "preview", "--out", "out", "--at", DUE).returncode == 0


def test_the_commands_of_the_page_make_keys_that_sign_and_records_that_verify(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    directory = a_newsletter(tmp_path)
    tables = "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))
    with (directory / "roundup.toml").open("a", encoding="utf-8") as file:
        file.write(tables)
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    made = subprocess.run(["/bin/sh", "-ec", commands], cwd=directory, capture_output=True, text=True, check=True)
    records = made.stdout.splitlines()
    zone = {f"roundup{number}._domainkey.{DOMAIN}": record for number, record in enumerate(records, start=1)}

    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    assert 2 == tables.count("[[dkim]]") == len(records)
    for each in (directory / "outbox").glob("*.eml"):
        assert [True, True] == verdicts(each.read_bytes(), zone)
