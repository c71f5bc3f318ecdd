"""The points at which the proofs kill, on the statements that the ledger really sends."""

from typing import Any

from sqlalchemy import Connection, event

from scheduler.store import leases
from tests.proofs.failpoints import kind_of
from tests.store.world import World, add_sign_in_messages


async def test_a_claim_and_a_note_are_points_of_their_own(world: World) -> None:
    """A claim gives whole rows back, the instant of sending among them: the kills for claims fell on nothing once."""
    await world.db.write(lambda conn: add_sign_in_messages(conn, 2))

    def work(conn: Connection) -> list[str]:
        said: list[Any] = []
        event.listen(conn, "before_cursor_execute", lambda *given: said.append(given[2]))
        claimed = leases.claim(conn, world.now, "node:1", world.now, 5)
        found = len(said)
        leases.mark_sent(conn, claimed, world.now)
        return ["".join(map(kind_of, said[:found])), "".join(map(kind_of, said[found:]))]

    assert await world.db.write(work) == ["claim", "mark"]
