"""Runs `enspired` so that it kills itself at a named point of its work: set from outside, the product knows nothing.

    PROOF_KILL=after-claim:7 python -m tests.proofs.failpoints serve

sends SIGKILL to the own process at the seventh time that it has claimed messages. The points are instants of the
ledger's statements, as SQLAlchemy sends them, and of the transport's promise (`scheduler.mail.transport`); those of a
conversation with the relay belong to `tests.proofs.relay`. `PROOF_BREAK` breaks the product on purpose, see
`tests.proofs.breaking`.
"""

import os
import signal
from collections import Counter
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

from scheduler.cli.main import main
from scheduler.mail.smtp import SmtpTransport
from scheduler.mail.transport import Delivery, Envelope, StillWanted
from tests.proofs.breaking import break_on_purpose

LEDGER = ("before-claim", "in-claim", "after-claim", "before-mark", "in-mark", "after-mark")
TRANSPORT = ("before-connect", "before-data")
MIGRATION = "in-migration"
POINTS = (*LEDGER, *TRANSPORT, MIGRATION)


class Failpoints:
    """Counts how often each point was reached, and kills this process at the `hit`-th time of `point`."""

    def __init__(self, point: str, hit: int) -> None:
        assert point in POINTS, f"{point} is none of {', '.join(POINTS)}"
        self._point = point
        self._hit = hit
        self._counted: Counter[str] = Counter()
        self._pending: dict[int, set[str]] = {}

    def reached(self, point: str) -> None:
        """The work came to a point."""
        self._counted[point] += 1
        if point == self._point and self._counted[point] >= self._hit:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Follow every statement, every commit and every delivery of this process."""
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)
        self._follow_commits()
        self._follow_deliveries()

    def _before(self, _conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if what := kind_of(statement):
            self.reached(MIGRATION if what == MIGRATION else f"before-{what}")

    def _after(self, conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        what = kind_of(statement)
        if what and what != MIGRATION:
            self._pending.setdefault(id(conn.connection.dbapi_connection), set()).add(what)
            self.reached(f"in-{what}")

    def _follow_commits(self) -> None:
        commit = DefaultDialect.do_commit

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            commit(dialect, connection)  # type: ignore[no-untyped-call]
            for what in self._pending.pop(id(getattr(connection, "dbapi_connection", connection)), ()):
                self.reached(f"after-{what}")

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]

    def _follow_deliveries(self) -> None:
        deliver = SmtpTransport.deliver

        async def watched(transport: SmtpTransport, envelope: Envelope, still_wanted: StillWanted) -> Delivery:
            async def asked() -> bool:
                wanted = await still_wanted()
                self.reached("before-data")
                return wanted

            self.reached("before-connect")
            return await deliver(transport, envelope, asked)

        SmtpTransport.deliver = watched  # type: ignore[method-assign,assignment]


def kind_of(statement: str) -> str:
    """Which point of the ledger a statement is: `claim`, `mark`, part of a migration, or none (empty)."""
    words = statement.lstrip()[:14].upper()
    if words.startswith(("CREATE", "ALTER", "DROP")) or "alembic_version" in statement[:60]:
        return "" if words.startswith("CREATE TEMP") else MIGRATION
    if not words.startswith("UPDATE MESSAGE"):
        return ""
    sets, _, _ = statement.partition(" RETURNING ")  # a claim gives whole rows back
    if "sent_at" in sets:
        return "mark"
    return "claim" if "lease_until" in sets and "attempts + " in sets else ""


def run() -> None:
    """Set what the environment says, then be `enspired`."""
    break_on_purpose(os.environ.get("PROOF_BREAK", ""))
    if order := os.environ.get("PROOF_KILL"):
        point, _, hit = order.partition(":")
        Failpoints(point, int(hit or 1)).watch()
    main()


if __name__ == "__main__":
    run()
