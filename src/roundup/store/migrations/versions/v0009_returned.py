"""Returned mail: what was read, and how many mail servers refused an issue because of the newsletter."""

import sqlalchemy as sa
from alembic import op

from roundup.store.schema import Instant, KeyText

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new table, and two columns that say nothing of issues of the past."""
    op.create_table(
        "returned",
        sa.Column("name", KeyText, primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("read_at", Instant(), nullable=False),
    )
    op.create_index("returned_by_digest", "returned", ["digest"])
    op.create_index("returned_by_time", "returned", ["read_at"])
    op.add_column("issues", sa.Column("about_us", sa.Integer(), server_default="0", nullable=False))
    op.add_column("issues", sa.Column("about_us_told", sa.Boolean(), server_default="0", nullable=False))
