"""An outbox, and a crowd that it is filled for, read in the order of an index, however many they are."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.drop_index(op.f("ix_message_state_next_attempt_at"), "message")
    op.create_index(op.f("ix_message_state_next_attempt_at_id"), "message", ["state", "next_attempt_at", "id"])
    op.create_index(op.f("ix_registration_event_id_id"), "registration", ["event_id", "id"])
    op.drop_index(op.f("ix_message_registration_id"), "message")
    op.create_index(op.f("ix_message_registration_id_cause"), "message", ["registration_id", "cause"])
