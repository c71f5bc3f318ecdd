"""/metrics for Prometheus: how the ledger stands. Present where the extra `metrics` is installed."""

from datetime import datetime

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection

from scheduler.store import changes, messages
from scheduler.web import access
from scheduler.web.context import Context


class Standing(Struct, frozen=True):
    """What is measured, read in one transaction."""

    messages: dict[str, int]
    oldest_overdue: datetime | None
    counter: int


@get("/metrics", guards=[access.needs_key], include_in_schema=False)
async def metrics(context: NamedDependency[Context]) -> Response[bytes]:
    """Gauges in Prometheus' text format; needs a key: `authorization: {credentials: enspired_key_...}`."""
    now = context.clock()

    def read(conn: Connection) -> Standing:
        return Standing(messages.states(conn), messages.oldest_overdue(conn, now), changes.current(conn))

    body = _exposition(await context.db.read(read), now)
    return Response(content=body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _exposition(standing: Standing, now: datetime) -> bytes:
    registry = CollectorRegistry()
    by_state = Gauge("enspired_messages", "Mails by state", ["state"], registry=registry)
    for state in ("waiting", "sending", "sent", "failed", "dropped"):
        by_state.labels(state).set(standing.messages.get(state, 0))
    overdue = Gauge("enspired_oldest_overdue_seconds", "How long the longest-waiting due mail waits", registry=registry)
    overdue.set((now - standing.oldest_overdue).total_seconds() if standing.oldest_overdue else 0)
    Gauge("enspired_change_counter", "The counter of the last change", registry=registry).set(standing.counter)
    return generate_latest(registry)
