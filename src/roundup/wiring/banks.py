"""Settings into what is remembered: the database and the list file."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from roundup import credentials
from roundup.errors import ListError, SettingsError
from roundup.list_changes import FOLLOWED_FILE
from roundup.list_files import Opened
from roundup.settings import Settings
from roundup.store import Store
from roundup.store.sqlite import SqliteStore
from roundup.words import borrowed, say

if TYPE_CHECKING:
    from roundup.store.postgresql import PostgresStore
    from roundup.store.postgresql_queue import PostgresQueue


def store(directory: Path, settings: Settings) -> Store:
    """Where the newsletter remembers. Raises `SettingsError`."""
    path = database_file(directory, settings)
    if path is not None:
        if settings.delivery.workers:
            raise SettingsError(
                say(
                    "[delivery] workers = true needs PostgreSQL: a file is for one machine. Take that line out, or "
                    "move to a server with `roundup store move`."
                )
            )
        return SqliteStore(path=path, durable=settings.delivery.journal == "safe")
    return on_server(directory, settings, credentials.store_url(settings.store.url))


def in_file(path: Path) -> Store:
    """A SQLite file anywhere."""
    return SqliteStore(path=path)


def server(directory: Path, settings: Settings) -> "PostgresStore | None":
    """The PostgreSQL database of a newsletter; None: it is a file. Raises `SettingsError`."""
    if database_file(directory, settings) is not None:
        return None
    return on_server(directory, settings, credentials.store_url(settings.store.url))


def on_server(directory: Path, settings: Settings, url: str) -> "PostgresStore":
    """A PostgreSQL database. Raises `SettingsError`."""
    try:
        # Here, not above: psycopg is installed only where it is wanted.
        from roundup.store.postgresql import PostgresStore  # noqa: PLC0415

        queue = _queue() if settings.delivery.workers else None
    except ImportError as error:
        raise SettingsError(
            say(
                "[store] url (or ROUNDUP_DATABASE_URL) names a PostgreSQL database, and its driver is "
                'missing ({error}). Install it with: pip install "roundup-digest[postgresql]"',
                error=borrowed(error),
            )
        ) from None
    durable = settings.delivery.journal == "safe"
    return PostgresStore(url, directory=directory, durable=durable, queue=queue, size=settings.delivery.batch)


def _queue() -> "PostgresQueue":
    from roundup.store.postgresql_queue import PostgresQueue  # noqa: PLC0415

    return PostgresQueue()


def database_file(directory: Path, settings: Settings) -> Path | None:
    """The file that is the database; None: it is on a server. Raises `SettingsError`."""
    url = credentials.store_url(settings.store.url)
    return directory / url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else None


def state_folder(directory: Path, settings: Settings) -> Path:
    """The folder on whose disk the newsletter remembers: that of the database, or the newsletter's own where that is on
    a server. Raises `SettingsError`."""
    file = database_file(directory, settings)
    return directory if file is None else file.parent


def followed_file(directory: Path) -> Opened | None:
    """Opens subscribers.csv beside roundup.toml; None if there is none."""
    path = directory / FOLLOWED_FILE
    return list_file(path) if path.exists() else None


def list_file(path: Path) -> Opened:
    """Opens a list file. What it returns raises `ListError` if that cannot be."""

    def opened() -> BinaryIO:
        try:
            return path.open("rb")
        except OSError as error:
            raise ListError(
                say(
                    "{path} cannot be read: {strerror}. Nothing was changed.",
                    path=path,
                    strerror=borrowed(error.strerror),
                )
            ) from None

    return opened
