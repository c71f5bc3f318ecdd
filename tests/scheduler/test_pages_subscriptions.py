"""Agenda links on pages: how each program takes one, an attendee's own, and those of institutions in the console."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from scheduler.store import subscriptions as store
from tests.running import NOW, Api, api
from tests.scheduler.pages import BROWSER, SAME, Document, applied, confirmed, page, signed_in

__all__ = ["api"]
LINK = "https://meet.example.org/secret-room"
PATH = "/console/subscriptions"


def address(document: Document) -> str:
    return next(one.get("value") for one in document.all("input") if one.get("id") == "address")


def rows(document: Document, action: str) -> list[str]:
    found = [one.get("action") for one in document.all("form")]
    return [path for path in found if path.endswith(f"/{action}")]


async def made(browser: Any, **fields: str) -> str:
    answer = await browser.post(PATH, data={"name": "VIVES office", "language": "nl", **fields})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return address(Document(answer.text))


@pytest.mark.parametrize("language", ["en", "nl", "fr", "es"])
async def test_every_program_has_its_words_in_every_language(api: Api, language: str) -> None:
    document = await page(api, f"/{language}/subscribe?kind=webinar")
    for name in ("Google", "Outlook", "Mac", "Apple", "Thunderbird", "Nextcloud", "Moodle", "Smartschool"):
        assert name in document.text
    feed = f"http://127.0.0.1:8000/feeds/events.ics?kind=webinar&lang={language}"
    links = document.links()
    assert "https://calendar.google.com/calendar/u/0/r/settings/addbyurl" in links
    assert "https://outlook.office.com/calendar/addcalendar" in links
    assert f"webcal:{feed}" in links
    table = feed.replace(".ics", ".csv")
    assert feed in links
    assert table in links
    assert (await api.nobody.get(table)).headers["content-type"].startswith("text/csv")


async def test_programs_that_cannot_subscribe_say_so(api: Api) -> None:
    text = (await page(api, "/en/subscribe")).text
    assert "Outlook for Mac cannot subscribe to a calendar on the internet." in text
    assert "We know of no way to subscribe in Smartschool." in text


async def test_an_attendee_gets_a_link_with_the_way_in_and_asking_again_replaces_it(api: Api) -> None:
    event = await api.event(format="online", online={"platform": "Zoom", "url": LINK})
    own = await confirmed(api, event)
    assert "If you had such a link before, it stops working" in (await page(api, own)).text
    first, second = [
        address(Document((await api.nobody.post(f"{own}/agenda", headers=BROWSER)).text)) for _ in range(2)
    ]
    assert first != second
    assert (await api.nobody.get(first)).status_code == 410
    feed = await api.nobody.get(second)
    assert feed.status_code == 200
    assert LINK in feed.text.replace("\r\n ", "")


async def test_the_answer_with_a_secret_is_kept_nowhere(api: Api) -> None:
    own = await confirmed(api, await api.event())
    answer = await api.nobody.post(f"{own}/agenda", headers=BROWSER)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    secret = address(Document(answer.text)).split("/")[-2]
    assert secret not in (await api.nobody.get(own, headers=BROWSER)).text


async def test_only_a_confirmed_place_gives_an_agenda_link(api: Api) -> None:
    event = await api.event(seats={"on_site": 1})
    pending = await applied(api, event)
    before = await api.state()
    assert f"{pending}/agenda" not in rows(await page(api, pending), "agenda")
    assert (await api.nobody.post(f"{pending}/agenda", headers=BROWSER)).status_code == 409
    assert (await api.nobody.post("/r/forged/agenda", headers=BROWSER)).status_code == 404
    assert await api.state() == before


@pytest.mark.parametrize("ending", ["", "/x/rotate", "/x/revoke"])
async def test_another_site_and_a_stranger_cannot_touch_agenda_links(api: Api, ending: str) -> None:
    browser = await signed_in(api, "admin")
    assert (await browser.post(f"{PATH}{ending}", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await api.nobody.post(f"{PATH}{ending}", headers=SAME)).status_code == 303
    assert (await api.nobody.get(PATH, headers=BROWSER)).status_code == 303


async def test_a_link_is_made_shown_once_replaced_and_revoked(api: Api) -> None:
    await api.event(title="For institutions", visibility="institutions")
    browser = await signed_in(api, "admin")
    first = await made(browser, institution="vives", kind="workshop")
    assert "For institutions" in (await api.nobody.get(first)).text
    document = Document((await browser.get(PATH)).text)
    assert first.split("/")[-2] not in (await browser.get(PATH)).text
    assert "VIVES office VIVES Kind: Workshop · Dutch No calendar has fetched this yet" in document.text
    second = address(Document((await browser.post(rows(document, "rotate")[0])).text))
    assert [(await api.nobody.get(one)).status_code for one in (first, second)] == [410, 200]
    ended = Document((await browser.post(rows(document, "revoke")[0])).text)
    assert "Revoked" in ended.text
    assert rows(ended, "rotate") == rows(ended, "revoke") == []
    assert (await api.nobody.get(second)).status_code == 410
    assert (await browser.post(rows(document, "rotate")[0])).status_code == 410


async def test_it_says_who_fetched_last_and_when(api: Api) -> None:
    browser = await signed_in(api, "admin")
    await made(browser)

    def fetched(conn: Any) -> None:
        (row,) = store.all_subscriptions(conn)
        store.replace_row(conn, replace(row, last_client="Outlook", last_fetched_at=NOW - timedelta(hours=3)))

    await api.write(fetched)
    assert "Last fetched by Outlook, 3 hours ago" in Document((await browser.get(PATH)).text).text


async def test_each_role_makes_and_sees_only_its_own(api: Api) -> None:
    admin = await signed_in(api, "admin")
    await made(admin, name="Of everybody")
    host = await signed_in(api, "host", institutions=("vives",))
    await made(host, name="Of the host", institution="vives")
    assert (await host.post(PATH, data={"name": "x", "institution": "unae"})).status_code == 422
    organiser = await signed_in(api, "organiser", programmes=("enspired",))
    await made(organiser, name="Within", institution="unae")
    stolen = await organiser.post(PATH, data={"name": "x", "institution": "unae", "programme": "schoollinks"})
    assert stolen.status_code == 422
    viewer = await signed_in(api, "viewer", programmes=("enspired",))
    assert (await viewer.post(PATH, data={"name": "x"})).status_code == 403
    texts = [Document((await one.get(PATH)).text).text for one in (host, viewer)]
    assert "Of the host" in texts[0]
    assert "Within" not in texts[0]
    assert "Of everybody" not in texts[0]
    assert "Of the host" not in texts[1]
    foreign = rows(Document((await admin.get(PATH)).text), "revoke")
    mine = rows(Document((await host.get(PATH)).text), "revoke")
    other = next(path for path in foreign if path not in mine)
    assert (await host.post(other)).status_code == 404


async def test_faults_of_the_form_are_said_and_what_was_typed_stays(api: Api) -> None:
    browser = await signed_in(api, "admin")
    answer = await browser.post(PATH, data={"name": "", "kind": "nonsense", "institution": "vives"})
    assert answer.status_code == 422
    document = Document(answer.text)
    assert "This link was not made" in document.text
    assert "nonsense" in document.text
    chosen = [one.get("value") for one in document.all("option") if "selected" in one.attributes]
    assert "vives" in chosen
    hostile = "<script>alert(1)</script>"
    assert hostile in Document((await browser.post(PATH, data={"name": hostile})).text).text


async def test_a_session_is_registered_for_with_its_whole(api: Api) -> None:
    visit = await api.event(title="A week in Bruges", start="2027-03-22", end="2027-03-26")
    free = await api.event(title="An open day", start="2027-04-22", registration={"mode": "none"}, end="2027-04-23")
    for whole, registers in ((visit, True), (free, False)):
        day = whole["start"]
        item = await api.event(title="Talk", start=day, end=day, part_of=whole["id"], registration={"mode": "none"})
        document = await page(api, f"/en/events/{item['id']}")
        assert ("You register for the whole:" in document.text) == registers
        assert ("You need not register: just come." in document.text) != registers
        assert (f"/en/events/{whole['id']}#register" in document.links()) == registers
