"""Sign-ups that wait, counted by their networks."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index has all that they are counted by."""
    op.drop_index("signups_by_state", "signups")
    op.create_index("signups_by_state", "signups", ["state", "network", "asked_at"])
