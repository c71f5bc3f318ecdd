"""An outbox that is read in the order of its index, however many mails wait in it."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.drop_index(op.f("ix_message_state_next_attempt_at"), "message")
    op.create_index(op.f("ix_message_state_next_attempt_at_id"), "message", ["state", "next_attempt_at", "id"])
    op.drop_index(op.f("ix_message_registration_id"), "message")
    op.create_index(op.f("ix_message_registration_id_cause"), "message", ["registration_id", "cause"])
