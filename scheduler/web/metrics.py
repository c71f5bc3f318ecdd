"""/metrics for Prometheus: how the ledger stands. Present where the extra `metrics` is installed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import accumulate

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from scheduler.services.tally import LATENESS_SECONDS, Tally
from scheduler.store import changes, messages
from scheduler.web import access
from scheduler.web.context import Context


class Standing(Struct, frozen=True):
    """What is measured, read in one transaction."""

    messages: dict[str, int]
    due: int
    oldest_overdue: datetime | None
    counter: int


@get("/metrics", guards=[access.needs_key], include_in_schema=False)
async def metrics(context: NamedDependency[Context]) -> Response[bytes]:
    """Gauges in Prometheus' text format; needs a key: `authorization: {credentials: enspired_key_...}`."""
    now = context.clock()

    def read(conn: Connection) -> Standing:
        return Standing(
            messages.states(conn),
            messages.due(conn, now),
            messages.oldest_overdue(conn, now),
            changes.current(conn),
        )

    body = _exposition(await context.db.read(read), now, context.tally, context.mail_in)
    return Response(content=body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _exposition(standing: Standing, now: datetime, tally: Tally | None, mail_in: Mapping[str, int]) -> bytes:
    registry = CollectorRegistry()
    by_state = Gauge("enspired_messages", "Mails by state", ["state"], registry=registry)
    for state in ("waiting", "sending", "sent", "failed", "dropped"):
        by_state.labels(state).set(standing.messages.get(state, 0))
    overdue = Gauge("enspired_oldest_overdue_seconds", "How long the longest-waiting due mail waits", registry=registry)
    overdue.set((now - standing.oldest_overdue).total_seconds() if standing.oldest_overdue else 0)
    Gauge("enspired_change_counter", "The counter of the last change", registry=registry).set(standing.counter)
    Gauge("enspired_mail_due", "Mails that were meant to go out by now and wait", registry=registry).set(standing.due)
    registry.register(Receiving(mail_in))
    if tally is not None:
        registry.register(Sending(tally))
    return generate_latest(registry)


class Receiving(Collector):
    """What became of the mails that came in, since this process started."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """One counter with a label for each end; docs/replies.md names them."""
        family = CounterMetricFamily(
            "enspired_mail_in", "Mails that came in, by what became of them", labels=["outcome"]
        )
        for outcome, count in sorted(self._counts.items()):
            family.add_metric([outcome], count)
        yield family


class Sending(Collector):
    """What this process sent since it started, as Prometheus wants it."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        """Counters by outcome, how late mails left, whether the relay works."""
        tally = self._tally
        for outcome in ("sent", "retried", "failed", "dropped", "postponed"):
            name = f"enspired_mail_{outcome}"
            yield CounterMetricFamily(name, f"Mails {outcome} by this process", value=tally.outcomes[outcome])
        counts = accumulate(tally.lateness)
        buckets = [(str(bound), float(next(counts))) for bound in (*LATENESS_SECONDS, "+Inf")]
        lateness = HistogramMetricFamily("enspired_mail_lateness_seconds", "From when a mail was meant to go out")
        lateness.add_metric([], buckets, tally.lateness_sum)
        yield lateness
        down = tally.seconds_down()
        yield GaugeMetricFamily("enspired_mail_relay_up", "1 unless the relay fails everybody", value=float(not down))
        yield GaugeMetricFamily("enspired_mail_relay_down_seconds", "For how long it has failed everybody", value=down)
