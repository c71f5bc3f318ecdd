"""The organisers' view of mails: who would get what, who got what, and once more to whom it was lost."""

from typing import Any

from sqlalchemy import update

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
