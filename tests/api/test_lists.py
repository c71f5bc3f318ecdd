"""Lists of events: the filter grammar, pages that stay stable, and what changed since."""

from typing import Any

import pytest

from tests.running import Api

EVENTS = "/api/v1/events"
ANY = {"If-Match": "*"}
CHANGES = "/api/v1/changes"


async def walk(api: Api, query: str) -> list[dict[str, Any]]:
    """Every item of a list, page by page, by its Link header."""
    found: list[dict[str, Any]] = []
    address = f"{EVENTS}?{query}"
    while address:
        answer = await api.nobody.get(address)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        link = answer.headers.get("link", "")
        assert (f'<{answer.json().get("next", "")}>; rel="next"' == link) == bool(link)
        address = link.partition(">")[0].removeprefix("<")
    return found


async def test_a_list_is_in_order_and_whole_however_small_its_pages(api: Api) -> None:
    made = [await api.event(start=f"2027-03-{day:02}T10:00", end=f"2027-03-{day:02}T11:00") for day in (9, 2, 2, 30, 2)]
    found = await walk(api, "limit=2")
    assert [one["start"] for one in found] == sorted(one["start"] for one in made)
    assert {one["id"] for one in found} == {one["id"] for one in made}
    assert [one["id"] for one in await walk(api, "limit=1")] == [one["id"] for one in found]


async def test_pages_neither_repeat_nor_lose_events_while_others_come_and_go(api: Api) -> None:
    made = [await api.event(start=f"2027-03-{day:02}", end=None) for day in range(10, 20)]
    first = (await api.nobody.get(f"{EVENTS}?limit=5")).json()
    await api.event(start="2027-03-01", end=None)  # before what was read
    await api.event(start="2027-03-25", end=None)  # after it
    await api.admin.patch(f"{EVENTS}/{made[2]['id']}", json={"start": "2027-03-05", "end": None}, headers=ANY)
    rest = (await api.nobody.get(first["next"])).json()
    starts = [one["start"] for one in first["items"] + rest["items"]]
    assert starts == [f"2027-03-{day:02}" for day in range(10, 20)]


async def test_the_filter_keeps_to_its_grammar(api: Api) -> None:
    lecture = await api.event(kind="guest-lecture", themes=["climate"], languages=["en"], countries=["KE"])
    online = await api.event(
        format="online", start="2027-05-01", end=None, levels=["primary"], host="kemi", timezone=None
    )
    elsewhere = await api.event(
        programme="schoollinks", summary={"nl": "Scholen in 100% Kenia"}, audiences=["student-teacher"]
    )
    ids = {one["id"]: name for one, name in ((lecture, "lecture"), (online, "online"), (elsewhere, "elsewhere"))}

    async def names(query: str) -> set[str]:
        return {ids[one["id"]] for one in await walk(api, query)}

    assert await names("") == {"lecture", "online", "elsewhere"}
    assert await names("kind=guest-lecture") == {"lecture"}
    assert await names("kind=guest-lecture,workshop") == {"lecture", "online", "elsewhere"}
    assert await names("kind=guest-lecture&kind=workshop&programme=enspired") == {"lecture", "online"}
    assert await names("country=KE") == {"lecture", "online"}
    assert await names("institution=kemi") == {"online"}
    assert await names("format=online&level=primary") == {"online"}
    assert await names("audience=student-teacher") == {"elsewhere"}
    assert await names("from=2027-04-01") == {"online"}
    assert await names("to=2027-03-16") == {"lecture", "elsewhere"}
    assert await names("from=2027-03-17&to=2027-04-29") == set()
    assert await names("q=SCHOLEN") == {"elsewhere"}
    assert await names("q=100%25") == {"elsewhere"}
    assert await names("q=classrooms multilingual") == {"lecture", "online", "elsewhere"}
    assert await names("theme=climate&language=en") == {"lecture"}


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        ("knid=workshop", "/knid", "Did you mean “kind”?"),
        ("zzz=red", "/zzz", "There are:"),
        ("kind=workshp", "/kind", "Did you mean workshop"),
        ("country=XX", "/country", "not known"),
        ("from=16/03/2027", "/from", "not a day"),
        ("from=2027-05-01&to=2027-04-01", "/to", "before the first"),
        ("from=0001-01-01", "/from", "year"),
        ("to=9999-12-31", "/to", "year"),
        ("q=a&q=b", "/q", "twice"),
        ("q=%00", "/q", "control"),
        ("q=" + "x" * 201, "/q", "200"),
        ("limit=0", "/limit", "1 to 200"),
        ("limit=201", "/limit", "1 to 200"),
        ("limit=" + "9" * 5000, "/limit", "1 to 200"),
        ("limit=%D9%A1", "/limit", "1 to 200"),
        ("cursor=nonsense", "/cursor", "page before"),
        ("cursor=MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMCAw", "/cursor", "page before"),
        ("cursor=%00", "/cursor", "page before"),
        ("cursor=" + "A" * 3000, "/cursor", "page before"),
    ],
)
async def test_a_slip_in_a_query_is_named(shared: Api, query: str, pointer: str, words: str) -> None:
    answer = await shared.nobody.get(f"{EVENTS}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert words in answer.json()["errors"][0]["detail"]


async def test_every_slip_of_a_query_is_named_at_once(shared: Api) -> None:
    answer = await shared.nobody.get(f"{EVENTS}?knid=a&kind=b&from=c&q=x&q=y")
    assert {one["pointer"] for one in answer.json()["errors"]} == {"/knid", "/kind", "/q", "/from"}


async def test_an_unchanged_list_costs_a_304(api: Api) -> None:
    await api.event()
    first = await api.nobody.get(EVENTS)
    again = await api.nobody.get(EVENTS, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await api.event()
    assert (await api.nobody.get(EVENTS, headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_changes_are_followed_from_a_list_on(api: Api) -> None:
    event = await api.event()
    since = (await api.nobody.get(EVENTS)).json()["since"]
    assert (await api.nobody.get(f"{CHANGES}?since={since}")).json() == {
        "changes": [],
        "next_since": since,
        "more": False,
    }
    await api.admin.patch(f"{EVENTS}/{event['id']}", json={"title": "Renamed"}, headers=ANY)
    await api.admin.post(f"{EVENTS}/{event['id']}/cancel", json={"reason": "x"})
    page = (await api.nobody.get(f"{CHANGES}?since={since}")).json()
    assert [(one["kind"], one["event"]["status"]) for one in page["changes"]] == [
        ("updated", "cancelled"),
        ("cancelled", "cancelled"),
    ]
    small = (await api.nobody.get(f"{CHANGES}?since={since}&limit=1")).json()
    assert (small["more"], small["next_since"]) == (True, since + 1)


async def test_what_leaves_a_filter_or_the_public_is_reported_as_removed(api: Api) -> None:
    event = await api.event(kind="workshop")
    since = (await api.nobody.get(EVENTS)).json()["since"]
    await api.admin.patch(f"{EVENTS}/{event['id']}", json={"kind": "webinar"}, headers=ANY)
    workshops = (await api.nobody.get(f"{CHANGES}?since={since}&kind=workshop")).json()["changes"]
    assert [(one["kind"], one["event"]) for one in workshops] == [("removed", None)]
    webinars = (await api.nobody.get(f"{CHANGES}?since={since}&kind=webinar")).json()["changes"]
    assert [one["kind"] for one in webinars] == ["updated"]
    await api.admin.patch(f"{EVENTS}/{event['id']}", json={"visibility": "private"}, headers=ANY)
    for query in ("since=0", f"since={since}", f"since={since}&kind=webinar"):
        seen = (await api.nobody.get(f"{CHANGES}?{query}")).json()["changes"]
        assert {one["kind"] for one in seen} == {"removed"}, query
        assert {one["event"] for one in seen} == {None}
    assert "Multilingual" not in (await api.nobody.get(f"{CHANGES}?since=0")).text
    assert (await api.organiser.get(f"{CHANGES}?since=0")).json()["changes"][0]["event"]["visibility"] == "private"


async def test_a_counter_that_is_not_kept_says_how_to_start_over(api: Api) -> None:
    await api.event()
    answer = await api.nobody.get(f"{CHANGES}?since=999999")
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    assert answer.json()["start_over"] == f"http://127.0.0.1:8000{EVENTS}"


@pytest.mark.parametrize("since", ["", "-1", "1.5", "x", "9" * 13, "%00"])
async def test_a_counter_that_is_none_is_refused(shared: Api, since: str) -> None:
    answer = await shared.nobody.get(f"{CHANGES}?since={since}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/since")


async def test_a_joining_link_never_stands_in_the_changes_even_when_it_is_public(api: Api) -> None:
    link = "https://meet.example.org/room"
    event = await api.event(format="online", online={"url": link, "visibility": "public"})
    assert link in (await api.nobody.get(f"{EVENTS}/{event['id']}")).text
    for client in (api.nobody, api.admin):
        assert link not in (await client.get(f"{CHANGES}?since=0")).text
