"""Migrations: numbered files in `migrations/versions`, run by Alembic, each whole or not at all."""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from roundup.errors import StoreError

#: Alembic keeps what it works on in its modules: two threads of one process would migrate one another's database.
_ONE_AT_A_TIME = threading.RLock()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def has_tables(connection: Connection) -> bool:
    """Whether any roundup was ever here."""
    return inspect(connection).has_table("alembic_version")


def is_current(connection: Connection, name: str) -> bool:
    """Whether the database's schema is this version's. `name`: what to call it. Raises `StoreError` if a newer roundup
    made it."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None:
        check_known(revision, name)
    return revision == _revisions()[1]


def check_known(revision: str, name: str) -> None:
    """Raises `StoreError` if a newer roundup made what `name` is, in which the schema is of this revision."""
    known, head = _revisions()
    if revision not in known:
        raise StoreError(
            f"{name} was made by a newer roundup than this one: its schema is {revision}, and this version knows "
            f"{head}. Install that version again, or restore a backup from before. Nothing was changed."
        )


@cache
def _revisions() -> tuple[frozenset[str], str | None]:
    """Every revision that this version knows, and the last of them."""
    with _ONE_AT_A_TIME:
        scripts = ScriptDirectory.from_config(_config())
        return frozenset(script.revision for script in scripts.walk_revisions()), scripts.get_current_head()


def upgrade(connection: Connection, name: str, *, keep: Callable[[str], None] | None = None) -> None:
    """Bring the database up to this version, in the caller's transaction. `keep`: keeps what there was before the
    schema of this revision. Raises `StoreError`."""
    if is_current(connection, name):
        return
    _, head = _revisions()
    if keep is not None and head is not None and has_tables(connection):
        keep(head)
    with _ONE_AT_A_TIME:
        command.upgrade(_config(connection), "head")
