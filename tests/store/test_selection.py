"""What the database selects is what the pure decisions say, for any reader, filter and event."""

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.model.access import Actor, may_read
from scheduler.model.event import Event
from scheduler.model.filter import Filter, selects
from scheduler.model.ids import new_id
from scheduler.model.occurrences import occurrences_of
from scheduler.store import events, selection
from scheduler.store.database import Database
from tests.scheduler.inputs import NOW, admitted, small

PROGRAMMES = ("enspired", "schoollinks", "educaid")
INSTITUTIONS = ("vives", "unae", "kemi")
TITLES = ("Ground 100%", "ΑΣ ΟΔΟΣ", "İstanbul", "straße_x", "Ünï cödé", "back\\slash", "a/b")
WORDS = (*TITLES, "", "100%", "%", "_", "\\", "/", "STRASSE", "ß", "i̇", "σ", "ς", "ODE", "GROUND 100%", "'", "zzz")

some = st.lists(st.sampled_from(PROGRAMMES), unique=True).map(tuple)
houses = st.lists(st.sampled_from(INSTITUTIONS), unique=True).map(tuple)
actors = st.builds(
    Actor,
    role=st.sampled_from(["nobody", "viewer", "host", "organiser", "admin"]),
    programmes=some,
    institutions=houses,
    writes=st.booleans(),
)
drawn = st.fixed_dictionaries(
    {
        "programme": st.sampled_from(PROGRAMMES),
        "status": st.sampled_from(["draft", "tentative", "confirmed", "cancelled"]),
        "visibility": st.sampled_from(["public", "institutions", "members", "private"]),
        "host": st.sampled_from([None, *INSTITUTIONS]),
        "co_hosts": houses,
        "partners": houses,
        "sender": st.sampled_from([None, *INSTITUTIONS]),
        "title": st.sampled_from(TITLES).map(lambda title: {"en": title}),
        "levels": st.sampled_from([(), ("primary",), ("primary", "secondary")]),
        "languages": st.sampled_from([(), ("en",), ("en", "nl")]),
        "format": st.sampled_from(["on-site", "online", "hybrid"]),
    }
)
days = st.none() | st.sampled_from([date(2027, 3, 15) + timedelta(days=shift) for shift in range(4)])
starts = st.sampled_from(["2027-03-15T23:30", "2027-03-16T00:00", "2027-03-16T14:30", "2027-03-17T00:59"])
facets = st.dictionaries(
    st.sampled_from(["programme", "institution", "level", "language", "format", "country"]),
    st.lists(
        st.sampled_from([*PROGRAMMES, *INSTITUTIONS, "primary", "nl", "online", "BE", "EC"]), min_size=1, unique=True
    ).map(tuple),
    max_size=2,
)
filters = st.builds(
    Filter, facets=facets.map(lambda found: tuple(found.items())), first=days, last=days, text=st.sampled_from(WORDS)
)
COUNTRIES = {"vives": "BE", "unae": "EC", "kemi": "KE"}
BASE = admitted(small())
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def countries_of(event: Event) -> frozenset[str]:
    return frozenset(COUNTRIES[key] for key in {event.host, event.sender, *event.co_hosts, *event.partners} if key)


def made(fields: dict[str, Any], start: str) -> Event:
    end = f"{start[:11]}23:59" if start.endswith("23:30") else f"{start[:11]}16:00"
    return replace(BASE, id=new_id(NOW), uid=new_id(NOW), start=start, end=end, **fields)


def chosen_ids(conn: Connection, rows: list[Event], condition: Any) -> set[str]:
    for row in rows:
        events.add(conn, row, occurrences_of(row), countries_of(row))
    return {found.id for found in events.select_all(conn, condition)}


@quick
@given(st.lists(drawn, min_size=1, max_size=8), actors)
async def test_who_may_read_is_the_same_question_in_the_database(
    database: Database, fields: list[dict[str, Any]], actor: Actor
) -> None:
    rows = [made(one, "2027-03-16T14:30") for one in fields]
    found = await database.write(lambda conn: chosen_ids(conn, rows, selection.readable(actor)), discard=True)
    assert found == {row.id for row in rows if may_read(actor, row)}


@quick
@given(st.lists(st.tuples(drawn, starts), min_size=1, max_size=8), filters)
async def test_what_a_filter_selects_is_the_same_question_in_the_database(
    database: Database, fields: list[tuple[dict[str, Any], str]], chosen: Filter
) -> None:
    rows = [made(one, start) for one, start in fields]
    found = await database.write(lambda conn: chosen_ids(conn, rows, selection.matching(chosen)), discard=True)
    assert found == {row.id for row in rows if _selects(chosen, row)}


def _selects(chosen: Filter, row: Event) -> bool:
    indexed: dict[str, list[str]] = {}
    for facet, value in events.facets_of(row, countries_of(row)):
        indexed.setdefault(facet, []).append(value)
    dates = occurrences_of(row)
    return selects(chosen, indexed, dates[0].start_at, dates[-1].end_at, events.search_text(row))
