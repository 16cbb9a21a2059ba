"""A restore whose database lies on a server: it is loaded there in one transaction, before any file is moved.

Until that is committed nothing was changed, and from then on it is in the database itself that it was.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from roundup import settings, wiring
from roundup.errors import HeldError, RoundupError
from roundup.store import replacing
from roundup.store.moving import NotCopiedError
from roundup.words import say

if TYPE_CHECKING:
    from roundup.store.postgresql import PostgresStore

_SERVER, _TOKEN = "server", "token"


def place(server: "PostgresStore") -> dict[str, str]:
    """What is to be written down of where the database goes: never its password."""
    return {_SERVER: server.name, _TOKEN: secrets.token_hex(16)}


def is_on_server(told: Mapping[str, str]) -> bool:
    """Whether that is what was written down."""
    return _SERVER in told


@contextmanager
def held(directory: Path, folder: Path, told: Mapping[str, str]) -> Iterator["PostgresStore"]:
    """The server, by the settings that are laid out or in place already, and its lock until the end of the block.
    Raises `HeldError`."""
    where = folder if (folder / settings.FILE).exists() else directory
    loaded = settings.load(where)
    server = wiring.server(directory, loaded)
    if server is None or server.name != told[_SERVER]:
        raise HeldError(
            say(
                "A restore was begun and cannot be finished: it goes to {name}, and [store] url (or "
                "ROUNDUP_DATABASE_URL) names another database. Mend that; any command then goes on with it, and none "
                "does anything else before.",
                name=told[_SERVER],
            )
        )
    with server.only_run() as ours:
        if not ours:
            raise HeldError(say("A restore is to be finished, and a run is at work. Wait for its end."))
        yield server


def load(server: "PostgresStore", new: Path, present: Path, told: Mapping[str, str]) -> None:
    """Load the database; the caller holds the lock. Raises `NotCopiedError` if it cannot be, so that nothing was
    changed, and `HeldError` if nobody knows whether it was."""
    try:
        with server.as_it_is() as database:
            replacing.replace(database, server.name, new, present, token=told[_TOKEN])
    except NotCopiedError:
        raise
    except RoundupError as error:
        raise HeldError(
            say(
                "A restore was begun and cannot be finished: {error} Any command goes on with it, and none does "
                "anything else before.",
                error=str(error),
            )
        ) from error


def forget(server: "PostgresStore") -> None:
    """All files are in place, too."""
    with server.as_it_is() as database:
        replacing.forget(database)
