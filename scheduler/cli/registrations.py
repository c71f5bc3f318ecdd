"""`enspired registrations list`."""

from typing import TYPE_CHECKING, Any

import click

from scheduler.cli.command import Group
from scheduler.cli.databases import reading
from scheduler.cli.invocation import current
from scheduler.cli.output import Column
from scheduler.errors import NotFound
from scheduler.model.registration import Registration
from scheduler.store import events, registrations

if TYPE_CHECKING:
    from sqlalchemy import Connection

COLUMNS = (
    Column("id", "Id"),
    Column("state", "State"),
    Column("mode", "Attends"),
    Column("seats", "Seats"),
    Column("language", "Language"),
    Column("reminders", "Reminders"),
    Column("created_at", "Made"),
)
NAMES = (Column("name", "Name"), Column("email", "Address"))


@click.group(cls=Group)
def command() -> None:
    """Who registered for an event."""


@command.command(name="list")
@click.argument("event_id", metavar="EVENT")
@click.option("--names", is_flag=True, help="Names and addresses as well; keep them to yourself.")
def list_(event_id: str, names: bool) -> None:
    """List an event's registrations in the order they were made; without names unless you ask for them."""
    invocation = current()

    def read(conn: "Connection") -> list[Registration]:
        if events.get(conn, event_id) is None:
            raise NotFound(f"There is no event “{event_id}”. `enspired events list` shows ids.")
        return registrations.of_event(conn, event_id)

    columns = (*COLUMNS, *(NAMES if names else ()))
    found = reading(invocation.config(), read)
    rows = [_row(one, columns) for one in found]
    invocation.output.rows(columns, rows, empty="Nobody has registered for this event.")


def _row(registration: Registration, columns: tuple[Column, ...]) -> dict[str, Any]:
    row = {column.key: getattr(registration, column.key) for column in columns}
    return {**row, "created_at": registration.created_at.isoformat(timespec="seconds").replace("+00:00", "Z")}
