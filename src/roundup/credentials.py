"""Where secrets come from: the environment, a systemd credential, or a file of mode 600. Never roundup.toml."""

import os
import re
import secrets
import stat
from pathlib import Path
from urllib.parse import unquote

from roundup.errors import SettingsError
from roundup.redacting import keep_key, keep_secret
from roundup.settings_values import holds_password, store_address, web_address
from roundup.tokens import Secret
from roundup.words import borrowed, say

SECRET_FILE = ".secret"  # noqa: S105 - the name of a file, not what is in it
_SECRET_OCTETS = 32
_SECRET_PATH = 16


def _given(name: str) -> str | None:
    """A secret by its name from the environment, or from systemd's `LoadCredential=`; None: neither has it."""
    value = os.environ.get(name)
    if value is None and (folder := os.environ.get("CREDENTIALS_DIRECTORY")):
        path = Path(folder) / name
        value = path.read_text(encoding="utf-8") if path.is_file() else None
    value = value.strip() if value else None
    if value:
        _never_say(value)
    return value


def _never_say(value: str) -> None:
    """Take a secret out of all that is said from now on (see `roundup.redacting`): of several that sign, each; and of a
    database's address the password, for its name and place are no secret."""
    if not re.match(r"postgres(ql)?://|sqlite:", value):
        # The words of a passphrase are no secrets.
        for part in (value, *(each for each in value.split() if len(each) >= _SECRET_OCTETS)):
            keep_secret(part)
        return
    # libpq reads the password up to the last @ before the host; it may have %-escapes, or be a parameter.
    user, at, _ = value.partition("://")[2].rpartition("@")
    _, _, password = user.partition(":") if at else ("", "", "")
    for part in (password, *re.findall(r"[?&](?:ssl)?password=([^&#]*)", value)):
        keep_secret(part)
        keep_secret(unquote(part))


def smtp_password(username: str) -> str:
    """The mail server's password. Raises `SettingsError` if there is a user name and no password for it."""
    password = _given("ROUNDUP_SMTP_PASSWORD")
    if username and password is None:
        raise SettingsError(
            say(
                "[smtp] username is {username}, and there is no password for it: set "
                "ROUNDUP_SMTP_PASSWORD in the environment, or give it as a systemd credential of that "
                "name.",
                username=username,
            )
        )
    return password or ""


def dkim_key(directory: Path, name: str) -> bytes:
    """A key that signs mail: a systemd credential of that name, or a file relative to the newsletter's directory.
    Raises `SettingsError`."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    given = Path(folder) / name if folder else None
    path = given if given is not None and given.is_file() else directory / name
    try:
        # systemd keeps others from its credentials by itself.
        if path != given and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(
                say(
                    "[[dkim]] key: {path} can be read by others than its owner, who could sign in your name. Run: "
                    "chmod 600 {path}. Nothing was sent.",
                    path=path,
                )
            )
        pem = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            say(
                "[[dkim]] key: {path} cannot be read: {strerror}. Nothing was sent. docs/dkim.md says how a key is "
                "made.",
                path=path,
                strerror=borrowed(error.strerror),
            )
        ) from None
    keep_key(pem.decode("latin-1"))
    return pem


def imap_password(username: str) -> str:
    """The password of the mailbox that bounces come to. Raises `SettingsError` if there is none."""
    password = _given("ROUNDUP_IMAP_PASSWORD")
    if password is None:
        raise SettingsError(
            say(
                "[bounces] username is {username}, and there is no password for it: set ROUNDUP_IMAP_PASSWORD in the "
                "environment, or give it as a systemd credential of that name.",
                username=username,
            )
        )
    return password


def report_address(name: str, written: str) -> str:
    """An address that reports go to: from the environment by that name, in place of what is `written` in roundup.toml;
    empty: none. Whoever knows it can write there, so it is told to nobody. Raises `SettingsError`."""
    try:
        url = web_address(_given(name) or written)
    except ValueError as error:
        raise SettingsError(say("{name}: {error}.", name=name, error=borrowed(error))) from None
    keep_secret(url)
    path = url.partition("://")[2].partition("/")[2]
    # Shorter ones are words, such as `hook`.
    if len(path) >= _SECRET_PATH:
        keep_secret(path)
    return url


def store_url(written: str) -> str:
    """The address of the database: ROUNDUP_DATABASE_URL, which may hold a password, in place of what is `written` in
    roundup.toml, which may not. Raises `SettingsError`."""
    # libpq looks for it there by itself.
    keep_secret(os.environ.get("PGPASSWORD", ""))
    try:
        return store_address(_given("ROUNDUP_DATABASE_URL") or written)
    except ValueError as error:
        raise SettingsError(say("ROUNDUP_DATABASE_URL: {error}.", error=borrowed(error))) from None


def server_named(given: str) -> str:
    """The address of a PostgreSQL database as it stands on the command line, which may hold no password. Raises
    `SettingsError`."""
    _never_say(given)
    keep_secret(os.environ.get("PGPASSWORD", ""))
    if not re.match(r"postgres(ql)?://", given):
        raise SettingsError(say("Name a database on a server: postgresql://user@host/database."))
    if holds_password(given):
        raise SettingsError(
            say(
                "A password does not belong on the command line, where everybody on this machine sees it: leave it "
                "out, and set it in PGPASSWORD or ~/.pgpass."
            )
        )
    return given


def secret(directory: Path) -> Secret:
    """The newsletter's secret. Raises `SettingsError` if there is none, or if others can read it."""
    given = _given("ROUNDUP_SECRET")
    path = directory / SECRET_FILE
    if given is None:
        if not path.is_file():
            raise SettingsError(
                say(
                    "There is no {path}, which signs the links in mails. `roundup init` makes one; if this "
                    "newsletter has mailed before, bring its own back from the backup, or the links in old "
                    "mails stop working.",
                    path=path,
                )
            )
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(say("{path} can be read by others than its owner. Run: chmod 600 {path}", path=path))
        given = path.read_text(encoding="ascii", errors="replace").strip()
        _never_say(given)
    # The first signs. Those below it signed before, and links in old mails were made with them.
    signing, *former = given.split() or [""]
    if min(map(len, (signing, *former))) < _SECRET_OCTETS:
        raise SettingsError(
            say(
                "The secret (ROUNDUP_SECRET or {path}) needs at least {secret_octets} characters.",
                path=path,
                secret_octets=_SECRET_OCTETS,
            )
        )
    return Secret(signing.encode(), tuple(each.encode() for each in former))


def make_secret(directory: Path) -> bool:
    """Make the secret file if there is none. Returns whether it was made."""
    path = directory / SECRET_FILE
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_SECRET_OCTETS) + "\n")
    return True
