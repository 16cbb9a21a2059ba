"""What came of looking at pictures, and the languages of pieces."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New columns: nobody has looked at the pictures of the past, and what language it is in stays unknown."""
    op.add_column("pieces", sa.Column("offered", sa.JSON(), nullable=True))
    op.add_column("pieces", sa.Column("language", sa.Text(), server_default="", nullable=False))
