"""What pieces were known by before their sources gave them other ids, links, titles or dates."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new column; what pieces were known by in the past stays empty."""
    op.add_column("pieces", sa.Column("former", sa.JSON(), nullable=True))
