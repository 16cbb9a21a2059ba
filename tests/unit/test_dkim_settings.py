"""[[dkim]]: which key signs, and what is said where none can."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from roundup import settings, wiring
from roundup.errors import SettingsError
from tests.newsletters import a_newsletter
from tests.signatures import a_key_file, an_ed25519_pem, an_rsa_pem

RSA, ED25519 = {"selector": "r2026", "key": "rsa.pem"}, {"selector": "e2026", "key": "ed25519.pem"}


def test_two_tables_are_two_signers_in_their_order(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, dkim=[{**RSA, "domain": "Example.org."}, ED25519])
    a_key_file(directory, "rsa.pem", an_rsa_pem())
    a_key_file(directory, "ed25519.pem", an_ed25519_pem())

    found = wiring.signers(directory, settings.load(directory))

    assert [
        ("r2026._domainkey.example.org", "rsa-sha256", 2048),
        ("e2026._domainkey.lantern.example.org", "ed25519-sha256", 256),
    ] == [(each.dns_name, each.key.algorithm, each.key.bits) for each in found]


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"", 0, r"rsa.pem cannot be read: No such file or directory\. Nothing was sent"),
        (an_rsa_pem(), 0o640, r"rsa.pem can be read by others than its owner.* chmod 600 .*rsa.pem\. Nothing was sent"),
        (an_rsa_pem(1024), 0o600, r"\[\[dkim\]\] key: rsa.pem holds a key of 1024 bits"),
        (b"no key", 0o600, r"\[\[dkim\]\] key: rsa.pem holds no private key"),
    ],
)
def test_a_key_that_signs_nothing_is_told_with_what_to_do(tmp_path: Path, content: bytes, mode: int, said: str) -> None:
    directory = a_newsletter(tmp_path, dkim=[RSA])
    if content:
        a_key_file(directory, "rsa.pem", content, mode=mode)

    with pytest.raises(SettingsError, match=said):
        wiring.signers(directory, settings.load(directory))


def test_a_systemd_credential_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = a_newsletter(tmp_path, dkim=[ED25519])
    a_key_file(directory, "ed25519.pem", an_rsa_pem())
    folder = tmp_path / "credentials"
    folder.mkdir()
    a_key_file(folder, "ed25519.pem", an_ed25519_pem(), mode=0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))

    [signer] = wiring.signers(directory, settings.load(directory))

    assert signer.key.algorithm == "ed25519-sha256"


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ([{**RSA, "domain": "example.net"}], "example.net does not vouch for mail from roundup@lantern.example.org"),
        ([{**RSA, "domain": "org"}], "write lantern.example.org"),
        ([RSA, RSA], "two keys cannot have one selector"),
        ([{**RSA, "selector": "a b"}], "small letters, digits, dashes and dots"),
    ],
)
def test_wrong_settings_are_said_with_their_line(tmp_path: Path, tables: list[Mapping[str, object]], said: str) -> None:
    directory = a_newsletter(tmp_path, dkim=tables)

    with pytest.raises(SettingsError, match=rf"roundup\.toml:\d+: dkim.*{said}"):
        settings.load(directory)
