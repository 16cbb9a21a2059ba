"""Migrations: numbered files in `migrations/versions`, run by Alembic, each whole or not at all."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from roundup.errors import StoreError


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def is_current(connection: Connection, path: Path) -> bool:
    """Whether the database's schema is this version's. Raises `StoreError` if a newer roundup made it."""
    scripts = ScriptDirectory.from_config(_config())
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            f"{path} was made by a newer roundup than this one: install that version again, or restore a backup "
            "from before."
        )
    return revision == scripts.get_current_head()


def upgrade(connection: Connection, path: Path) -> None:
    """Bring the database up to this version, in the caller's transaction. Raises `StoreError`."""
    if not is_current(connection, path):
        command.upgrade(_config(connection), "head")
