"""What sources hold: reports, what folders held, when a feed may be asked again, when comments were counted."""

import sqlalchemy as sa
from alembic import op

from roundup.store.schema import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New columns; what is unknown of the past stays empty."""
    op.add_column("sources", sa.Column("contents", sa.LargeBinary(), nullable=True))
    op.add_column("sources", sa.Column("not_before", Instant(), nullable=True))
    op.add_column("sources", sa.Column("report", sa.JSON(), nullable=True))
    op.add_column("pieces", sa.Column("counted_at", Instant(), nullable=True))
    op.add_column("pieces", sa.Column("link_is_shared", sa.Boolean(), server_default="0", nullable=False))
