"""Briefings: what a filter selects, ready to be passed on, as a page, as text, and as one page of PDF."""

import asyncio
import re
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from scheduler.web.pages.briefing import MOST_DATES
from tests.running import BASE, Api, api
from tests.scheduler.pages import BROWSER, HOSTILE, Document, page

__all__ = ["api"]
VIETNAMESE = "Giáo dục song ngữ ở trường tiểu học Việt Nam"
POLISH = "Szkoła w Łodzi: żółta łódź, gęś i ćma"
WIDE = "W" * 180
LEAVES = ("", ".txt", ".pdf")


async def text_of(api: Api, query: str = "", language: str = "en") -> str:
    """The plain text."""
    answer = await api.nobody.get(f"/{language}/briefing.txt{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    return answer.content.decode()


async def pdf_of(api: Api, query: str = "", language: str = "en") -> PdfReader:
    """The PDF, read by a library that shares no code with the one that wrote it."""
    answer = await api.nobody.get(f"/{language}/briefing.pdf{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return PdfReader(BytesIO(answer.content), strict=True)


def words_of(pdf: PdfReader) -> str:
    """What its one page says, in one line."""
    (sheet,) = pdf.pages
    assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]
    return " ".join(sheet.extract_text().split())


def links_of(pdf: PdfReader) -> list[str]:
    """Where one gets by pressing on something."""
    notes: Any = pdf.pages[0].get("/Annots", [])
    return [str(note.get_object()["/A"]["/URI"]) for note in notes]


async def many(api: Api, number: int) -> list[dict[str, Any]]:
    """That many events, one a day."""
    return [
        await api.event(
            title=f"Event no. {place:03}", start=f"2027-{1 + place // 28:02}-{1 + place % 28:02}T09:00",
            end=f"2027-{1 + place // 28:02}-{1 + place % 28:02}T10:00",
        )
        for place in range(number)
    ]  # fmt: skip


async def test_a_date_is_said_with_its_clock_place_host_state_and_address(api: Api) -> None:
    firm = await api.event(title={"en": "Multilingual classrooms"}, place={"room": "B1.04"})
    maybe = await api.event(
        title="Talk",
        status="tentative",
        format="online",
        host="kemi",
        timezone="Africa/Nairobi",
        kind="webinar",
        start="2027-03-17T14:30",
        end="2027-03-17T16:00",
    )
    gone = await api.event(title="Gone", start="2027-04-01", end="2027-04-02")
    await api.admin.post(f"/api/v1/events/{gone['id']}/cancel", json={"reason": "ill"})
    text = await text_of(api)
    assert "Already running" not in text
    assert (
        f"\nMarch 2027\n==========\n\nTuesday 16 March, 14:30–16:00 Bruges · UTC+1\nMultilingual classrooms\n"
        f"Workshop · B1.04, Bruges · VIVES\n{BASE}/en/events/{firm['id']}\n"
    ) in text
    assert (
        f"\nWednesday 17 March, 14:30–16:00 Nairobi · UTC+3\n[Provisional] Talk\nWebinar · Online · KEMI\n"
        f"{BASE}/en/events/{maybe['id']}\n"
    ) in text
    assert (
        f"\nApril 2027\n==========\n\nThu 1 – Fri 2 April\n[Cancelled] Gone\nWorkshop · Bruges · VIVES\n"
        f"{BASE}/en/events/{gone['id']}\n"
    ) in text
    said = words_of(pdf := await pdf_of(api))
    for part in ("Tuesday 16 March", "14:30–16:00 Nairobi", "Provisional · Webinar · Online · KEMI", "April 2027",
                 "Cancelled · Workshop · Bruges · VIVES", "Thu 1 – Fri 2 April", "B1.04"):  # fmt: skip
        assert part in said
    assert {f"{BASE}/en/", *(f"{BASE}/en/events/{one['id']}" for one in (firm, maybe, gone))} == set(links_of(pdf))


async def test_every_event_stands_once_in_the_text_and_a_series_once_a_date(api: Api) -> None:
    made = await many(api, 60)
    series = await api.event(title="Course", recurrence={"rule": "FREQ=WEEKLY;COUNT=3"})
    text = await text_of(api)
    assert [text.count(f"/events/{one['id']}\n") for one in made] == [1] * 60
    assert re.findall(r"Event no\. \d+", text) == [f"Event no. {place:03}" for place in range(60)]
    assert text.count(f"/events/{series['id']}\n") == 3
    assert "more date" not in text


async def test_what_is_over_is_left_out_and_what_runs_stands_first(api: Api) -> None:
    await api.event(title="Yesterday", start="2026-11-22T09:00", end="2026-11-22T10:00")
    await api.event(title="This morning", start="2026-11-23T09:00", end="2026-11-23T10:00")
    await api.event(title="Tonight", start="2026-11-23T19:00", end="2026-11-23T20:00")
    await api.event(title="Long visit", start="2026-10-20", end="2026-12-01", kind="exchange-visit")
    text = await text_of(api)
    assert "Yesterday" not in text
    assert "This morning" not in text
    assert text.index("Already running\n=") < text.index("Long visit") < text.index("November 2026\n=")
    assert text.index("November 2026\n=") < text.index("Tonight")
    assert "Tue 20 October – Tue 1 December" in text
    said = words_of(await pdf_of(api))
    assert "Yesterday" not in said
    assert said.index("Already running") < said.index("Long visit") < said.index("Tonight")


async def test_one_page_holds_what_fits_and_says_how_much_does_not(api: Api) -> None:
    await many(api, 60)
    said = words_of(pdf := await pdf_of(api, "?kind=workshop"))
    shown = re.findall(r"Event no\. (\d+)", said)
    assert shown == [f"{place:03}" for place in range(len(shown))]
    assert 20 < len(shown) < 40
    assert f"and {60 - len(shown)} more dates: {BASE}/en/?kind=workshop" in said
    assert f"{BASE}/en/?kind=workshop" in links_of(pdf)


@pytest.mark.parametrize("number", [1, 12, 20, 24])
async def test_what_fits_is_there_in_full(api: Api, number: int) -> None:
    await many(api, number)
    said = words_of(await pdf_of(api))
    assert re.findall(r"Event no\. (\d+)", said) == [f"{place:03}" for place in range(number)]
    assert "more date" not in said


async def test_more_dates_than_anybody_reads_are_counted_not_listed(api: Api) -> None:
    await api.event(title="Daily", recurrence={"rule": "FREQ=DAILY;COUNT=210"})
    text = await text_of(api)
    assert text.count("\nDaily\n") == MOST_DATES
    assert f"\nand 10 more dates: {BASE}/en/\n" in text
    said = words_of(await pdf_of(api))
    assert f"and {210 - said.count('Daily')} more dates: {BASE}/en/" in said


@pytest.mark.parametrize(
    ("language", "title", "filtered", "month", "day", "more"),
    [
        ("en", "The agenda in brief", "Kind: Workshop", "March 2027", "Tuesday 16 March", "always up to date"),
        ("nl", "De agenda in het kort", "Soort: Workshop", "Maart 2027", "Dinsdag 16 maart", "altijd actueel"),
        ("fr", "L’agenda en bref", "Type : Atelier", "Mars 2027", "Mardi 16 mars", "toujours à jour"),
        ("es", "La agenda resumida", "Tipo: Taller", "Marzo de 2027", "Martes 16 de marzo", "siempre al día"),
    ],
)
async def test_each_language_says_it_in_its_own_words(
    api: Api, language: str, title: str, filtered: str, month: str, day: str, more: str
) -> None:
    await api.event(title={"en": VIETNAMESE})
    text, pdf = await text_of(api, "?kind=workshop", language), await pdf_of(api, "?kind=workshop", language)
    for said in (" ".join(text.split()), words_of(pdf)):
        for part in (title, filtered, month, day, more, VIETNAMESE, f"{BASE}/{language}/?kind=workshop"):
            assert part in said
    root: Any = pdf.trailer["/Root"]
    assert root["/Lang"] == language
    assert pdf.metadata is not None
    assert " ".join(str(pdf.metadata.title).split()) == f"{title} · {filtered}"
    document = await page(api, f"/{language}/briefing?kind=workshop")
    assert f"/{language}/briefing.txt?kind=workshop" in document.links()
    assert f"/{language}/briefing.pdf?kind=workshop" in document.links()
    assert {f"/{tag}/briefing?kind=workshop" for tag in ("en", "nl", "fr", "es")} <= set(document.links())
    for path in ("", "subscribe"):
        found = (await page(api, f"/{language}/{path}?kind=workshop")).links()
        assert f"/{language}/briefing?kind=workshop" in found


async def test_the_box_holds_the_text_to_copy_and_cannot_be_changed(api: Api) -> None:
    await api.event(title=POLISH)
    answer = await api.nobody.get("/en/briefing?country=BE", headers=BROWSER)
    (box,) = Document(answer.text).all("textarea")
    assert "readonly" in box.attributes
    (inside,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert Document(inside).words == [await text_of(api, "?country=BE")]
    assert "script" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("leaf", LEAVES)
async def test_a_filter_that_is_not_understood_is_refused_with_a_hint(api: Api, leaf: str) -> None:
    answer = await api.nobody.get(f"/en/briefing{leaf}?knd=workshop&country=XX&from=soon", headers=BROWSER)
    assert answer.status_code == 422
    said = Document(answer.text).text
    assert "Did you mean “kind”?" in said
    assert "“XX” is not known" in said
    assert "“soon” is not a day" in said
    assert (await api.nobody.get(f"/de/briefing{leaf}", headers=BROWSER)).status_code == 404
    head = await api.nobody.head(f"/en/briefing{leaf}", headers=BROWSER)
    assert (head.status_code, head.content) == (200, b"")


async def test_the_filter_decides_also_by_day(api: Api) -> None:
    await api.event(title="In March")
    await api.event(title="In May", start="2027-05-03T10:00", end="2027-05-03T11:00", kind="webinar")
    assert "In May" not in await text_of(api, "?to=2027-04-30")
    assert "In March" not in await text_of(api, "?from=2027-04-01")
    assert "In March" not in await text_of(api, "?kind=webinar")
    assert "Nothing is planned" in await text_of(api, "?to=2026-01-31")
    assert "Nothing is planned" in words_of(await pdf_of(api, "?q=nothing"))


@pytest.mark.parametrize(
    "fields",
    [{"visibility": "private"}, {"visibility": "members"}, {"visibility": "institutions"}, {"status": "draft"}],
)
@pytest.mark.parametrize("reader", ["nobody", "host", "organiser", "admin"])
async def test_it_holds_only_what_everybody_may_read_whoever_asks(
    api: Api, fields: dict[str, Any], reader: str
) -> None:
    await api.event(title="Open")
    await api.event(title="Zwijgzaam", **fields)
    client = getattr(api, reader)
    for leaf in LEAVES:
        answer = await client.get(f"/en/briefing{leaf}")
        said = words_of(PdfReader(BytesIO(answer.content))) if leaf == ".pdf" else answer.text
        assert "Open" in said
        assert "Zwijgzaam" not in said


async def test_a_joining_link_never_stands_in_it(api: Api) -> None:
    secret = "https://meet.example.org/secret-room"
    await api.event(format="online", online={"platform": "Zoom", "url": secret})
    assert secret not in await text_of(api)
    assert secret not in links_of(await pdf_of(api))


async def test_the_same_list_on_the_same_day_is_the_same_bytes(api: Api) -> None:
    await many(api, 30)
    first = await api.nobody.get("/fr/briefing.pdf")
    api.clock.move(hours=2)
    assert (await api.nobody.get("/fr/briefing.pdf")).content == first.content
    api.clock.move(days=1)
    assert (await api.nobody.get("/fr/briefing.pdf")).content != first.content


async def test_many_at_once_are_drawn_one_after_the_other_and_each_is_right(api: Api) -> None:
    await many(api, 20)
    wanted = [(await api.nobody.get(f"/{language}/briefing.pdf")).content for language in ("en", "nl", "fr", "es")]
    found = await asyncio.gather(
        *(api.nobody.get(f"/{language}/briefing.pdf") for _ in range(5) for language in ("en", "nl", "fr", "es"))
    )
    assert [one.content for one in found] == wanted * 5


@pytest.mark.parametrize("title", [*HOSTILE, WIDE, "A\u2067B\u2069C", "e\u0301" * 50])
async def test_a_hostile_title_stays_a_line_of_text(api: Api, title: str) -> None:
    event = await api.event(title=title)
    text = await text_of(api)
    assert text.count("\n") == 13
    assert text.splitlines()[7] == "Tuesday 16 March, 14:30–16:00 Bruges · UTC+1"
    assert text.splitlines()[10] == f"{BASE}/en/events/{event['id']}"
    answer = await api.nobody.get("/en/briefing", headers=BROWSER)
    document = Document(answer.text)
    assert len(document.all("textarea")) == 1
    assert not {"script", "svg"} & {one.tag for one in document.elements}
    words_of(await pdf_of(api))
