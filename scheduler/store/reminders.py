"""Reminders: a row is the timer."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from scheduler.model.reminder import Reminder, ReminderState
from scheduler.store.tables import reminder


def add(conn: Connection, row: Reminder) -> None:
    """Stores a planned reminder."""
    conn.execute(insert(reminder).values(**_columns(row)))


def of_event(conn: Connection, event_id: str) -> list[Reminder]:
    """All reminders an event ever had, oldest first."""
    return rows(conn, select(reminder).where(reminder.c.event_id == event_id).order_by(reminder.c.id))


def of_date(conn: Connection, event_id: str, occurrence_id: str) -> list[Reminder]:
    """All reminders that one date of an event ever had, oldest first."""
    chosen = (reminder.c.event_id == event_id, reminder.c.occurrence_id == occurrence_id)
    return rows(conn, select(reminder).where(*chosen).order_by(reminder.c.id))


def get(conn: Connection, reminder_id: str) -> Reminder | None:
    """One reminder."""
    found = rows(conn, select(reminder).where(reminder.c.id == reminder_id))
    return found[0] if found else None


def due(conn: Connection, now: datetime, limit: int) -> list[Reminder]:
    """Reminders that fell due and are not through their fan-out; on PostgreSQL those nobody else holds."""
    query = (
        select(reminder)
        .where(reminder.c.state.in_(["planned", "releasing"]), reminder.c.due_at <= now)
        .order_by(reminder.c.due_at, reminder.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return rows(conn, query)


def mark(
    conn: Connection,
    reminder_id: str,
    state: ReminderState,
    *,
    cursor: str | None = None,
    released_at: datetime | None = None,
) -> None:
    """Moves a reminder to another state, and its fan-out along."""
    values: dict[str, object] = {"state": state}
    if cursor is not None:
        values["cursor"] = cursor
    if released_at is not None:
        values["released_at"] = released_at
    conn.execute(update(reminder).where(reminder.c.id == reminder_id).values(**values))


def rows(conn: Connection, query: object) -> list[Reminder]:
    """The reminders that a query over whole rows finds, in its order."""
    found = conn.execute(query).mappings()  # type: ignore[call-overload] # any select of the reminder table
    return [Reminder(**{**row, "zone": row["zone"] or None}) for row in found]


def _columns(row: Reminder) -> dict[str, object]:
    return {
        "id": row.id,
        "event_id": row.event_id,
        "occurrence_id": row.occurrence_id,
        "rule": row.rule,
        "zone": row.zone or "",
        "timing_revision": row.timing_revision,
        "due_at": row.due_at,
        "state": row.state,
        "cursor": row.cursor,
        "created_at": row.created_at,
        "released_at": row.released_at,
    }
