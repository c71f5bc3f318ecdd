"""QR codes on pages: they say the right address, in a way that any browser, scheme and paper shows, and only there."""

import re

import pytest
import segno

from scheduler.web.pages.qr import MOST_CHARACTERS, qr_svg
from tests.running import NOW, Api, api
from tests.scheduler.pages import BROWSER, Document, confirmed, page, signed_in
from tests.scheduler.test_pages_subscriptions import PATH, address

__all__ = ["NOW", "api"]
STEP = re.compile(r"([mMh])(-?\d+)(?: (-?[\d.]+))?")


def drawn(html: str) -> set[tuple[int, int]]:
    """The dark modules (x, y) that the path of the one code on a page draws, without the quiet zone."""
    (path,) = re.findall(r'<path stroke="#000" d="([^"]+)"', html)
    found, x, y = set(), 0, 0.0
    for letter, across, down in STEP.findall(path):
        if letter == "h":
            found |= {(x + one - 4, int(y) - 4) for one in range(int(across))}
        x, y = (int(across), float(down)) if letter == "M" else (x + int(across), y + float(down or 0))
    return found


def code_of(text: str) -> set[tuple[int, int]]:
    """The dark modules of a code that says `text`."""
    rows = segno.make_qr(text, error="m").matrix
    return {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "On your phone"), ("nl", "Op je telefoon"), ("fr", "Sur votre téléphone"), ("es", "En su teléfono")],
)
async def test_the_page_for_a_list_shows_a_code_that_opens_it_on_a_telephone(
    api: Api, language: str, words: str
) -> None:
    path = f"/{language}/subscribe?kind=webinar,workshop&country=KE"
    answer = await api.nobody.get(path, headers=BROWSER)
    assert drawn(answer.text) == code_of(f"http://127.0.0.1:8000{path}")
    document = Document(answer.text)
    assert words in document.text
    (code,) = [one for one in document.elements if one.get("class") == "qr"]
    assert code.get("role") == "img"
    assert "QR" in code.get("aria-label")


async def test_a_code_needs_no_style_no_script_and_no_other_server(api: Api) -> None:
    answer = await api.nobody.get("/en/subscribe", headers=BROWSER)
    (svg,) = re.findall(r"<svg.*?</svg>", answer.text, re.DOTALL)
    assert re.findall(r"style|script|href|url\(|data:|on\w+=", svg) == []
    assert "<img" not in answer.text
    # Black on white is part of the drawing: neither a dark scheme nor a printer without backgrounds takes it away.
    assert 'fill="#fff"' in svg
    assert 'stroke="#000"' in svg
    policy = answer.headers["content-security-policy"]
    assert "unsafe-inline" not in policy


async def test_the_code_of_a_secret_address_subscribes_and_stands_only_beside_it(api: Api) -> None:
    browser = await signed_in(api, "admin")
    answer = await browser.post(PATH, data={"name": "VIVES office", "language": "nl"})
    feed = address(Document(answer.text))
    assert drawn(answer.text) == code_of(feed.replace("http://", "webcal://"))
    assert answer.headers["cache-control"] == "no-store"
    assert 'class="qr"' not in (await browser.get(PATH)).text


async def test_an_attendees_own_agenda_link_has_a_code_too(api: Api) -> None:
    own = await confirmed(api, await api.event())
    answer = await api.nobody.post(f"{own}/agenda", headers=BROWSER)
    feed = address(Document(answer.text))
    assert drawn(answer.text) == code_of(feed.replace("http://", "webcal://"))


def test_what_no_telephone_could_read_is_left_out() -> None:
    assert qr_svg("https://x.example/" + "a" * MOST_CHARACTERS, "Code") == ""
    assert qr_svg("https://x.example/", '"><script>alert(1)</script>').count("<script") == 0


async def test_moodle_is_told_when_an_address_is_too_long_for_it(api: Api) -> None:
    short = await page(api, "/en/subscribe?kind=webinar")
    long = await page(api, f"/en/subscribe?country=KE,EC,BE&q={'x' * 195}")
    assert "at most 255 characters" not in short.text
    assert "paste it as Calendar URL" in short.text
    assert "at most 255 characters" in long.text
    assert "paste it as Calendar URL" not in long.text


@pytest.mark.parametrize(("language", "pace"), [("en", "1 hour"), ("nl", "1 uur"), ("fr", "1 heure"), ("es", "1 hora")])
async def test_nextcloud_is_as_late_as_the_feed_asks_it_to_be(api: Api, language: str, pace: str) -> None:
    assert pace in (await page(api, f"/{language}/subscribe")).text


async def test_on_paper_a_list_says_what_it_is_and_where_it_came_from(api: Api) -> None:
    await api.event()
    path = "/en/?kind=workshop&country=BE"
    text = (await api.nobody.get(path, headers=BROWSER)).text
    (paper,) = re.findall(r'<p class="onpaper">(.*?)</p>', text, re.DOTALL)
    assert Document(paper).text == f"Kind: Workshop; Country: Belgium http://127.0.0.1:8000{path}"
    feed = "http://127.0.0.1:8000/feeds/events.ics?kind=workshop&lang=en"
    text = (await api.nobody.get("/en/subscribe?kind=workshop", headers=BROWSER)).text
    (paper,) = re.findall(r'<p class="onpaper address">(.*?)</p>', text, re.DOTALL)
    assert Document(paper).text == feed
