"""The console's ledger: send a mail again, see each mail in every language."""

from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, update

from scheduler.config import load
from scheduler.services import reminders
from scheduler.store import held
from scheduler.store.tables import message
from tests.running import Api
from tests.scheduler.pages import SAME, Document, signed_in
from tests.scheduler.test_pages_console import ANN, read


async def sent_to_ann(api: Api) -> tuple[dict[str, Any], str]:
    """An event, and the mail that Ann has read about it."""
    event = await api.event(timezone="America/Guayaquil")
    await api.register(event, **ANN)
    await api.write(lambda conn: conn.execute(update(message).values(state="sent", attempts=1, sent_at=api.clock())))
    items = (await api.admin.get(f"/api/v1/events/{event['id']}/messages")).json()["items"]
    return event, items[0]["id"]


async def again(browser: httpx.AsyncClient, event: dict[str, Any], key: str) -> httpx.Response:
    return await browser.post(f"/console/events/{event['id']}/mails/{key}/resend", headers=SAME)


async def test_an_organiser_sends_a_mail_again_by_a_button(api: Api) -> None:
    event, key = await sent_to_ann(api)
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    page = await read(browser, f"/console/events/{event['id']}")
    forms = [one.get("action") for one in page.elements if one.tag == "form"]
    assert f"/console/events/{event['id']}/mails/{key}/resend" in forms
    assert "Mon 23 Nov, 07:00 Guayaquil" in page.text
    assert (await again(browser, event, key)).status_code == 303
    items = (await api.admin.get(f"/api/v1/events/{event['id']}/messages")).json()["items"]
    assert [item["cause"] for item in items] == ["confirmation", "confirmation"]


async def test_what_is_not_true_any_more_is_refused_in_words(api: Api) -> None:
    event, key = await sent_to_ann(api)
    await api.admin.post(f"/api/v1/events/{event['id']}/cancel")
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    refused = await again(browser, event, key)
    assert refused.status_code == 409
    assert "the event was cancelled" in refused.text


async def test_the_fourth_time_in_a_day_is_refused_in_words(api: Api) -> None:
    event, key = await sent_to_ann(api)
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    for _ in range(3):
        assert (await again(browser, event, key)).status_code == 303
        await api.write(lambda conn: conn.execute(update(message).values(state="sent", sent_at=api.clock())))
    refused = await again(browser, event, key)
    assert refused.status_code == 429
    assert "It can be sent again from 2026-11-24 12:00 UTC." in refused.text


@pytest.mark.parametrize("role", ["viewer", "host"])
async def test_others_neither_send_mails_again_nor_see_how_they_look(api: Api, role: Any) -> None:
    event, key = await sent_to_ann(api)
    browser = await signed_in(api, role, programmes=("enspired",), institutions=("vives",))
    assert (await again(browser, event, key)).status_code == 403
    assert (await browser.get(f"/console/events/{event['id']}/preview")).status_code == 403


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Was planned for"), ("nl", "Was gepland op"), ("fr", "Date prévue auparavant"), ("es", "Estaba prevista")],
)
async def test_each_mail_is_shown_in_every_language(api: Api, language: str, words: str) -> None:
    event = await api.event()
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    path = f"/console/events/{event['id']}/preview?cause=update&lang={language}"
    page = Document((await browser.get(path)).text)
    assert words in page.text
    for cause in ("confirmation", "waiting", "place-free", "reminder", "follow-up", "cancellation", "withdrawal"):
        shown = await browser.get(f"/console/events/{event['id']}/preview?cause={cause}&lang={language}")
        assert shown.status_code == 200
        assert "<pre" in shown.text, cause


SPEAKER = {"role": {"en": "teacher educator"}, "name": "Wanjiku Kamau", "email": "wanjiku@example.org"}


async def test_the_mails_to_speakers_and_to_the_host_are_shown_in_every_language(api: Api) -> None:
    event = await api.event(speakers=[SPEAKER], contact="host@example.org")
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    seen = set()
    for reader in ("attendee", "speaker", "host"):
        for language in ("en", "nl", "fr", "es"):
            for cause in ("reminder", "update", "cancellation"):
                path = f"/console/events/{event['id']}/preview?to={reader}&cause={cause}&lang={language}"
                mail = await browser.get(path)
                assert mail.status_code == 200
                seen.add(mail.text[mail.text.index("<pre") :])
    assert len(seen) == 36
    words = Document((await browser.get(f"/console/events/{event['id']}/preview?to=speaker&lang=en")).text)
    assert "gave this address for a speaker at this event." in words.text
    assert "wanjiku@example.org" not in words.text


async def test_an_event_without_a_speaker_shows_the_mail_to_an_invented_one(api: Api) -> None:
    event = await api.event()
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    for reader in ("speaker", "host"):
        shown = await browser.get(f"/console/events/{event['id']}/preview?to={reader}&lang=en&cause=waiting")
        assert shown.status_code == 200
        assert "<pre" in shown.text


async def test_the_html_of_a_mail_is_shown_in_a_frame_that_can_do_nothing(api: Api) -> None:
    event = await api.event(title={"en": "</iframe><script>alert(1)</script>"})
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    shown = await browser.get(f"/console/events/{event['id']}/preview?cause=reminder&lang=en")
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-src 'self'" in policy
    assert "script-src" not in policy
    document = Document(shown.text)
    assert document.scripts() == []
    (frame,) = document.all("iframe")
    assert frame.attributes["sandbox"] == ""
    html = await browser.get(str(frame.get("src")))
    assert html.status_code == 200
    assert html.headers["content-security-policy"].startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert html.headers["cache-control"] == "no-store"
    assert "<script" not in html.text
    assert "&lt;script&gt;" in html.text
    assert (await api.nobody.get(str(frame.get("src")))).status_code in {303, 401}
    other = await signed_in(api, "viewer", programmes=("enspired",))
    assert (await other.get(str(frame.get("src")))).status_code == 403


async def test_the_ledger_names_the_speaker_whom_a_mail_goes_to(api: Api) -> None:
    event = await api.event(speakers=[SPEAKER], contact="host@example.org", reminders=["P1D"])
    api.clock.move(days=112, hours=3)
    now, config = api.clock(), load(environ={})
    while await api.write(lambda conn: reminders.release_due(conn, config=config, now=now)):
        pass
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    page = await read(browser, f"/console/events/{event['id']}")
    assert "Wanjiku Kamau (a speaker)" in page.text
    assert "the organisers’ contact" in page.text
    assert "wanjiku@example.org" not in page.text


async def test_a_held_mail_that_nobody_tried_to_send_says_no_try(api: Api) -> None:
    event = await api.event()
    await api.register(event, **ANN)
    now = api.clock()

    def restored(conn: Connection) -> None:  # at once, for the service sends as well
        conn.execute(update(message).values(state="waiting", attempts=0))
        held.hold(conn, now)

    await api.write(restored)
    (item,) = (await api.admin.get(f"/api/v1/events/{event['id']}/messages")).json()["items"]
    assert (item["state"], item["attempts"]) == ("held", 0)
