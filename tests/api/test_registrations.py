"""Registrations, seats and sent mails over HTTP."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import Api, started

EVENTS = "/api/v1/events"


async def post(api: Api, event: dict[str, Any], **fields: Any) -> httpx.Response:
    """An organiser registers somebody."""
    api.clock.move(seconds=1)  # so that the order is plain
    body = {"name": "Amal Haddad", "email": "amal@example.org", **fields}
    return await api.organiser.post(f"{EVENTS}/{event['id']}/registrations", json=body)


async def test_an_organiser_registers_somebody_who_has_the_seat_at_once(api: Api) -> None:
    event = await api.event(seats={"on_site": 2})
    made = await post(api, event, timezone="Africa/Nairobi", language="nl-BE", institution="kemi")
    row = made.json()
    assert (made.status_code, row["state"], row["language"]) == (201, "confirmed", "nl")
    assert made.headers["location"].endswith(f"/registrations/{row['id']}")
    assert (await api.organiser.get(made.headers["location"])).json() == row
    again = await post(api, event, name="AMAL HADDAD", email="Amal@example.org")
    assert (again.status_code, again.json()["id"]) == (200, row["id"])
    shared = await post(api, event, name="Bo Haddad")
    assert (shared.status_code, shared.json()["state"]) == (201, "confirmed")


async def test_who_comes_when_it_is_full_waits_and_moves_up(api: Api) -> None:
    event = await api.event(seats={"on_site": 1})
    first = (await post(api, event)).json()
    second = (await post(api, event, name="Bo", email="bo@example.org")).json()
    third = (await post(api, event, name="Cy", email="cy@example.org")).json()
    assert (second["state"], second["position"], third["position"]) == ("waiting", 1, 2)
    gone = await api.organiser.delete(f"{EVENTS}/{event['id']}/registrations/{first['id']}")
    assert (gone.status_code, gone.json()["state"], gone.json()["cancelled_by"]) == (200, "cancelled", "organiser")
    rows = (await api.organiser.get(f"{EVENTS}/{event['id']}/registrations")).json()["items"]
    assert [(row["name"], row["state"], row.get("position")) for row in rows] == [
        ("Amal Haddad", "cancelled", None),
        ("Bo", "confirmed", None),
        ("Cy", "waiting", 1),
    ]
    mails = (await api.organiser.get(f"{EVENTS}/{event['id']}/messages")).json()["items"]
    assert sorted(mail["cause"] for mail in mails) == ["confirmation", "place-free", "waiting", "waiting", "withdrawal"]
    assert "@" not in "".join(str({**mail, "message_id": ""}) for mail in mails)


async def test_a_full_event_without_a_waiting_list_and_a_closed_one_say_so(api: Api) -> None:
    full = await api.event(seats={"on_site": 0, "waiting_list": False})
    answer = await post(api, full)
    assert (answer.status_code, answer.json()["code"]) == (409, "full")
    draft, cancelled = await api.event(status="draft"), await api.event()
    await api.admin.post(f"{EVENTS}/{cancelled['id']}/cancel")
    past = await api.event(start="2027-03-16T10:00", end="2027-03-16T11:00")
    for event in (draft, cancelled):
        answer = await post(api, event)
        assert (answer.status_code, answer.json()["code"]) == (409, "closed")
    api.clock.move(days=200)
    assert (await post(api, past)).json()["code"] == "closed"


async def test_seats_are_counted_for_everybody_and_rounded_for_the_public_where_configured(tmp_path: Path) -> None:
    async with started(tmp_path, settings={"privacy.seat_rounding": 5}) as api:
        event = await api.event(seats={"on_site": 20, "online": 10}, format="hybrid")
        await post(api, event, seats=4)
        await post(api, event, name="Bo", email="bo@example.org", mode="online")
        address = f"{EVENTS}/{event['id']}/seats"
        public = (await api.nobody.get(address)).json()
        assert public == {
            "on-site": {"limit": 20, "left": 15, "waiting": 0},
            "online": {"limit": 10, "left": 5, "waiting": 0},
        }
        for client in (api.viewer, api.host, api.organiser):
            exact = (await client.get(address)).json()
            assert exact["on-site"] == {"limit": 20, "left": 16, "waiting": 0, "taken": 4}
            assert exact["online"]["left"] == 9


async def test_a_host_sees_its_own_people_and_only_counts_the_others(api: Api) -> None:
    event = await api.event(host="vives")
    await post(api, event, institution="vives")
    await post(api, event, name="Bo Elsewhere", email="bo@example.org", institution="unae")
    rows = (await api.host.get(f"{EVENTS}/{event['id']}/registrations")).json()["items"]
    assert [row.get("name") for row in rows] == ["Amal Haddad", None]
    assert [row.get("email") for row in rows] == ["amal@example.org", None]
    assert {row["state"] for row in rows} == {"confirmed"}
    for path in ("registrations", f"registrations/{rows[0]['id']}", "messages"):
        assert (await api.organiser.get(f"{EVENTS}/{event['id']}/{path}")).headers["cache-control"] == "no-store"
    assert (await api.elsewhere.get(f"{EVENTS}/{event['id']}/registrations")).status_code == 403


async def test_a_registration_is_found_under_its_own_event_alone(api: Api) -> None:
    one, other = await api.event(), await api.event()
    row = (await post(api, one)).json()
    for method in ("GET", "DELETE"):
        wrong = await api.organiser.request(method, f"{EVENTS}/{other['id']}/registrations/{row['id']}")
        unknown = await api.organiser.request(method, f"{EVENTS}/{other['id']}/registrations/nothing")
        assert (wrong.status_code, wrong.content) == (404, unknown.content)


@pytest.mark.parametrize(
    "email",
    ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "a@b.example\x00", "Ann <a@b.example>",
     "a" * 400 + "@b.example", '"a b"@c.example', "a@b", "a@[127.0.0.1]", "a@b.example\u2028c", "", 7],
)  # fmt: skip
async def test_an_address_that_could_smuggle_anything_is_refused(api: Api, email: object) -> None:
    event = await api.event()
    before = await api.state()
    answer = await post(api, event, email=email)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    fault = answer.json()["errors"][0]
    assert (fault["pointer"], fault["example"]) == ("/email", "ana.perez@example.org")
    assert "b.example" not in answer.text
    assert await api.state() == before


async def test_every_fault_of_a_registration_is_told_at_once(api: Api) -> None:
    event = await api.event()
    answer = await post(
        api, event, name="", email="x", language="tlh", timezone="Mars/Base", seats=0, rolle="x", mode="online"
    )
    pointers = [fault["pointer"] for fault in answer.json()["errors"]]
    assert pointers == ["/email", "/language", "/mode", "/name", "/rolle", "/seats", "/timezone"]


async def test_a_name_with_markup_or_a_template_stays_a_text(api: Api) -> None:
    event = await api.event()
    for number, name in enumerate(("{0.__class__}", "Anne & Bo", "{{7*7}}")):
        made = await post(api, event, name=name, email=f"a{number}@example.org")
        assert (made.status_code, made.json()["name"]) == (201, name)
