"""Messages to speakers and hosts, what bounced, choices about an address, weekly digests."""

import sqlalchemy as sa
from alembic import op

from scheduler.store.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "mail_choice",
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_mail_choice")),
    )
    op.create_table(
        "digest",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
    )
    op.create_index(op.f("ix_digest_state_next_at"), "digest", ["state", "next_at"], unique=False)
    for before, after in (("true", "all"), ("false", "none")):  # one quote inside a text is escaped: this is the field
        op.execute(
            sa.text("UPDATE registration SET document = REPLACE(document, :before, :after)").bindparams(
                before=f'"reminders":{before}', after=f'"reminders":"{after}"'
            )
        )
    op.create_index(op.f("ix_digest_email"), "digest", ["email"], unique=False)
    with op.batch_alter_table("message") as batch_op:
        batch_op.add_column(sa.Column("recipient", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("bounced_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("bounce", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("message") as batch_op:  # the defaults were for the rows that were there
        batch_op.alter_column("recipient", existing_type=sa.String(length=64), server_default=None)
        batch_op.alter_column("bounce", existing_type=sa.Text(), server_default=None)
    op.create_index(op.f("ix_message_registration_id"), "message", ["registration_id"], unique=False)
