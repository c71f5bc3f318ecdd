"""What is not public leaves no byte in what a stranger can read: feeds, pages, JSON-LD, lists, counts, tags."""

from typing import Any

import pytest

from tests.calendars.reading import FORMS
from tests.running import Api
from tests.scheduler.pages import BROWSER

SECRET = "Zwijgzaam"
QUERIES = ("", "?busy=1", "?allday=bars&alarm=PT15M", "?kind=workshop", "?cancelled=hide&lang=nl", f"?q={SECRET}")
PAGES = (
    "/",
    "/?kind=workshop",
    "/?from=2026-01-01",
    f"/?q={SECRET}",
    "/subscribe",
    "/privacy",
    "/accessibility",
    "/briefing",
    "/briefing.txt",
    "/briefing.pdf",
)
VISIT: dict[str, Any] = {"kind": "exchange-visit", "start": "2027-03-15", "end": "2027-03-19"}
SERIES = {
    "rule": "FREQ=WEEKLY;COUNT=4",
    "moved": [{"date": "2027-03-23T14:30", "start": "2027-03-24T14:30", "end": "2027-03-24T16:00"}],
    "cancelled": [{"date": "2027-03-30T14:30", "reason": SECRET}],
}
HIDDEN: tuple[dict[str, Any], ...] = (
    {"visibility": "private"},
    {"visibility": "members"},
    {"visibility": "institutions"},
    {"status": "draft"},
    {"visibility": "private", "recurrence": SERIES},
    {"visibility": "private", **VISIT},
)
COUNTERS = ("since", "next_since")
"""Numbers of the service's whole history; they say that something happened, of which nobody learns what."""


@pytest.fixture
async def public(api: Api) -> tuple[Api, list[dict[str, Any]]]:
    """A public programme of every sort."""
    visit = await api.event(title="Visit", **VISIT)
    shown = [
        visit,
        await api.event(title="Talk"),
        await api.event(title="Course", recurrence={"rule": "FREQ=WEEKLY;COUNT=3"}),
        await api.event(title="School visit", part_of=visit["id"], start="2027-03-16T09:00", end="2027-03-16T12:00"),
    ]
    return api, shown


async def outputs(api: Api, shown: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything that a stranger can read, by address: status, body, ETag."""
    found: dict[str, Any] = {}
    ids = [event["id"] for event in shown]
    paths = [f"/feeds/events.{form}{query}" for form in FORMS for query in QUERIES]
    paths += [f"/{language}{path}" for language in ("en", "nl") for path in PAGES]
    paths += [f"/{language}/events/{one}" for language in ("en", "fr") for one in ids]
    paths += [f"/events/{one}.ics{query}" for one in ids for query in ("", "?busy=1")]
    for path in paths:
        answer = await api.nobody.get(path, headers=BROWSER if path[1:3] in {"en", "nl", "fr"} else {})
        assert answer.status_code == 200, path
        found[path] = (answer.text, answer.headers.get("etag"))
    for path in (
        f"/api/v1/events?q={SECRET}",
        "/api/v1/events",
        "/api/v1/institutions",
        *(f"/api/v1/events/{one}" for one in ids),
    ):
        answer = await api.nobody.get(path)
        body = answer.json()
        found[path] = {name: value for name, value in body.items() if name not in COUNTERS}
        if "items" not in body:
            found[f"{path} ETag"] = answer.headers.get("etag")
    return found


@pytest.mark.parametrize("fields", HIDDEN, ids=lambda fields: "-".join(map(str, fields))[:40])
async def test_what_is_hidden_changes_no_public_output_by_a_byte(
    public: tuple[Api, list[dict[str, Any]]], fields: dict[str, Any]
) -> None:
    api, shown = public
    before = await outputs(api, shown)
    api.clock.move(minutes=5)
    texts = {"title": {"en": SECRET, "nl": SECRET}, "summary": SECRET, "description": SECRET, "notes": SECRET}
    hidden = await api.event(**{**texts, **fields})
    await same(api, shown, before)
    item = await api.event(title=SECRET, visibility="private", part_of=shown[0]["id"])
    await same(api, shown, before)
    api.clock.move(minutes=5)
    for event in (hidden, item):
        change = {"title": f"{SECRET} two", "related": [shown[1]["id"]]}
        done = await api.admin.patch(
            f"/api/v1/events/{event['id']}", json=change, headers={"If-Match": f'"{event["revision"]}"'}
        )
        assert done.status_code == 200, done.text
    await same(api, shown, before)
    if fields.get("status") not in {"draft", "cancelled"}:
        await api.register(hidden, "amal@example.org")
        await api.admin.post(f"/api/v1/events/{hidden['id']}/cancel", json={"reason": SECRET})
    await same(api, shown, before)
    for path in (f"/events/{hidden['id']}.ics", f"/en/events/{hidden['id']}", f"/api/v1/events/{hidden['id']}"):
        answer, unknown = await api.nobody.get(path), await api.nobody.get(path.replace(hidden["id"], "0" * 26))
        assert (answer.status_code, answer.content) == (404, unknown.content)
    # Not even in what is made anew from nothing.
    api.clock.move(days=1)
    for path, (text, _) in [(path, one) for path, one in (await outputs(api, shown)).items() if "events." in path]:
        assert SECRET.lower() not in text.lower().replace(f"q={SECRET.lower()}", ""), path
        assert hidden["id"] not in text
        assert item["id"] not in text


async def same(api: Api, shown: list[dict[str, Any]], before: dict[str, Any]) -> None:
    """Every output is what it was, its ETag too."""
    now = await outputs(api, shown)
    assert [path for path in now if now[path] != before[path]] == []


async def test_a_public_event_does_not_name_what_is_hidden_beside_it(public: tuple[Api, list[dict[str, Any]]]) -> None:
    api, shown = public
    hidden = await api.event(title=SECRET, visibility="private", **VISIT)
    child = await api.event(title="Public item", part_of=hidden["id"])
    friend = await api.event(title="Public friend", related=[hidden["id"]])
    found = await outputs(api, [*shown, child, friend])
    found["changes"] = (await api.nobody.get("/api/v1/changes?since=0")).text
    assert child["id"] in found["changes"]
    leaks = [path for path, one in found.items() if hidden["id"] in str(one) or hidden["uid"] in str(one)]
    assert leaks == []
    assert [path for path, one in found.items() if SECRET in str(one) and "q=" not in path] == []
    seen = (await api.admin.get(f"/api/v1/events/{friend['id']}")).json()
    assert seen["related"] == [hidden["id"]]
