"""The pages that everybody may read: right, escaped, and without anything that is not theirs."""

from typing import Any

import pytest

from scheduler.config import load
from scheduler.texts import load_catalogues
from scheduler.web.pages.language import best_language
from scheduler.web.pages.site import Voice
from scheduler.web.pages.words import place_words
from tests.running import Api, api
from tests.scheduler.inputs import admitted, small
from tests.scheduler.pages import BROWSER, HOSTILE, Document, page

__all__ = ["api"]
SECRET = "https://meet.example.org/secret-room"


def online(**fields: Any) -> dict[str, Any]:
    return {"format": "online", "online": {"platform": "Zoom", "url": SECRET}, **fields}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("nl", "nl"), ("fr-BE,fr;q=0.9,en;q=0.8", "fr"), ("de,es;q=0.3", "es"), ("de", "en"),
        ("en;q=0.2, nl;q=0.9", "nl"), ("*", "en"), ("nl;q=0", "en"), ("nl;q=zz,,;;", "en"), ("es-EC", "es"),
    ],
)  # fmt: skip
def test_the_browsers_language_is_found(header: str, language: str) -> None:
    assert best_language(header, ("en", "nl", "fr", "es"), "en") == language


@pytest.mark.parametrize("path", ["/", "/subscribe", "/events/x", "/privacy", "/accessibility"])
async def test_without_a_language_the_browser_decides_once(api: Api, path: str) -> None:
    answer = await api.nobody.get(f"{path}?kind=workshop", headers={**BROWSER, "Accept-Language": "nl-BE,en;q=0.5"})
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/nl{path}?kind=workshop"
    assert answer.headers["vary"] == "Accept-Language"


async def test_a_language_that_is_not_offered_is_no_page(api: Api) -> None:
    assert (await api.nobody.get("/de/", headers=BROWSER)).status_code == 404


async def test_every_page_is_sealed_and_complete_without_scripts(api: Api) -> None:
    event = await api.event()
    for path in ("/en/", f"/en/events/{event['id']}", "/en/subscribe", "/en/privacy", "/en/accessibility", "/api",
                 "/console/sign-in", "/en/nothing", "/en/events/nothing"):  # fmt: skip
        answer = await api.nobody.get(path, headers=BROWSER)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        document = Document(answer.text)
        assert document.scripts() == []
        assert [one.get("lang") for one in document.all("html")] == ["en"]
        assert len(document.all("h1")) == len(document.all("main")) == 1, path
        assert all(
            not name.startswith("on") and name != "style" for one in document.elements for name in one.attributes
        )
        labelled = {one.get("for") for one in document.all("label")}
        fields = [one for tag in ("input", "select", "textarea") for one in document.all(tag)]
        free = {"hidden", "radio", "checkbox"}
        assert all(one.get("id") in labelled for one in fields if one.get("type") not in free), path
        identities = [one.get("id") for one in document.elements if one.get("id")]
        assert len(identities) == len(set(identities)), path


async def test_head_is_get_without_a_body(api: Api) -> None:
    seen = await api.nobody.get("/en/", headers=BROWSER)
    head = await api.nobody.head("/en/", headers=BROWSER)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == seen.headers["content-length"]


async def test_the_style_sheet_is_kept_for_ever_under_its_own_name(api: Api) -> None:
    style = next(one.get("href") for one in (await page(api, "/en/")).all("link") if one.get("rel") == "stylesheet")
    answer = await api.nobody.get(style)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert (await api.nobody.get("/static/site.css", headers=BROWSER)).status_code == 404


async def test_the_agenda_groups_by_the_events_own_day(api: Api) -> None:
    await api.event(title="Evening in Quito", start="2027-03-16T20:00", end="2027-03-16T22:00", host="unae",
                    timezone="America/Guayaquil")  # fmt: skip
    await api.event(title="Morning in Nairobi", start="2027-03-17T08:00", end="2027-03-17T09:00", host="kemi",
                    timezone="Africa/Nairobi")  # fmt: skip
    document = await page(api, "/en/")
    days = [one.get("datetime") for one in document.all("time") if len(one.get("datetime")) == 10]
    assert days == ["2027-03-16", "2027-03-17"]
    assert document.text.index("Evening in Quito") < document.text.index("Morning in Nairobi")
    assert "20:00–22:00 Guayaquil · UTC−5" in document.text


async def test_a_visit_of_several_days_stands_there_once(api: Api) -> None:
    visit = await api.event(title="A week in Bruges", start="2027-03-22", end="2027-03-26", kind="exchange-visit")
    await api.event(title="Tuesday at school", start="2027-03-23", end="2027-03-23", part_of=visit["id"])
    document = await page(api, "/en/")
    assert document.text.count("A week in Bruges") == 1
    assert "5 days" in document.text
    assert "Tuesday at school" not in document.text
    assert "Tuesday at school" in (await page(api, f"/en/events/{visit['id']}")).text


async def test_filters_narrow_and_say_how_many(api: Api) -> None:
    await api.event(title="A webinar", kind="webinar", format="online")
    await api.event(title="One workshop")
    await api.event(title="Two workshops")
    document = await page(api, "/en/?kind=workshop")
    assert "A webinar" not in document.text
    assert "2 events" in document.text
    assert "Workshop (2)" in document.text
    assert "Webinar (1)" in document.text
    assert "/en/subscribe?kind=workshop" in document.links()


async def test_empty_fields_of_the_form_leave_a_clean_address(api: Api) -> None:
    answer = await api.nobody.get("/en/?q=&kind=workshop&from=&country=", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/?kind=workshop")


@pytest.mark.parametrize("query", ["knd=workshop", "kind=worksop", "from=someday", "q=a&q=b", "cursor=nonsense"])
@pytest.mark.parametrize("path", ["/en/", "/en/subscribe"])
async def test_what_the_filter_does_not_know_is_refused_with_a_hint(api: Api, path: str, query: str) -> None:
    answer = await api.nobody.get(f"{path}?{query}", headers=BROWSER)
    assert answer.status_code == 422
    assert Document(answer.text).text


async def test_long_lists_come_in_pages_without_gaps(api: Api) -> None:
    for number in range(53):
        day, hour = 1 + number // 10, 8 + number % 10
        await api.event(
            title=f"Event {number:03}", start=f"2027-04-{day:02}T{hour:02}:00", end=f"2027-04-{day:02}T{hour:02}:30"
        )
    first = await page(api, "/en/")
    onward = next(one.get("href") for one in first.all("a") if one.get("rel") == "next")
    second = await page(api, onward)
    titles = [f"Event {number:03}" for number in range(53)]
    assert [title for title in titles if title in first.text] == titles[:50]
    assert [title for title in titles if title in second.text] == titles[50:]


async def test_an_empty_agenda_speaks(api: Api) -> None:
    assert "Nothing is planned at the moment" in (await page(api, "/en/")).text
    await api.event(start="2027-05-16T14:30", end="2027-05-16T16:00")
    found = await page(api, "/en/?to=2027-01-31")
    assert "Nothing is planned that fits this filter" in found.text
    assert "The next event is on Sunday 16 May 2027." in found.text


async def test_seats_moves_and_cancellations_are_words(api: Api) -> None:
    full = await api.event(title="Full one", seats={"on_site": 1})
    await api.register(full)
    await api.register(full, email="next@example.org", name="Next")
    gone = await api.event(title="Gone one")
    await api.admin.post(f"/api/v1/events/{gone['id']}/cancel", json={"reason": "Strike."}, headers={"If-Match": "*"})
    moved = await api.event(title="Moved one")
    change = {"start": "2027-03-18T10:00", "end": "2027-03-18T11:00"}
    done = await api.admin.patch(f"/api/v1/events/{moved['id']}", json=change, headers={"If-Match": "*"})
    assert done.status_code == 200, done.text
    text = (await page(api, "/en/")).text
    assert "Full, 1 waiting" in text
    assert "Cancelled Gone one" in text
    assert "Moved, was Tue 16 Mar Moved one" in text
    assert "Strike." in (await page(api, f"/en/events/{gone['id']}")).text
    assert (
        "It was planned for Tuesday 16 March 2027, 14:30 Bruges." in (await page(api, f"/en/events/{moved['id']}")).text
    )


async def test_an_event_shows_its_own_clock_first_and_others_where_they_differ(api: Api) -> None:
    event = await api.event(partners=["kemi"], speakers=[{"role": "Writer", "timezone": "America/New_York"}])
    document = await page(api, f"/en/events/{event['id']}")
    own, nairobi = document.text.index("14:30–16:00 Bruges · UTC+1"), document.text.index("16:30–18:00 Nairobi · UTC+3")
    assert own < nairobi
    assert "On that day it is 5 hours earlier in New York than in Bruges (usually 6 hours earlier)" in document.text
    chosen = await page(api, f"/en/events/{event['id']}?zone=Asia/Phnom_Penh")
    assert "20:30–22:00 Phnom Penh · UTC+7 · the place you chose" in chosen.text
    assert "the place you chose" not in (await page(api, f"/en/events/{event['id']}?zone=../../etc/passwd")).text


async def test_a_text_in_another_language_says_so(api: Api) -> None:
    event = await api.event(title={"nl": "Meertalige klassen"})
    answer = await api.nobody.get(f"/en/events/{event['id']}", headers=BROWSER)
    assert '<span lang="nl">Meertalige klassen</span>' in answer.text
    assert "The organiser wrote this text in Dutch only." in answer.text


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_nothing_that_people_write_becomes_markup(api: Api, hostile: str) -> None:
    event = await api.event(
        title={"en": hostile}, summary={"en": hostile}, description={"en": hostile}, place={"room": hostile},
        speakers=[{"role": hostile, "name": hostile}], materials=[hostile], registration={"note": hostile},
    )  # fmt: skip
    for path in ("/en/", f"/en/events/{event['id']}", f"/en/events/{event['id']}/registered"):
        document = await page(api, path)
        assert hostile in document.text
        assert document.scripts() == document.all("svg") == []
        assert not any(name.startswith("on") for one in document.elements for name in one.attributes)
        assert "49" not in document.text


async def test_no_public_page_holds_a_joining_link(api: Api) -> None:
    event = await api.event(**online(registration={"mode": "open-form"}))
    for path in ("/en/", f"/en/events/{event['id']}", f"/nl/events/{event['id']}?zone=UTC", "/en/subscribe"):
        answer = await api.nobody.get(path, headers=BROWSER)
        assert answer.status_code == 200
        assert "meet.example.org" not in answer.text


@pytest.mark.parametrize(
    "fields",
    [{"status": "draft"}, {"visibility": "private"}, {"visibility": "members"}, {"visibility": "institutions"}],
)
async def test_a_hidden_event_answers_like_an_unknown_one(api: Api, fields: dict[str, Any]) -> None:
    event = await api.event(**fields)
    unknown = "01kaw3v8q4c7k2m9n5p6r8s1t0"
    for ending in ("", "/registered"):
        answers = [await api.nobody.get(f"/en/events/{key}{ending}", headers=BROWSER) for key in (event["id"], unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].text == answers[1].text
    forms = [
        await api.nobody.post(
            f"/en/events/{key}/register", data={"name": "A", "email": "a@example.org"}, headers=BROWSER
        )
        for key in (event["id"], unknown)
    ]
    assert [answer.status_code for answer in forms] == [404, 404]
    assert forms[0].text == forms[1].text
    assert "Multilingual classrooms" not in (await page(api, "/en/")).text


async def test_subscribing_has_the_exact_links(api: Api) -> None:
    document = await page(api, "/en/subscribe?kind=webinar")
    feed = "http://127.0.0.1:8000/feeds/events.ics?kind=webinar&lang=en"
    assert next(one.get("value") for one in document.all("input") if one.get("id") == "address") == feed
    links = document.links()
    encoded = "127.0.0.1%3A8000%2Ffeeds%2Fevents.ics%3Fkind%3Dwebinar%26lang%3Den"
    assert f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F{encoded}" in links
    assert (
        f"https://outlook.office.com/calendar/0/addfromweb?url=http%3A%2F%2F{encoded}&name=eNSPIRED%20agenda" in links
    )
    assert f"webcal:{feed}" in links
    assert f"webcal://{feed.partition('://')[2]}" in links
    assert "Kind: Webinar" in document.text
    assert (await api.nobody.get(feed)).status_code == 200


async def test_the_reference_explains_every_error_code(api: Api) -> None:
    document = await page(api, "/api")
    problem = (await api.nobody.get("/api/v1/events/nothing")).json()
    assert problem["type"].removeprefix("/api#") in {one.get("id") for one in document.elements}
    assert "/api/v1/events" in document.text


async def test_people_get_a_page_and_programs_a_problem_document(api: Api) -> None:
    seen = await api.nobody.get("/en/events/nothing", headers={**BROWSER, "Accept-Language": "en"})
    assert "There is nothing at this address." in Document(seen.text).text
    assert (await api.nobody.get("/en/events/nothing")).json()["code"] == "not-found"


async def test_every_date_of_a_series_stands_on_the_other_clocks_too(api: Api) -> None:
    """Between two dates the clocks change in Belgium only: one line above the list is not enough."""
    event = await api.event(
        format="online",
        start="2027-03-23T09:30",
        end="2027-03-23T11:00",
        countries=["KH"],
        recurrence={"rule": "FREQ=WEEKLY;COUNT=2"},
    )
    text = (await page(api, f"/en/events/{event['id']}?zone=Asia/Phnom_Penh")).text
    assert text.count("15:30–17:00") >= 1
    assert "14:30–16:00 Phnom Penh · UTC+7" in text


def test_a_room_that_is_not_known_yet_reads_well_beside_online() -> None:
    voice = Voice(load_catalogues().translator("en"), load(environ={}))
    event = admitted(small(format="hybrid"))
    assert place_words(event, {}, voice) == "Place to be announced, and online"
