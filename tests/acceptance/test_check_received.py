"""`roundup check --send-to`: one real issue through a real Postfix into a real mailbox, looked for there and judged."""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from roundup.sending.dkim import dns_record
from roundup.sending.dkim_keys import read_key
from tests.checked import a_key
from tests.estate import PASSWORD, Estate, an_estate
from tests.fakes.name_servers import Zone, a_name_server
from tests.newsletters import a_newsletter, a_piece_file, roundup, told
from tests.opendkim import a_milter, missing
from tests.signatures import an_rsa_pem


@pytest.fixture
def zone() -> Iterator[Zone]:
    with a_name_server(Zone()) as served:
        yield served


SIGNS = ({"selector": "s2026", "key": "dkim.pem"},)


def a_newsletter_at(
    estate: Estate, folder: Path, zone: Zone, *, dkim: Sequence[Mapping[str, str]] = SIGNS, pages: str = ""
) -> Path:
    """It signs by itself, and what comes back to it lies in a mailbox that is read by IMAP."""
    key = a_key()
    directory = a_newsletter(
        folder,
        smtp=estate.smtp,
        newsletter={"from": "roundup@example.com", "bounce_address": "bounces@example.com", "public_url": pages},
        bounces={
            "imap": "127.0.0.1", "port": estate.imap_port, "security": "none", "username": "bounces@example.com",
        },
        dkim=dkim,
        content={"today.md": a_piece_file("A library is a place to read", day="2026-11-20")},
    )  # fmt: skip
    zone.put("s2026._domainkey.example.com", "TXT", dns_record(read_key(key)))
    # Not the one of all tests, which anybody could guess.
    (directory / ".secret").write_text(secrets.token_hex(32), encoding="ascii")
    (directory / "dkim.pem").touch(mode=0o600)
    (directory / "dkim.pem").write_bytes(key)
    return directory


def found(directory: Path, estate: Estate, zone: Zone, *options: str) -> dict[str, str]:
    """What is said of the received message, by the names of the rules."""
    env = {**estate.trusted, "ROUNDUP_IMAP_PASSWORD": PASSWORD}
    done = roundup(directory, "check", "--json", "--name-server", zone.address, *options, env=env)
    assert "Traceback" not in done.stderr, done.stderr
    findings: list[dict[str, Any]] = told(done)
    return {each["id"]: each["what"] for each in findings if each["area"] == "received message"}


def test_what_comes_back_is_found_and_judged_and_nobody_else_is_mailed(
    estate: Estate, zone: Zone, tmp_path: Path
) -> None:
    estate.empty()
    directory = a_newsletter_at(estate, tmp_path, zone)

    assert {} == found(directory, estate, zone, "--send-to", "bounces@example.com")
    (octets,) = estate.mailbox("bounces@example.com")
    assert ["bounces@example.com"] == [address for address, _ in estate.lines()]
    assert not (directory / "roundup.db").exists()

    # The same, saved as a file; and once more with its signature taken away.
    saved = tmp_path / "saved"
    saved.write_bytes(octets)
    assert {} == found(directory, estate, zone, "--received", str(saved))
    zone.put("s2026._domainkey.example.com", "TXT", dns_record(read_key(a_key())))
    assert "does not verify" in found(directory, estate, zone, "--received", str(saved))["received-signature"]


@pytest.mark.skipif(bool(missing()) and os.environ.get("CI") != "true", reason=missing())
def test_a_relay_that_signs_as_it_was_installed_leaves_out_what_one_click_needs(zone: Zone, tmp_path: Path) -> None:
    key = an_rsa_pem()
    zone.put("relay._domainkey.example.com", "TXT", dns_record(read_key(key)))
    with a_milter(tmp_path, key, "Domain example.com\nSelector relay\n") as asked, an_estate(asked) as estate:
        directory = a_newsletter_at(estate, tmp_path, zone, dkim=(), pages="https://roundup.example.com/")
        said = found(directory, estate, zone, "--send-to", "bounces@example.com")

    assert {"received-signed-headers", "received-further-headers"} == set(said)
    assert "List-Unsubscribe-Post" in said["received-signed-headers"]


def test_where_an_issue_could_not_be_sent_none_is(estate: Estate, zone: Zone, tmp_path: Path) -> None:
    estate.empty()
    directory = a_newsletter_at(estate, tmp_path, zone)
    (directory / "templates" / "email").mkdir(parents=True)
    (directory / "templates" / "email" / "issue.html").write_text("{{ nothing.at.all }}", encoding="utf-8")

    said = found(directory, estate, zone, "--send-to", "ada@example.net")

    assert "Nothing was sent to ada@example.net: mend the errors that are told here first." == said["not-looked-at"]
    assert [] == estate.lines()
