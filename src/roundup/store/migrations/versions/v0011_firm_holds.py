"""Holds that no calendar ends."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new column."""
    op.add_column("issues", sa.Column("firm", sa.Boolean(), server_default="0", nullable=False))
