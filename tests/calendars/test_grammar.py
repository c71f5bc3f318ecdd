"""One grammar: the same query selects in every form of a feed, and what nobody knows is refused with a hint."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.calendars.reading import FORMS, uids, unfolded
from tests.running import Api

ATOM = "{http://www.w3.org/2005/Atom}"
START, END = "2027-03-16T14:30", "2027-03-16T16:00"


def titles(form: str, body: bytes) -> set[str]:
    """The titles in a feed, read by a reader of its form."""
    if form == "ics":
        return set(re.findall(r"^SUMMARY:(.+?)\r$", unfolded(body), re.MULTILINE))
    if form == "json":
        return {entry["title"] for entry in json.loads(body)["entries"]}
    if form == "atom":
        return {entry.findtext(f"{ATOM}title") or "" for entry in ET.fromstring(body).iter(f"{ATOM}entry")}
    if form == "csv":
        return {row["title"] for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig")))}
    reader = _Titles()
    reader.feed(body.decode())
    return reader.found


class _Titles(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.open = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open = 1 if dict(attrs).get("class") == "enspired-title" else self.open

    def handle_data(self, data: str) -> None:
        if self.open:
            self.found.add(data)
            self.open = 0


@pytest.fixture
async def agenda(api: Api) -> Api:
    """Four events that differ in what a filter can ask for."""
    await api.event(title="Brussels", kind="workshop", themes=["gender"])
    await api.event(title="Quito", kind="webinar", host="unae", start=START, end=END, timezone="America/Guayaquil")
    await api.event(title="Late", kind="workshop", start="2027-09-01T09:00", end="2027-09-01T10:00")
    await api.event(title="Members", visibility="members")
    return api


QUERIES = {
    "": {"Brussels", "Quito", "Late"},
    "kind=webinar": {"Quito"},
    "kind=workshop,webinar&country=EC": {"Quito"},
    "kind=workshop&kind=webinar&institution=vives": {"Brussels", "Late"},
    "theme=gender": {"Brussels"},
    "to=2027-04-01&from=2027-03-01": {"Brussels", "Quito"},
    "q=quit": {"Quito"},
    "programme=schoollinks": set(),
    "horizon=130": {"Brussels", "Quito"},
    "horizon=10": set(),
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_query_selects_the_same_in_every_form(agenda: Api, form: str) -> None:
    for query, wanted in QUERIES.items():
        answer = await agenda.nobody.get(f"/feeds/events.{form}?{query}")
        assert answer.status_code == 200, answer.text
        assert titles(form, answer.content) == wanted, query


@pytest.mark.parametrize("form", FORMS)
async def test_a_subscription_selects_the_same_in_every_form(agenda: Api, form: str) -> None:
    body = {"name": "Workshops", "query": "kind=workshop", "programmes": ["enspired"]}
    made = (await agenda.admin.post("/api/v1/subscriptions", json=body)).json()
    address = made["address"].removesuffix(".ics")
    answer = await agenda.nobody.get(f"{address}.{form}")
    assert answer.status_code == 200
    assert titles(form, answer.content) == {"Brussels", "Late", "Members"}
    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "accept-encoding" in answer.headers["vary"]
    assert "access-control-allow-origin" not in answer.headers
    assert address.split("/")[-2] not in answer.text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("kimd=webinar", "kind"),
        ("kind=webinarr", "webinar"),
        ("xyz=red", "programme"),
        ("lang=xx", "en"),
        ("busy=yes", "1"),
        ("horizon=9999", "400"),
        ("from=tomorrow", "tomorrow"),
        ("cancelled=hide&cancelled=show", "twice"),
    ],
)
async def test_what_nobody_knows_is_refused_with_a_hint(agenda: Api, form: str, query: str, hint: str) -> None:
    answer = await agenda.nobody.get(f"/feeds/events.{form}?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-query"
    assert hint in answer.json()["detail"]


async def test_the_faults_of_a_query_come_all_at_once_in_the_form_of_the_api(agenda: Api) -> None:
    query = "kimd=webinar&kind=webinarr&lang=xx&alarm=soon&horizon=0&from=2027-13-01&busy=1&busy=1"
    answer = await agenda.nobody.get(f"/feeds/events.ics?{query}")
    found = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (found["status"], found["code"], found["type"]) == (400, "invalid-query", "/api#invalid-query")
    faults = {fault["pointer"]: fault for fault in found["errors"]}
    assert set(faults) == {"/kimd", "/kind", "/lang", "/alarm", "/horizon", "/from", "/busy"}
    assert all(fault["detail"] in found["detail"] for fault in faults.values())
    assert {name: faults[f"/{name}"]["example"] for name in ("kimd", "kind", "lang", "alarm", "horizon", "from")} == {
        "kimd": "kind",
        "kind": "webinar",
        "lang": "en",
        "alarm": "PT15M",
        "horizon": 120,
        "from": "2027-03-01",
    }
    like = (await agenda.nobody.get("/api/v1/events?kimd=webinar")).json()
    assert set(found) == set(like)
    assert set(found["errors"][0]) == set(like["errors"][0])
    assert found["errors"][0] == like["errors"][0]


async def test_every_error_of_a_feed_points_to_the_page_that_explains_it(agenda: Api) -> None:
    explained = (await agenda.nobody.get("/api")).text
    for method, path in (
        ("GET", "/feeds/none.ics"),
        ("GET", "/feeds/s/x/y.ics"),
        ("GET", "/feeds/events.ics?x=1"),
        ("POST", "/feeds/events.ics"),
    ):
        problem = (await agenda.nobody.request(method, path)).json()
        assert problem["type"] == f"/api#{problem['code']}"
        assert f'id="{problem["code"]}"' in explained


async def test_too_many_parameters_are_refused_without_reading_them(agenda: Api) -> None:
    answer = await agenda.nobody.get("/feeds/events.ics?" + "&".join(f"q={number}" for number in range(200)))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "")


async def test_a_secret_address_with_parameters_names_each_of_them(agenda: Api) -> None:
    body = {"name": "Workshops", "query": "kind=workshop", "programmes": ["enspired"]}
    address = (await agenda.admin.post("/api/v1/subscriptions", json=body)).json()["address"]
    answer = await agenda.nobody.get(f"{address}?kind=webinar&lang=nl")
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/kind", "/lang"]


async def test_every_form_says_what_it_is(agenda: Api) -> None:
    types = {}
    for form in FORMS:
        answer = await agenda.nobody.get(f"/feeds/events.{form}")
        types[form] = answer.headers["content-type"].partition(";")[0]
        assert answer.headers["content-disposition"] == f'inline; filename="events.{form}"'
        again = await agenda.nobody.get(f"/feeds/events.{form}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "set-cookie" not in answer.headers
    assert types == {
        "ics": "text/calendar",
        "json": "application/jscalendar+json",
        "atom": "application/atom+xml",
        "csv": "text/csv",
        "html": "text/html",
    }


@pytest.mark.parametrize("path", ["events.pdf", "events", "other.ics", "events.ics/", "s/x", "s//x.ics", "s/x/y.pdf"])
async def test_there_is_nothing_anywhere_else(agenda: Api, path: str) -> None:
    answer = await agenda.nobody.get(f"/feeds/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_list_for_other_pages_runs_nothing_and_escapes_everything(api: Api) -> None:
    attack = '<script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="alert(1)'
    await api.event(title=attack, place={"room": attack}, summary=attack)
    answer = await api.nobody.get("/feeds/events.html?lang=nl")
    seen = _Everything()
    seen.feed(answer.text)
    assert seen.tags <= {"section", "h2", "ol", "li", "time", "span", "a", "p"}
    assert seen.attributes <= {"class", "lang", "dir", "datetime", "href", "target", "rel"}
    assert attack in titles("html", answer.content)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors *" in policy
    assert "allow-scripts" not in policy
    assert "x-frame-options" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == "*"


class _Everything(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


async def test_a_list_shows_the_dates_of_a_series_that_are_still_to_come(api: Api) -> None:
    weekly = {"rule": "FREQ=WEEKLY;COUNT=3", "cancelled": [{"date": "2026-12-01T14:30"}]}
    await api.event(title="Weekly", start="2026-11-17T14:30", end="2026-11-17T15:00", recurrence=weekly)
    text = (await api.nobody.get("/feeds/events.html?lang=en")).text
    assert re.findall(r'datetime="([^"]+)"', text) == ["2026-11-24T13:30Z"] or "2026-11-24" in text
    assert "Tuesday 24 November 2026" in text
    assert "17 November" not in text


async def test_one_event_takes_options_but_no_filter(api: Api) -> None:
    found: dict[str, Any] = await api.event(title={"en": "English", "nl": "Nederlands"})
    dutch = await api.nobody.get(f"/events/{found['id']}.ics?lang=nl")
    assert "SUMMARY:Nederlands" in unfolded(dutch.content)
    assert uids(dutch.content) == [found["uid"]]
    assert (await api.nobody.get(f"/events/{found['id']}.ics?kind=webinar")).status_code == 400
