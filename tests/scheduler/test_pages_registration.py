"""Registering on the page, and an attendee's own page: nothing typed is lost, nothing is told, GET changes nothing."""

from typing import Any

import pytest
from msgspec.structs import replace

from scheduler.model.registration import CalendarAnswer
from scheduler.store import messages
from scheduler.store import registrations as store
from tests.running import Api, api
from tests.scheduler.pages import BROWSER, HOSTILE, Document, applied, confirmed, context_of, own_path, page

__all__ = ["api"]
SECRET = "https://meet.example.org/secret-room"
ONLINE: dict[str, Any] = {"format": "online", "online": {"platform": "Zoom", "url": SECRET}}


async def mails(api: Api, email: str = "ann@example.org") -> list[str]:
    """The causes of everything that was written to an address."""
    found = await api.db.read(lambda conn: messages.queue(conn, ["waiting", "sending", "sent", "failed", "dropped"]))
    return sorted(mail.cause for mail in found if mail.address == email)


async def test_the_form_keeps_what_was_typed_and_names_every_fault(api: Api) -> None:
    event = await api.event()
    typed = {"name": "  ", "email": "ann@@example", "language": "tlh", "seats": "many", "role": "teacher"}
    before = await api.state()
    answer = await api.nobody.post(f"/en/events/{event['id']}/register", data=typed, headers=BROWSER)
    assert answer.status_code == 422
    document = Document(answer.text)
    assert document.value("email") == "ann@@example"
    assert document.value("seats") == "many"
    selected = [one.get("value") for one in document.all("option") if "selected" in one.attributes]
    assert "teacher" in selected
    for field in ("name", "email", "language", "seats"):
        assert f"#{field}" in document.links(), field
        control = next(one for one in document.elements if one.get("id") == field)
        assert control.get("aria-invalid") == "true"
        assert f"{field}-fault" in control.get("aria-describedby").split()
    assert await api.state() == before


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_was_typed_comes_back_escaped(api: Api, hostile: str) -> None:
    event = await api.event()
    typed = {"name": hostile, "email": hostile, "seats": hostile, "timezone": hostile, "institution": hostile}
    answer = await api.nobody.post(f"/en/events/{event['id']}/register", data=typed, headers=BROWSER)
    assert answer.status_code == 422
    document = Document(answer.text)
    assert document.value("email") == hostile
    assert document.scripts() == document.all("svg") == []
    assert not any(name.startswith("on") for one in document.elements for name in one.attributes)


async def test_everybody_gets_the_same_answer(api: Api) -> None:
    event = await api.event()
    await api.register(event, email="known@example.org", name="Known")
    path = f"/en/events/{event['id']}/register"
    answers = []
    for email, name in (("known@example.org", "Known"), ("new@example.org", "New"), ("new@example.org", "New"),
                        ("new@example.org", "Somebody else")):  # fmt: skip
        answers.append(await api.nobody.post(path, data={"name": name, "email": email}, headers=BROWSER))
    assert {(answer.status_code, answer.headers["location"], answer.text) for answer in answers} == {
        (303, f"/en/events/{event['id']}/registered", "")
    }
    assert await mails(api, "new@example.org") == ["confirm-address"]
    thanks = await page(api, f"/en/events/{event['id']}/registered")
    assert "Look in your mailbox" in thanks.text
    assert "new@example.org" not in thanks.text


async def test_a_machine_that_fills_in_the_hidden_field_registers_nobody(api: Api) -> None:
    event = await api.event()
    before = await api.state()
    typed = {"name": "Bot", "email": "bot@example.org", "homepage": "https://spam.example"}
    answer = await api.nobody.post(f"/en/events/{event['id']}/register", data=typed, headers=BROWSER)
    assert answer.status_code == 303
    assert await api.state() == before


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"registration": {"opens": "2027-01-11"}}, "Registration opens on Monday 11 January 2027."),
        ({"registration": {"closes": "2026-11-01T12:00"}}, "closed on Sunday 1 November 2026, 12:00 Bruges."),
        ({"registration": {"mode": "none"}}, "You need not register: just come."),
        ({"registration": {"mode": "members-only"}}, "There is no public registration: Members only."),
        ({"registration": {"url": "https://forms.example.org/x"}}, "Registration is on another site."),
        ({"start": "2026-11-01T10:00", "end": "2026-11-01T11:00"}, "Registration has ended"),
        ({"seats": {"on_site": 0, "waiting_list": False}}, "This event is full, and there is no waiting list."),
    ],
)  # fmt: skip
async def test_without_a_form_the_page_says_why(api: Api, fields: dict[str, Any], words: str) -> None:
    event = await api.event(**fields)
    document = await page(api, f"/en/events/{event['id']}")
    assert words in document.text
    assert [one for one in document.all("form") if one.get("method") == "post"] == []


async def test_a_full_event_says_which_place_in_the_line_one_gets(api: Api) -> None:
    event = await api.event(seats={"on_site": 1})
    await api.register(event)
    await api.register(event, email="next@example.org", name="Next")
    assert "1 person is waiting; you would be number 2." in (await page(api, f"/en/events/{event['id']}")).text


async def test_the_event_that_filled_up_meanwhile_says_so_and_keeps_the_form(api: Api) -> None:
    event = await api.event(seats={"on_site": 1, "waiting_list": False})
    await api.register(event)
    typed = {"name": "Late", "email": "late@example.org"}
    answer = await api.nobody.post(f"/en/events/{event['id']}/register", data=typed, headers=BROWSER)
    assert answer.status_code == 409
    assert "This event is full" in Document(answer.text).text


async def test_chosen_dates_and_the_way_to_take_part_are_kept(api: Api) -> None:
    event = await api.event(
        format="hybrid", recurrence={"rule": "FREQ=WEEKLY;COUNT=3"}, registration={"mode": "per-session-form"}
    )
    document = await page(api, f"/en/events/{event['id']}")
    dates = [one.get("value") for one in document.all("input") if one.get("name") == "occurrences"]
    assert len(dates) == 3
    await applied(api, event, mode="online", occurrences=dates[1:], timezone="Africa/Nairobi", role="teacher")
    (row,) = await api.db.read(lambda conn: store.by_email(conn, event["id"], "ann@example.org"))
    assert (row.mode, list(row.occurrences), row.timezone, row.role) == (
        "online",
        dates[1:],
        "Africa/Nairobi",
        "teacher",
    )


async def test_opening_an_own_page_changes_nothing(api: Api) -> None:
    event = await api.event(**ONLINE)
    path = await applied(api, event)
    before = await api.state()
    for ending in ("", "/withdraw", "/unsubscribe"):
        for method in ("GET", "HEAD"):
            answer = await api.nobody.request(method, path + ending, headers=BROWSER)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "noindex" in answer.headers["x-robots-tag"]
    assert (await api.nobody.get(f"{path}/confirm", headers=BROWSER)).status_code == 405
    assert await api.state() == before


async def test_one_button_confirms_and_pressing_it_twice_is_harmless(api: Api) -> None:
    event = await api.event(**ONLINE)
    path = await applied(api, event)
    first = Document((await api.nobody.get(path, headers=BROWSER)).text)
    assert "Confirm my place" in first.text
    assert SECRET not in first.links()
    for _ in range(2):
        answer = await api.nobody.post(f"{path}/confirm", headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    seen = Document((await api.nobody.get(path, headers=BROWSER)).text)
    assert "Your place is confirmed" in seen.text
    assert SECRET in seen.links()
    assert any(link.endswith("/calendar.ics") for link in seen.links())
    assert await mails(api) == ["confirm-address", "confirmation"]


async def test_an_own_page_shows_both_clocks(api: Api) -> None:
    event = await api.event()
    path = await confirmed(api, event, timezone="America/New_York")
    text = Document((await api.nobody.get(path, headers=BROWSER)).text).text
    assert "14:30–16:00 Bruges · UTC+1 · event time" in text
    assert "09:30–11:00 New York · UTC−4 · where you are" in text
    assert "usually 6 hours earlier" in text


async def test_who_waits_sees_the_place_in_the_line_and_no_joining_link(api: Api) -> None:
    event = await api.event(**ONLINE, seats={"online": 1})
    await api.register(event)
    path = await confirmed(api, event)
    document = Document((await api.nobody.get(path, headers=BROWSER)).text)
    assert "You are number 1 in the line." in document.text
    assert SECRET not in document.links()


async def test_on_site_people_of_a_hybrid_event_get_the_room_not_the_link(api: Api) -> None:
    event = await api.event(**{**ONLINE, "format": "hybrid"}, place={"room": "B1.04"})
    on_site = Document((await api.nobody.get(await confirmed(api, event, mode="on-site"), headers=BROWSER)).text)
    assert SECRET not in on_site.links()
    assert "Where B1.04, Bruges" in on_site.text
    afar = await confirmed(api, event, "far@example.org", mode="online")
    online = Document((await api.nobody.get(afar, headers=BROWSER)).text)
    assert SECRET in online.links()
    assert "Where Online" in online.text
    assert "B1.04" not in online.text


async def test_on_site_people_of_a_hybrid_event_get_no_link_by_their_calendar_file_either(api: Api) -> None:
    event = await api.event(**{**ONLINE, "format": "hybrid"}, place={"room": "B1.04"})
    on_site = await confirmed(api, event, mode="on-site")
    afar = await confirmed(api, event, "far@example.org", mode="online")
    assert SECRET not in (await api.nobody.get(f"{on_site}/calendar.ics")).text.replace("\r\n ", "")
    assert SECRET in (await api.nobody.get(f"{afar}/calendar.ics")).text.replace("\r\n ", "")


async def test_withdrawing_asks_once_more_and_takes_the_link_away(api: Api) -> None:
    event = await api.event(**ONLINE)
    path = await confirmed(api, event)
    asked = Document((await api.nobody.get(f"{path}/withdraw", headers=BROWSER)).text)
    assert "Cancel your place?" in asked.text
    assert (await api.nobody.post(f"{path}/withdraw", headers=BROWSER)).headers["location"] == path
    seen = Document((await api.nobody.get(path, headers=BROWSER)).text)
    assert "Your place is cancelled" in seen.text
    assert SECRET not in seen.links()
    assert "withdrawal" in await mails(api)


async def test_one_click_unsubscribing_works_without_a_cookie_and_twice(api: Api) -> None:
    event = await api.event()
    path = await confirmed(api, event)
    for _ in range(2):
        answer = await api.nobody.post(f"{path}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    (row,) = await api.db.read(lambda conn: store.by_email(conn, event["id"], "ann@example.org"))
    assert (row.reminders, row.state) == ("none", "confirmed")


async def test_choices_about_mails_are_kept_in_the_new_language(api: Api) -> None:
    event = await api.event()
    path = await confirmed(api, event)
    answer = await api.nobody.post(
        f"{path}/preferences", data={"language": "fr", "reminders": "fewer"}, headers=BROWSER
    )
    assert answer.status_code == 303
    (row,) = await api.db.read(lambda conn: store.by_email(conn, event["id"], "ann@example.org"))
    assert (row.reminders, row.language) == ("fewer", "fr")
    document = Document((await api.nobody.get(path, headers=BROWSER)).text)
    assert [one.get("lang") for one in document.all("html")] == ["fr"]


async def test_other_registrations_of_the_mailbox_wait_until_this_one_is_confirmed(api: Api) -> None:
    mine = await applied(api, await api.event(), name="Ann")
    other = await api.event(title="Another event")
    theirs = await applied(api, other, name="Ben")
    assert "Ben" not in Document((await api.nobody.get(mine, headers=BROWSER)).text).text
    key = context_of(api).links.registration_of(theirs.removeprefix("/r/"))
    early = await api.nobody.post(f"{mine}/confirm", data={"registration": key}, headers=BROWSER)
    assert early.status_code == 404
    await api.nobody.post(f"{mine}/confirm", headers=BROWSER)
    assert "Confirm for Ben" in Document((await api.nobody.get(mine, headers=BROWSER)).text).text
    done = await api.nobody.post(f"{mine}/confirm", data={"registration": key}, headers=BROWSER)
    assert (done.status_code, done.headers["location"]) == (303, mine)
    (row,) = await api.db.read(lambda conn: store.by_email(conn, other["id"], "ann@example.org"))
    assert row.state == "confirmed"


async def test_a_link_confirms_nobody_of_another_mailbox(api: Api) -> None:
    event = await api.event()
    mine = await confirmed(api, event)
    theirs = await applied(api, event, "ben@example.org", name="Ben")
    key = context_of(api).links.registration_of(theirs.removeprefix("/r/"))
    assert (await api.nobody.post(f"{mine}/confirm", data={"registration": key}, headers=BROWSER)).status_code == 404
    (row,) = await api.db.read(lambda conn: store.by_email(conn, event["id"], "ben@example.org"))
    assert row.state == "pending"


async def test_a_link_that_ran_out_says_so(api: Api) -> None:
    path = await applied(api, await api.event())
    api.clock.move(days=3)
    answer = await api.nobody.post(f"{path}/confirm", headers=BROWSER)
    assert answer.status_code == 409
    assert "This link has run out" in Document(answer.text).text


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: "x" + token, lambda _: "nothing"])
async def test_a_link_that_is_not_ours_finds_nothing(api: Api, change: object) -> None:
    token = (await applied(api, await api.event())).removeprefix("/r/")
    path = f"/r/{change(token)}"  # type: ignore[operator]  # one of the three above
    for method, ending in (("GET", ""), ("POST", "/confirm"), ("POST", "/withdraw"), ("POST", "/unsubscribe")):
        assert (await api.nobody.request(method, path + ending, headers=BROWSER)).status_code == 404


async def test_a_cancelled_event_says_so_to_its_people(api: Api) -> None:
    event = await api.event(**ONLINE)
    path = own_path(api, (await api.register(event))["id"])
    await api.admin.post(f"/api/v1/events/{event['id']}/cancel", json={"reason": "Strike."}, headers={"If-Match": "*"})
    document = Document((await api.nobody.get(path, headers=BROWSER)).text)
    assert "This event was cancelled" in document.text
    assert "Strike." in document.text
    assert SECRET not in document.links()


async def test_a_date_that_they_said_no_to_in_their_calendar_is_marked_on_their_own_page(api: Api) -> None:
    event = await api.event(recurrence={"rule": "FREQ=WEEKLY;COUNT=3"})
    path = await confirmed(api, event)
    assert "you said no" not in (await page(api, path)).text
    (row,) = await api.db.read(lambda conn: store.of_event(conn, event["id"]))
    said = CalendarAnswer(answer="declined", at=api.clock(), stamp=api.clock())
    after = replace(row, answers={f"{event['id']}.1": said})
    await api.write(lambda conn: store.replace(conn, after))
    for language, words in (("en", "you said no"), ("nl", "je gaf aan"), ("fr", "décliné"), ("es", "no asistirá")):
        spoken = replace(after, language=language)
        await api.write(lambda conn, row=spoken: store.replace(conn, row))  # type: ignore[misc]
        text = (await page(api, path)).text
        assert text.count(words) == 1
        before, _, rest = text.partition(words)
        assert "23" in before[-90:]
        assert "30" in rest[:90]
