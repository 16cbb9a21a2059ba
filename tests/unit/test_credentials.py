"""Where secrets come from, and that nobody else can read them."""

from pathlib import Path

import pytest

from roundup import credentials
from roundup.errors import SettingsError
from roundup.redacting import HIDDEN, redacted

LONG = "s" * 32


def write(folder: Path, name: str, content: str, *, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(content, encoding="ascii")
    path.chmod(mode)
    return path


def test_a_made_secret_is_read_back_and_made_once(tmp_path: Path) -> None:
    assert credentials.make_secret(tmp_path)
    first = credentials.secret(tmp_path)

    assert not credentials.make_secret(tmp_path)
    assert (first, 64, 0o600) == (
        credentials.secret(tmp_path),
        len(first.octets),
        (tmp_path / ".secret").stat().st_mode & 0o777,
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path, ".secret", LONG, mode=mode)

    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        credentials.secret(tmp_path)


def test_without_a_secret_nothing_is_signed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="which signs the links in mails"):
        credentials.secret(tmp_path)


def test_a_short_secret_is_refused_and_not_shown(tmp_path: Path) -> None:
    write(tmp_path, ".secret", "hunter2")

    with pytest.raises(SettingsError, match="at least 32 characters") as refused:
        credentials.secret(tmp_path)
    assert "hunter2" not in str(refused.value)


def test_the_environment_comes_before_the_credential_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    write(tmp_path, ".secret", "f" * 32)
    write(folder, "ROUNDUP_SECRET", "c" * 32 + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    from_credential = credentials.secret(tmp_path).octets
    monkeypatch.setenv("ROUNDUP_SECRET", "e" * 32)

    assert (b"c" * 32, b"e" * 32) == (from_credential, credentials.secret(tmp_path).octets)


def test_a_user_name_needs_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "" == credentials.smtp_password("")
    with pytest.raises(SettingsError, match="set ROUNDUP_SMTP_PASSWORD"):
        credentials.smtp_password("roundup")
    monkeypatch.setenv("ROUNDUP_SMTP_PASSWORD", "hunter2")

    assert "hunter2" == credentials.smtp_password("roundup")


def test_the_environment_names_another_database_than_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    written = "postgresql://roundup@db.example/roundup"
    assert written == credentials.store_url(written)

    monkeypatch.setenv("ROUNDUP_DATABASE_URL", "postgresql://roundup:hunter2@other.example/roundup")
    assert "postgresql://roundup:hunter2@other.example/roundup" == credentials.store_url(written)


def test_a_database_in_the_environment_that_roundup_cannot_use_is_told_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROUNDUP_DATABASE_URL", "mysql://roundup:hunter2@db.example/roundup")
    with pytest.raises(SettingsError, match="ROUNDUP_DATABASE_URL: write ") as refused:
        credentials.store_url("sqlite:///roundup.db")

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    ["postgresql://me:tiger%20lily@db/x", "postgresql://me@db/x?sslmode=require&password=tiger%20lily"],
)
def test_what_was_given_out_is_said_no_more(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_SMTP_PASSWORD", "a crocodile sleeps")
    monkeypatch.setenv("ROUNDUP_DATABASE_URL", address)

    assert "a crocodile sleeps" == credentials.smtp_password("me")
    assert address == credentials.store_url("sqlite:///roundup.db")
    assert f"{HIDDEN} and {HIDDEN} at db, where a crocodile lives" == redacted(
        "a crocodile sleeps and tiger lily at db, where a crocodile lives"
    )
