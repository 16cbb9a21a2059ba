"""Sign-ups that wait, counted by their networks, and how often their mail was offered."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index has all that they are counted by. Of what waits, how often it was offered is unknown: not yet."""
    op.add_column("signups", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.drop_index("signups_by_state", "signups")
    op.create_index("signups_by_state", "signups", ["state", "network", "asked_at"])
