"""Bad input: a clear answer, and nothing changed."""

from typing import Any

import httpx
import pytest

from tests.running import Api, event_body

EVENTS = "/api/v1/events"
BOMB = "FREQ=SECONDLY;COUNT=999999999"

BODIES: dict[str, tuple[bytes, int, str]] = {
    "not JSON": (b"{title: x}", 400, "malformed"),
    "cut off": (b'{"title": "x"', 400, "malformed"),
    "two values": (b"{} {}", 400, "malformed"),
    "deep arrays": (b"[" * 200_000 + b"]" * 200_000, 400, "malformed"),
    "deep objects": (b'{"title":' * 100_000 + b"1" + b"}" * 100_000, 400, "malformed"),
    "deep inside": (b'{"title":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed"),
    "5 MB": (b'{"title": "' + b"x" * 5_000_000 + b'"}', 413, "too-large"),
    "bad UTF-8": (b'{"title": "\xff\xfe"}', 400, "malformed"),
    "UTF-16": ('{"title": "x"}'.encode("utf-16"), 400, "malformed"),
    "half a surrogate": (b'{"title": "\\ud800"}', 400, "malformed"),
    "NaN": (b'{"seats": {"on_site": NaN}}', 400, "malformed"),
    "Infinity": (b'{"ects": {"credits": -Infinity}}', 400, "malformed"),
    "1e999": (b'{"ects": {"credits": 1e999}}', 400, "malformed"),
    "a name twice": (b'{"title": "a", "title": "b"}', 400, "malformed"),
    "a name twice inside": (b'{"title": {"en": "a", "en": "b"}}', 400, "malformed"),
    "a name twice, disguised": (b'{"title": "a", "\\u0074itle": "b"}', 400, "malformed"),
    "a list": (b"[]", 422, "invalid"),
    "a text": (b'"x"', 422, "invalid"),
    "null": (b"null", 422, "invalid"),
    "nothing": (b"", 422, "invalid"),
    "blanks": (b" \n\t ", 422, "invalid"),
}


def faults(answer: httpx.Response) -> dict[str, Any]:
    """The faults of an answer by pointer; each says what is wrong."""
    found = {fault["pointer"]: fault for fault in answer.json()["errors"]}
    assert all(fault["detail"] for fault in found.values())
    return found


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_cannot_be_read_says_why_and_changes_nothing(shared: Api, name: str) -> None:
    body, status, code = BODIES[name]
    event = await shared.event()
    before = await shared.state()
    tried = (
        ("POST", EVENTS),
        ("PUT", f"{EVENTS}/{event['id']}"),
        ("PUT", f"{EVENTS}/by-external-id/sis/1"),
        ("POST", f"{EVENTS}/{event['id']}/registrations"),
        ("POST", "/api/v1/institutions"),
        ("POST", "/api/v1/keys"),
        ("POST", "/api/v1/subscriptions"),
    )
    for method, address in tried:
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        answer = await shared.admin.request(method, address, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (method, address, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text
        assert len(answer.text) < 3000
        if status in {400, 422}:
            assert all(fault.get("example") is not None for fault in faults(answer).values()), answer.text
    assert await shared.state() == before


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"]
)
async def test_another_kind_of_body_is_refused(shared: Api, media: str) -> None:
    before = await shared.state()
    answer = await shared.admin.post(EVENTS, content=b"title=x", headers={"Content-Type": media})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert await shared.state() == before


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "application/merge-patch+json", ""])
async def test_json_by_its_other_names_is_read(shared: Api, media: str) -> None:
    event = await shared.event()
    headers = {"If-Match": "*", **({"Content-Type": media} if media else {})}
    answer = await shared.admin.patch(f"{EVENTS}/{event['id']}", content=b'{"notes": "n"}', headers=headers)
    assert (answer.status_code, answer.json()["notes"]) == (200, "n")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"title": "x" * 10_000}, "/title"),
        ({"title": "a\x00b"}, "/title"),
        ({"title": {"en": "a\nb"}}, "/title/en"),
        ({"description": "bell\x07"}, "/description"),
        ({"notes": "\u202e reversed"}, "/notes"),
        ({"title": {"english": "x"}}, "/title/english"),
        ({"titel": "x"}, "/titel"),
        ({"kind": {"$ne": 1}}, "/kind"),
        ({"seats": {"on_site": 10**30}}, "/seats/on_site"),
        ({"seats": {"on_site": -1}}, "/seats/on_site"),
        ({"seats": {"on_site": True}}, "/seats/on_site"),
        ({"ects": {"credits": 1e300}}, "/ects/credits"),
        ({"start": "2027-02-30T10:00"}, "/start"),
        ({"start": "2027-03-28T02:30", "end": "2027-03-28T04:00"}, "/start"),
        ({"start": "2027-10-31T02:30", "end": "2027-10-31T04:00"}, "/start"),
        ({"end": "2027-03-16T14:00"}, "/end"),
        ({"timezone": "Europe/Brussel"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"recurrence": {"rule": "FREQ=DAILY"}}, "/recurrence/rule"),
        ({"recurrence": {"rule": BOMB}}, "/recurrence/rule"),
        ({"recurrence": {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"}}, "/recurrence/rule"),
        ({"recurrence": {"rule": "FREQ=DAILY;INTERVAL=0;COUNT=5"}}, "/recurrence/rule"),
        ({"recurrence": {"rule": "FREQ=DAILY;COUNT=5\r\nRRULE:FREQ=SECONDLY"}}, "/recurrence/rule"),
        ({"contact": "a@b.example\r\nBcc: c@d.example"}, "/contact"),
        ({"contact": "a@b.example, c@d.example"}, "/contact"),
        ({"online": {"url": "javascript:alert(1)"}}, "/online/url"),
        ({"reminders": ["P1D"] * 6}, "/reminders"),
        ({"reminders": ["PT0.000001S"]}, "/reminders/0"),
        ({"markers": {"__class__": 1}}, "/markers/__class__"),
        ({"part_of": "01hzy3v8q4c7k2m9n5p6r8s1t0"}, "/part_of"),
        ({"host": "nowhere"}, "/host"),
        ({"id": "x", "revision": 7}, "/id"),
        ({"status": "cancelled"}, "/status"),
        ({"speakers": [{}] * 101}, "/speakers"),
    ],
)
async def test_a_field_that_is_wrong_is_named(shared: Api, fields: dict[str, Any], pointer: str) -> None:
    before = await shared.state()
    answer = await shared.organiser.post(EVENTS, json=event_body(**fields))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert pointer in faults(answer)
    assert len(answer.text) < 20_000
    assert await shared.state() == before


async def test_all_faults_of_a_body_are_told_at_once(shared: Api) -> None:
    body = {
        "titel": "x",
        "programme": "enspird",
        "kind": "workshp",
        "start": "2027-03-28T02:30",
        "timezone": "Europe/Brusels",
    }
    answer = await shared.organiser.post(EVENTS, json=body)
    found = faults(answer)
    assert set(found) >= {"/titel", "/title", "/programme", "/kind", "/timezone"}
    assert found["/programme"]["example"] == "enspired"
    assert "title" in found["/titel"]["detail"]
    assert "Europe/Brussels" in found["/timezone"]["detail"]
    assert answer.json()["detail"].startswith("The input has ")


async def test_ten_thousand_faults_make_a_short_answer(shared: Api) -> None:
    answer = await shared.organiser.post(EVENTS, json={f"field{number}": number for number in range(10_000)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) <= 51
    key = await shared.admin.post("/api/v1/keys", json={"role": "organiser", "programmes": ["nothing"] * 50_000})
    assert (key.status_code, len(key.content) < 5_000) == (422, True)


@pytest.mark.parametrize(
    "text", ["{0.__class__}", "{{7*7}}", "<script>alert(1)</script>", "%s%n", "'; DROP TABLE event;--"]
)
async def test_markup_and_templates_stay_text_wherever_they_are_read(shared: Api, text: str) -> None:
    texts: dict[str, Any] = {
        "title": text,
        "summary": text,
        "description": text,
        "notes": text,
        "place": {"room": text, "city": text},
    }
    event = await shared.event(**texts)
    read = (await shared.organiser.get(f"{EVENTS}/{event['id']}")).json()
    for name in ("title", "summary", "description"):
        assert read[name] == {"en": text}
    assert (read["notes"], read["place"]["room"], read["place"]["city"]) == (text, text, {"en": text})
    found = (await shared.nobody.get(EVENTS, params={"q": text})).json()["items"]
    assert [one["id"] for one in found] == [event["id"]]
    feed = await shared.nobody.get(f"/events/{event['id']}.ics")
    assert feed.status_code == 200
    assert "49" not in feed.text.partition("SUMMARY:")[2].partition("\r\n")[0]


async def test_small_bodies_of_actions_are_read_as_strictly(shared: Api) -> None:
    event = await shared.event()
    before = await shared.state()
    for path, body in (
        ("cancel", {"reason": "x" * 501}),
        ("cancel", {"reason": "a\x00b"}),
        ("cancel", {"reason": 7}),
        ("cancel", {"raeson": "x"}),
        ("cancel", ["x"]),
        ("publish", {"status": "cancelled"}),
        ("publish", {"status": None}),
    ):
        answer = await shared.organiser.post(f"{EVENTS}/{event['id']}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), (path, body)
        assert all(fault["example"] is not None for fault in faults(answer).values())
    assert await shared.state() == before


async def test_a_client_without_a_body_type_gets_json_even_when_it_asks_for_a_page(shared: Api) -> None:
    for accept in ("text/html", "application/xml", "image/png", "*/*"):
        answer = await shared.client("nobody", Accept=accept).get(f"{EVENTS}/nothing")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
