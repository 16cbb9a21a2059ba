"""Workers: batches of an issue's deliveries, one rate for all, and a rest until the next run."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables and a column."""
    op.add_column("issues", sa.Column("rest", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "batches",
        sa.Column("issue_id", sa.Integer(), sa.ForeignKey("issues.id"), primary_key=True),
        sa.Column("first", sa.Integer(), primary_key=True),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker", sa.Text(), server_default="", nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.Column("answered", sa.Integer(), server_default="0", nullable=False),
    )
    op.create_table(
        "pace",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("given_until", sa.BigInteger(), nullable=False),
    )
