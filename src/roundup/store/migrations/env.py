"""Where Alembic enters: it gets our connection, inside our transaction."""

from alembic import context

from roundup.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
