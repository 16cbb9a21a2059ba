"""What somebody was before they left."""

import sqlalchemy as sa
from alembic import op

from roundup.store.schema import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New columns. What those were who left in the past is unknown: they sign up again."""
    op.add_column("subscribers", sa.Column("was", sa.String(16), nullable=True))
    op.add_column("subscribers", sa.Column("was_since", Instant(), nullable=True))
    op.add_column("subscribers", sa.Column("was_paused_until", sa.Date(), nullable=True))
