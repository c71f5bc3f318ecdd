"""The organisers' view of mails: who would get what, who got what, and once more to whom it was lost."""

import asyncio
from typing import Any

from sqlalchemy import update

from scheduler.config import load
from scheduler.services import reminders
from scheduler.store.tables import message
from tests.running import Api

EVENTS = "/api/v1/events"
ANY = {"If-Match": "*"}


async def told(api: Api, **fields: Any) -> dict[str, Any]:
    """An event with two people who have read their confirmations, one of them far away."""
    event = await api.event(**fields)
    await api.register(event)
    await api.register(event, "ana@example.org", name="Ana Pérez", language="es", timezone="America/Bogota")
    await api.write(lambda conn: conn.execute(update(message).values(state="sent", attempts=1, sent_at=api.clock())))
    return event


async def ledger(api: Api, event: dict[str, Any], cause: str) -> list[dict[str, Any]]:
    items = (await api.organiser.get(f"{EVENTS}/{event['id']}/messages")).json()["items"]
    return [item for item in items if item["cause"] == cause]


async def move(api: Api, event: dict[str, Any], start: str, end: str, ending: str = "") -> dict[str, Any]:
    body = {"start": start, "end": end}
    answer = await api.organiser.patch(f"{EVENTS}/{event['id']}{ending}", json=body, headers=ANY)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_rehearsed_move_says_who_would_be_told_in_which_language_and_when(api: Api) -> None:
    event = await told(api)
    rehearsed = await move(api, event, "2027-03-17T14:30", "2027-03-17T16:00", "?dry_run=1")
    assert rehearsed["would_send"] == {"update": 2}
    lines = [{**line, "names": tuple(line["names"])} for line in rehearsed["would_tell"]]
    later = "2026-11-23T12:15:00Z"
    assert lines == [
        {
            "cause": "update",
            "language": "en",
            "timezone": "",
            "not_before": later,
            "count": 1,
            "names": ("Amal Haddad",),
        },
        {
            "cause": "update",
            "language": "es",
            "timezone": "America/Bogota",
            "not_before": later,
            "count": 1,
            "names": ("Ana Pérez",),
        },
    ]
    assert await ledger(api, event, "update") == []


async def test_a_rehearsed_second_edit_counts_the_mail_that_it_joins_and_an_undoing_none(api: Api) -> None:
    event = await told(api)
    await move(api, event, "2027-03-17T14:30", "2027-03-17T16:00")
    again = await move(api, event, "2027-03-18T14:30", "2027-03-18T16:00", "?dry_run=1")
    assert again["would_send"] == {"update": 2}
    undone = await move(api, event, "2027-03-16T14:30", "2027-03-16T16:00", "?dry_run=1")
    assert undone["would_send"] == {}
    assert [line["state"] for line in await ledger(api, event, "update")] == ["waiting", "waiting"]


async def test_the_ledger_names_people_for_organisers_and_never_shows_addresses(api: Api) -> None:
    event = await told(api)
    lines = await ledger(api, event, "confirmation")
    assert sorted(line["name"] for line in lines) == ["Amal Haddad", "Ana Pérez"]
    assert "@example.org" not in str([{**line, "message_id": ""} for line in lines])


async def test_a_mail_is_sent_once_more_while_it_is_true(api: Api) -> None:
    event = await told(api)
    (lost,) = [line for line in await ledger(api, event, "confirmation") if line["name"] == "Ana Pérez"]
    address = f"{EVENTS}/{event['id']}/messages/{lost['id']}/resend"
    again = await api.organiser.post(address)
    assert again.status_code == 201
    assert again.json()["id"] != lost["id"]
    assert again.json()["message_id"] != lost["message_id"]
    assert len(await ledger(api, event, "confirmation")) == 3
    async with asyncio.timeout(20):  # while it is on its way, that is the reason
        while any(line["state"] != "sent" for line in await ledger(api, event, "confirmation")):
            await asyncio.sleep(0.01)
    await api.organiser.delete(f"{EVENTS}/{event['id']}/registrations/{lost['registration_id']}")
    refused = await api.organiser.post(address)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "the registration was cancelled" in refused.json()["detail"]


async def test_a_mail_that_waits_or_belongs_to_another_event_is_not_sent_again(api: Api) -> None:
    event, other = await told(api), await told(api, title={"en": "Another"})
    await move(api, event, "2027-03-17T14:30", "2027-03-17T16:00")
    waits = (await ledger(api, event, "update"))[0]["id"]
    assert (await api.organiser.post(f"{EVENTS}/{event['id']}/messages/{waits}/resend")).status_code == 409
    assert (await api.organiser.post(f"{EVENTS}/{other['id']}/messages/{waits}/resend")).status_code == 404


async def due_tomorrow(api: Api) -> dict[str, Any]:
    """An event that begins in a day, of which the reminders to an attendee, a speaker and the host were written."""
    speaker = {"role": "teacher educator", "name": "Wanjiku Kamau", "email": "wanjiku@example.org"}
    event = await api.event(reminders=["P1D"], speakers=[speaker], contact="host@example.org")
    await api.register(event)
    api.clock.move(days=112, hours=3)
    now, config = api.clock(), load(environ={})
    while await api.write(lambda conn: reminders.release_due(conn, config=config, now=now)):
        pass
    return event


async def test_the_ledger_says_to_which_speaker_or_host_a_mail_went_without_their_address(api: Api) -> None:
    event = await due_tomorrow(api)
    lines = await ledger(api, event, "reminder")
    assert {(line["to"], line.get("name")) for line in lines} == {
        ("attendee", "Amal Haddad"), ("speaker", "Wanjiku Kamau"), ("host", None)
    }  # fmt: skip
    assert "@example.org" not in str([{**line, "message_id": ""} for line in lines])
    for client in (api.nobody, api.viewer, api.host, api.stranger):
        answer = await client.get(f"{EVENTS}/{event['id']}/messages")
        assert answer.status_code in {401, 403}
        assert "Wanjiku" not in answer.text


async def test_the_reminders_of_an_event_are_listed_by_when_they_fall_due(api: Api) -> None:
    event = await due_tomorrow(api)
    later = await api.event(reminders=["PT1H", "P1D"], start="2027-04-16T14:30", end="2027-04-16T16:00")
    found = (await api.organiser.get(f"{EVENTS}/{later['id']}/reminders")).json()["items"]
    assert [(line["rule"], line["due_at"], line["state"]) for line in found] == [
        ("P1D", "2027-04-15T12:30:00Z", "planned"), ("PT1H", "2027-04-16T11:30:00Z", "planned")
    ]  # fmt: skip
    assert {line["occurrence_id"] for line in found} == {f"{later['id']}.0"}
    gone = (await api.organiser.get(f"{EVENTS}/{event['id']}/reminders")).json()["items"]
    assert [line["state"] for line in gone] == ["released"]
    assert (await api.host.get(f"{EVENTS}/{event['id']}/reminders")).status_code == 403


async def all_sent(api: Api) -> None:
    """Everything that waits has left."""
    values = {"state": "sent", "attempts": 1, "sent_at": api.clock()}
    await api.write(lambda conn: conn.execute(update(message).values(**values)))


async def test_a_mail_is_sent_again_three_times_a_day_to_one_person_and_then_it_says_when(api: Api) -> None:
    event = await told(api)
    ana, amal = sorted(await ledger(api, event, "confirmation"), key=lambda line: line["name"], reverse=True)
    addresses = [f"{EVENTS}/{event['id']}/messages/{line['id']}/resend" for line in (ana, amal)]
    for _ in range(3):
        made = await api.organiser.post(addresses[0])
        assert made.status_code == 201
        await all_sent(api)
        api.clock.move(minutes=10)
    for again in (addresses[0], f"{EVENTS}/{event['id']}/messages/{made.json()['id']}/resend"):
        refused = await api.organiser.post(again)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
        assert "again from 2026-11-24 12:00 UTC" in refused.json()["detail"]
        assert refused.headers["Retry-After"] == str(24 * 3600 - 30 * 60)
    assert (await api.organiser.post(addresses[1])).status_code == 201
    api.clock.move(hours=23, minutes=30)
    assert (await api.organiser.post(addresses[0])).status_code == 201
    await all_sent(api)
    assert (await api.organiser.post(addresses[0])).status_code == 429
