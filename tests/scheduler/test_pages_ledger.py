"""The console's ledger: send a mail again, see each mail in every language."""

from typing import Any

import httpx
import pytest
from sqlalchemy import update

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
