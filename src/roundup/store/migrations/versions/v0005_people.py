"""Sign-ups, consents, choices, variants of an issue, and who asked to be forgotten."""

import sqlalchemy as sa
from alembic import op

from roundup.store.schema import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New columns and tables. Nobody of the past chose anything, and all had the whole issue."""
    op.add_column("newsletter", sa.Column("tidied_at", Instant(), nullable=True))
    op.add_column("subscribers", sa.Column("paused_until", sa.Date(), nullable=True))
    op.add_column("subscribers", sa.Column("chose", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("deliveries", sa.Column("variant", sa.Integer(), server_default="0", nullable=False))
    op.add_column("issues", sa.Column("outcomes", sa.JSON(), nullable=True))
    op.create_table(
        "renderings",
        sa.Column("issue_id", sa.Integer(), sa.ForeignKey("issues.id"), primary_key=True),
        sa.Column("variant", sa.Integer(), primary_key=True),
        sa.Column("sections", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_table(
        "signups",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("subscriber_id", sa.Integer(), sa.ForeignKey("subscribers.id"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
    )
    op.create_index("signups_of_a_person", "signups", ["subscriber_id"])
    op.create_index("signups_by_time", "signups", ["asked_at", "network"])
    op.create_index("signups_by_state", "signups", ["state"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("subscriber_id", sa.Integer(), sa.ForeignKey("subscribers.id"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("wording", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("network", sa.Text(), server_default="", nullable=False),
    )
    op.create_index("consents_of_a_person", "consents", ["subscriber_id"])
    op.create_index("consents_by_time", "consents", ["at"])
    op.create_table(
        "suppressions",
        sa.Column("hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("at", Instant(), nullable=False),
    )
