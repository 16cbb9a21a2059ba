"""Migrations: numbered files in `migrations/versions`, run by Alembic, each whole or not at all."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from roundup.errors import StoreError


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
    scripts = ScriptDirectory.from_config(_config())
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            f"{name} was made by a newer roundup than this one: install that version again, or restore a backup "
            "from before."
        )
    return revision == scripts.get_current_head()


def upgrade(connection: Connection, name: str) -> None:
    """Bring the database up to this version, in the caller's transaction. Raises `StoreError`."""
    if not is_current(connection, name):
        command.upgrade(_config(connection), "head")
