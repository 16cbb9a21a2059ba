"""Notices: which reports were told to whom, and which wait."""

import sqlalchemy as sa
from alembic import op

from roundup.store.schema import Instant, KeyText

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new table."""
    op.create_table(
        "notices",
        sa.Column("name", KeyText, primary_key=True),
        sa.Column("way", sa.String(16), primary_key=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tried_at", Instant()),
        sa.Column("told_at", Instant()),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
    )
    op.create_index("notices_by_time", "notices", ["at"])
