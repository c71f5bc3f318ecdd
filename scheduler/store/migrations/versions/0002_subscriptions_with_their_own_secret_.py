"""Subscriptions with their own secret address."""

import sqlalchemy as sa
from alembic import op

from scheduler.store.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "retired_secret",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_retired_secret")),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("institution", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("last_fetched_at", UtcDateTime(), nullable=True),
        sa.Column("last_client", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_subscription_secret_hash")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscription_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_subscription_institution"), ["institution"], unique=False)
