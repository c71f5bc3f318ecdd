"""/healthz: the process lives. /readyz: it can do its work."""

from typing import Any

from litestar import Response
from litestar.di import NamedDependency

from scheduler.services import health
from scheduler.web import access
from scheduler.web.api.routing import reading
from scheduler.web.context import Context


@reading("/healthz", guards=[access.public], sync_to_thread=False)
def healthz() -> dict[str, str]:
    """Alive: the event loop answers."""
    return {"status": "ok"}


@reading("/readyz", guards=[access.public])
async def readyz(context: NamedDependency[Context]) -> Response[dict[str, Any]]:
    """Ready: the database answers, its schema is the newest, and no mail is stuck. 503 otherwise."""
    now = context.clock()

    checks = await context.db.read(lambda conn: health.checks(conn, context.tally, now))
    ready = all(checks.values())
    body = {"status": "ok" if ready else "not ready", "checks": checks}
    return Response(content=body, status_code=200 if ready else 503, headers={"Cache-Control": "no-store"})
