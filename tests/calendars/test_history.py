"""Any history of events: a feed's bytes change exactly when its content does, and only what may be seen is in it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from scheduler.calendars.library import EventLibrary
from scheduler.config import Config
from scheduler.model.changes import public_view
from scheduler.model.event import Event
from scheduler.model.occurrences import occurrences_of
from scheduler.services import institutions
from scheduler.services.people import SYSTEM
from scheduler.store import events
from scheduler.store import institutions as institution_store
from scheduler.store.database import Database
from scheduler.store.tables import metadata
from scheduler.texts import load_catalogues
from tests.calendars.reading import fetched, unfolded, versions
from tests.store.world import NOW, World, add_institution

OPTIONS = ("", "kind=webinar", "cancelled=hide", "busy=1&alarm=PT15M", "lang=nl&alarm=PT1H", "allday=bars&horizon=90")
PATHS = [("/feeds/events.ics", query) for query in OPTIONS]
PATHS += [(f"/feeds/events.{form}", query) for form in ("json", "atom", "csv", "html") for query in ("", "busy=1")]
SERIES = {"rule": "FREQ=WEEKLY;COUNT=4"}
STARTS = tuple(f"{day}T14:30" for day in ("2026-10-01", "2026-11-30", "2027-01-12", "2027-11-30", "2029-01-12"))
ACTS = ("create", "series", "item", "retitle", "notes", "move", "hide", "show", "cancel", "skip", "rename", "wait")

Act = tuple[str, int]
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 50)), min_size=1, max_size=14)


class History:
    """A world in which things happen, and its feeds: in a library that goes on, and in one that begins anew."""

    def __init__(self, db: Database, config: Config) -> None:
        self.world = World(db, config)
        self.config = config
        self.library = self.fresh()
        self.seen: dict[tuple[str, str], bytes] = {}
        self.state: Any = None
        self.versions: dict[str, tuple[int, str]] = {}

    def fresh(self) -> EventLibrary:
        """A library without any memory."""
        return EventLibrary(self.world.db, self.config, lambda: self.world.now, load_catalogues())

    async def begin(self) -> None:
        """An empty database, whose counters go on."""

        def empty(conn: Any) -> None:
            for table in reversed(metadata.sorted_tables):
                if table.name != "counter":
                    conn.execute(delete(table))
            add_institution(conn, "vives")

        await self.world.db.write(empty)

    async def all_events(self) -> list[Event]:
        """Every event there is."""
        return await self.world.db.read(lambda conn: events.select_all(conn, events.with_ids(_ids(conn))))

    async def act(self, act: Act) -> None:
        """One thing happens, a minute later than the last."""
        self.world.now += timedelta(minutes=1)
        name, number = act
        present = await self.all_events()
        if name in {"create", "series", "item"}:
            await self._create(name, number, present)
        elif name == "wait":
            self.world.now += timedelta(hours=7 * (1 + number % 9))
        elif name == "rename":
            await self._rename(number)
        elif present:
            await getattr(self, f"_{name}")(present[number % len(present)], number)

    async def _create(self, name: str, number: int, present: list[Event]) -> None:
        start = STARTS[number % len(STARTS)]
        whole = [event for event in present if not event.part_of and event.alive]
        await self.world.create(
            title={"en": f"Talk {number}", "nl": f"Praatje {number}"},
            kind="webinar" if number % 3 else "workshop",
            visibility=("public", "private", "public", "institutions")[number % 4],
            host="vives" if number % 2 else None,
            start=start,
            end=f"{start[:11]}16:00",
            recurrence=SERIES if name == "series" else None,
            part_of=whole[number % len(whole)].id if name == "item" and whole else None,
        )

    async def _rename(self, number: int) -> None:
        def rename(conn: Any) -> None:
            row = institution_store.get(conn, "vives")
            changed = {"name": {"en": f"VIVES {number}"}}
            assert row
            changed_row = type(row)(**{**{name: getattr(row, name) for name in row.__struct_fields__}, **changed})
            institutions.change(conn, "vives", changed_row, expected=None, actor=SYSTEM, now=self.world.now)

        await self.world.db.write(rename)

    async def _retitle(self, event: Event, number: int) -> None:
        await self.world.patch(event, title={"en": f"New title {number}"})

    async def _notes(self, event: Event, number: int) -> None:
        await self.world.patch(event, notes=f"SECRETNOTE {number}")

    async def _move(self, event: Event, number: int) -> None:
        if event.alive and not event.recurrence:
            await self.world.move(event, f"2027-02-{1 + number % 28:02}T09:00")

    async def _hide(self, event: Event, _number: int) -> None:
        await self.world.patch(event, visibility="private")

    async def _show(self, event: Event, _number: int) -> None:
        await self.world.patch(event, visibility="public")

    async def _cancel(self, event: Event, number: int) -> None:
        await self.world.cancel(event, "Ill")  # a reason is shown as soon as its event is

    async def _skip(self, event: Event, number: int) -> None:
        if event.recurrence and event.alive:
            dates = await self.world.db.read(lambda conn: events.dates_of(conn, event.id))
            moved = [
                {"date": dates[1].original, "start": f"{event.start[:8]}28T10:00", "end": f"{event.start[:8]}28T11:00"}
            ]
            cancelled = [{"date": dates[2].original, "reason": ""}] if number % 2 else []
            await self.world.patch(event, recurrence={**SERIES, "moved": moved, "cancelled": cancelled})

    async def check(self) -> None:
        """Every feed: the same as made anew, other than before exactly when its content is, without anything hidden."""
        anew, present = self.fresh(), await self.all_events()
        hidden = [event for event in present if not _readable(event)]
        for path, query in PATHS:
            ready, other = await fetched(self.library, path, query), await fetched(anew, path, query)
            body = ready.plain.body
            assert (body, ready.plain.etag) == (other.plain.body, other.plain.etag)
            assert (ready.packed and ready.packed.body) == (other.packed and other.packed.body)
            text = unfolded(body)
            assert [event.id for event in hidden if event.id in text] == []
            assert "SECRET" not in text
        anew.close()
        await self._check_main(present)

    async def _check_main(self, present: list[Event]) -> None:
        state = await self._content(present)
        body = (await fetched(self.library)).plain.body
        before = self.seen.get(PATHS[0])
        if before is not None:
            assert (body != before) == (state != self.state)
        self.seen[PATHS[0]], self.state = body, state
        for uid, version in versions(body).items():
            known = self.versions.get(uid, version)
            assert version[0] >= known[0]
            assert version[1] >= known[1]
            self.versions[uid] = version

    async def _content(self, present: list[Event]) -> Any:
        names = await self.world.db.read(institution_store.all_institutions)
        readable = {event.id: event for event in present if _readable(event)}
        shown = {event.id: event for event in present if self._shown(event)}
        return [
            (
                public_view(event),
                names[event.host].name if event.host else "",
                public_view(readable[event.part_of])["title"] if event.part_of in readable else "",
            )
            for event in sorted(shown.values(), key=lambda event: event.id)
        ]

    def _shown(self, event: Event) -> bool:
        midnight = datetime.combine(self.world.now.date(), time(0), UTC)
        feeds = self.config.feeds
        dates = occurrences_of(event)
        first, last = min(date.start_at for date in dates), max(date.end_at for date in dates)
        lately = event.cancelled_at is None or event.cancelled_at > midnight - timedelta(days=feeds.cancelled_days)
        inside = last > midnight - timedelta(days=feeds.past_days) and first < midnight + timedelta(feeds.future_days)
        return _readable(event) and lately and inside


def _readable(event: Event) -> bool:
    return event.published and event.visibility == "public"


def _ids(conn: Any) -> list[str]:
    return list(conn.exec_driver_sql("SELECT id FROM event ORDER BY id").scalars())


@pytest.fixture
async def history(database: Database, shipped: Config) -> AsyncIterator[Callable[[], History]]:
    """Makes histories in a database; on PostgreSQL somebody watches it, as in the service."""
    async with database.watching():
        yield lambda: History(database, shipped)


@given(acts)
@example([("create", 0), ("item", 0), ("retitle", 0), ("hide", 0), ("show", 0), ("cancel", 0)])
@example([("series", 0), ("skip", 1), ("skip", 2), ("move", 0), ("notes", 0), ("rename", 1)])
@example([("create", 2), ("create", 1), ("rename", 3), ("wait", 8), ("show", 1), ("move", 3), ("wait", 8)])
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a history is slow to shorten, and short as it is
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_a_feed_changes_exactly_when_its_content_does(history: Callable[[], History], done: list[Act]) -> None:
    one = history()
    await one.begin()
    for act in done:
        await one.act(act)
        await one.check()
    one.library.close()


async def test_a_long_history_is_the_same_as_its_end(history: Callable[[], History]) -> None:
    one = history()
    await one.begin()
    one.world.now = NOW
    for number, name in enumerate([*ACTS[:3] * 6, *ACTS * 2]):
        await one.act((name, number * 7 % 51))
    await one.check()
    for number, name in enumerate(ACTS):
        await one.act((name, number * 5))
        await one.check()
    one.library.close()
