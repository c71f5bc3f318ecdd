"""The console: who gets in, what each role sees there, and what other sites cannot make a browser do."""

import asyncio
from typing import Any

import pytest

from scheduler.mail.folder import list_mails
from scheduler.store import events
from tests.running import Api, api
from tests.scheduler.pages import BROWSER, SAME, Document, applied, signed_in

__all__ = ["api"]
ANN = {"name": "Ann Example", "email": "ann@example.org"}


async def read(browser: Any, path: str) -> Document:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return Document(answer.text)


async def state_of(api: Api, event: dict[str, Any]) -> str:
    found = await api.db.read(lambda conn: events.get(conn, event["id"]))
    assert found is not None
    return found.status


@pytest.mark.parametrize(
    "path", ["/console", "/console/events/x", "/console/events/x/cancel", "/console/mails", "/console/mails/x"]
)
async def test_strangers_are_sent_to_sign_in(api: Api, path: str) -> None:
    answer = await api.nobody.get(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    assert (await api.nobody.get(path)).status_code == 401


async def test_known_and_unknown_addresses_get_the_same_answer(api: Api) -> None:
    await signed_in(api, "admin")
    answers = [
        await api.nobody.post("/console/sign-in", data={"email": email}, headers=SAME)
        for email in ("admin@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text


async def test_opening_a_sign_in_link_does_not_use_it_up(api: Api) -> None:
    browser = await signed_in(api, "admin")
    cookie = browser.cookies.jar
    (session,) = list(cookie)
    assert (session.path, session.secure) == ("/console", False)
    assert session.has_nonstandard_attr("HttpOnly")
    assert (await browser.get("/console")).status_code == 200
    await browser.post("/console/sign-out")
    assert (await browser.get("/console")).status_code == 303


async def test_a_used_link_is_gone(api: Api) -> None:
    answer = await api.nobody.get("/console/sign-in/nonsense", headers=BROWSER)
    assert answer.status_code == 410
    assert (await api.nobody.post("/console/sign-in/nonsense", headers=SAME)).status_code == 410


async def test_the_session_reaches_nothing_but_the_console(api: Api) -> None:
    browser = await signed_in(api, "admin")
    answer = await browser.get("/en/")
    assert "cookie" not in answer.request.headers


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}]
)
async def test_another_site_cannot_act_in_the_console(api: Api, headers: dict[str, str]) -> None:
    event = await api.event()
    browser = await signed_in(api, "admin")
    answer = await browser.post(
        f"/console/events/{event['id']}/cancel", data={"revision": "1", "reason": "x"}, headers=headers
    )
    assert answer.status_code == 403
    assert await state_of(api, event) == "confirmed"


async def test_an_organiser_sees_the_own_programme_with_drafts_and_numbers(api: Api) -> None:
    event = await api.event(title="Ours", seats={"on_site": 40})
    await api.register(event)
    await api.event(title="Our draft", status="draft")
    await api.event(title="Theirs", programme="schoollinks")
    await api.event(title="Their draft", programme="schoollinks", status="draft")
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    text = (await read(browser, "/console")).text
    assert "Ours" in text
    assert "Our draft" in text
    assert "1 of 40" in text
    assert "Their" not in text


async def test_names_are_shown_to_those_who_may_see_them(api: Api) -> None:
    event = await api.event(partners=["unae"])
    await api.register(event, **ANN, institution="vives")
    await api.register(event, name="Other Person", email="other@example.org", institution="unae")
    path = f"/console/events/{event['id']}"
    organiser = (await read(await signed_in(api, "organiser", programmes=("enspired",)), path)).text
    assert "Ann Example" in organiser
    assert "other@example.org" in organiser
    host = (await read(await signed_in(api, "host", institutions=("vives",)), path)).text
    assert "Ann Example" in host
    assert "other@example.org" not in host
    assert "Other Person" not in host
    assert "not shown" in host
    viewer = (await read(await signed_in(api, "viewer", programmes=("enspired",)), path)).text
    assert "Ann Example" not in viewer
    assert "ann@example.org" not in viewer


async def test_the_ledger_and_reminders_are_for_organisers(api: Api) -> None:
    event = await api.event()
    await api.register(event, **ANN)
    path = f"/console/events/{event['id']}"
    organiser = (await read(await signed_in(api, "organiser", programmes=("enspired",)), path)).text
    assert "Confirmation Ann Example" in organiser
    assert "1 day before" in organiser
    host = (await read(await signed_in(api, "host", institutions=("vives",)), path)).text
    assert "Next reminders" not in host


async def test_a_foreign_draft_answers_like_an_unknown_event(api: Api) -> None:
    draft = await api.event(status="draft", programme="schoollinks")
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    for ending in ("", "/cancel"):
        seen = [await browser.get(f"/console/events/{key}{ending}") for key in (draft["id"], "nothing")]
        assert [answer.status_code for answer in seen] == [404, 404]
        assert seen[0].text == seen[1].text


async def test_a_draft_is_published_and_an_event_cancelled_with_its_reason(api: Api) -> None:
    speaker = {"role": {"en": "Subject adviser"}, "email": "eva@example.org"}
    event = await api.event(status="draft", speakers=[speaker])
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    path = f"/console/events/{event['id']}"
    form = await read(browser, path)
    revision = next(one.get("value") for one in form.all("input") if one.get("name") == "revision")
    published = await browser.post(f"{path}/publish", data={"status": "confirmed", "revision": revision})
    assert (published.status_code, await state_of(api, event)) == (303, "confirmed")
    stale = await browser.post(f"{path}/cancel", data={"reason": "x", "revision": revision})
    assert (stale.status_code, await state_of(api, event)) == (412, "confirmed")
    await api.register(event, **ANN)
    asked = await read(browser, f"{path}/cancel")
    assert "2 people get a mail about it." in asked.text
    revision = next(one.get("value") for one in asked.all("input") if one.get("name") == "revision")
    wrong = await browser.post(f"{path}/cancel", data={"reason": "x\x07", "revision": revision})
    assert (wrong.status_code, await state_of(api, event)) == (422, "confirmed")
    done = await browser.post(f"{path}/cancel", data={"reason": "<b>Strike</b>", "revision": revision})
    assert (done.status_code, await state_of(api, event)) == (303, "cancelled")
    assert "<b>Strike</b>" in (await read(browser, path)).text


async def test_a_viewer_and_a_host_change_nothing(api: Api) -> None:
    event = await api.event()
    for browser in (
        await signed_in(api, "viewer", programmes=("enspired",)),
        await signed_in(api, "host", institutions=("vives",)),
    ):
        path = f"/console/events/{event['id']}"
        assert (await browser.get(f"{path}/cancel")).status_code == 403
        assert (await browser.post(f"{path}/cancel", data={"reason": "", "revision": "1"})).status_code == 403
        assert (await browser.post(f"{path}/publish", data={"status": "tentative", "revision": "1"})).status_code == 403
    assert await state_of(api, event) == "confirmed"


async def test_mails_in_the_folder_are_readable_for_administrators_alone(api: Api, tmp_path: Any) -> None:
    event = await api.event(title="<script>alert(1)</script>")
    await applied(api, event)
    for _ in range(100):
        found = await asyncio.to_thread(list_mails, tmp_path / "mail")
        if found:
            break
        await asyncio.sleep(0.1)
    (mail,) = found
    admin = await signed_in(api, "admin")
    assert f"/console/mails/{mail.id}" in (await read(admin, "/console/mails?state=sent")).links()
    opened = await read(admin, f"/console/mails/{mail.id}")
    (frame,) = opened.all("iframe")
    assert frame.attributes["sandbox"] == ""
    assert "/r/" in opened.text
    inner = await admin.get(frame.get("src"))
    assert inner.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert Document(inner.text).all("script") == []
    organiser = await signed_in(api, "organiser", programmes=("enspired",))
    listed = await read(organiser, "/console/mails?state=sent")
    assert f"/console/mails/{mail.id}" not in listed.links()
    assert "ann@example.org" not in listed.text
    for ending in ("", "/html"):
        assert (await organiser.get(f"/console/mails/{mail.id}{ending}")).status_code == 403
        assert (await admin.get(f"/console/mails/..%2f..%2fetc{ending}")).status_code == 404


async def test_an_organiser_does_not_see_mails_of_another_programme(api: Api) -> None:
    event = await api.event(title="Theirs", programme="schoollinks")
    await api.register(event, **ANN)
    organiser = await signed_in(api, "organiser", programmes=("enspired",))
    for state in ("waiting", "sent", "failed", "dropped"):
        assert "Theirs" not in (await read(organiser, f"/console/mails?state={state}")).text
    host = await signed_in(api, "host", institutions=("vives",))
    assert (await host.get("/console/mails")).status_code == 403
