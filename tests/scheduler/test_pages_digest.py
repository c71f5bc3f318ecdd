"""A list by mail: the form, the link in the mail, the end, as a browser and a mail program see them."""

import re

import pytest

from scheduler.model.digest import Digest
from scheduler.store import digests as store
from tests.running import Api, api
from tests.scheduler.pages import BROWSER, HOSTILE, Document, context_of, page

__all__ = ["api"]
FORM = {"email": "ana@example.org", "timezone": "America/Bogota"}


async def asked(api: Api, query: str = "?kind=workshop", **typed: str) -> Digest:
    """Fills in the form; what was stored."""
    answer = await api.nobody.post(f"/es/digest{query}", data={**FORM, **typed}, headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/es/digest/asked")
    return (await api.db.read(lambda conn: store.of_email(conn, "ana@example.org")))[-1]


def path_of(api: Api, row: Digest) -> str:
    links = context_of(api).links
    return links.digest(row.id).removeprefix(links.base)


async def test_the_form_asks_for_exactly_the_list_of_the_query(api: Api) -> None:
    row = await asked(api, "?kind=workshop&country=KE")
    assert row.chosen.query() == "kind=workshop&country=KE"
    assert (row.language, row.timezone, row.state) == ("es", "America/Bogota", "pending")
    assert "Kind: Workshop" in (await page(api, "/en/digest?kind=workshop")).text
    assert "/en/digest?kind=workshop" in (await page(api, "/en/subscribe?kind=workshop")).links()


@pytest.mark.parametrize("email", ["", "ana@", "a@b.org, c@d.org", "a@b.org>\r\nRCPT TO:<x@y.org", *HOSTILE])
async def test_a_wrong_address_is_said_beside_the_field_and_nothing_is_lost(api: Api, email: str) -> None:
    answer = await api.nobody.post("/en/digest?kind=workshop", data={**FORM, "email": email}, headers=BROWSER)
    seen = Document(answer.text)
    assert answer.status_code == 422
    assert seen.value("email").strip() == email.replace("\r\n", "\n").strip() or "\n" in email
    assert "America/Bogota" in [one.get("value") for one in seen.all("option") if "selected" in one.attributes]
    assert not seen.scripts()


async def test_a_wrong_place_and_a_wrong_filter_are_refused(api: Api) -> None:
    for query, zone, status in (("", "Mars/Olympus", 422), ("?kid=workshop", "Europe/Brussels", 422)):
        answer = await api.nobody.post(f"/en/digest{query}", data={**FORM, "timezone": zone}, headers=BROWSER)
        assert answer.status_code == status
    assert await api.db.read(lambda conn: store.of_email(conn, "ana@example.org")) == []


async def test_opening_the_link_changes_nothing_and_the_buttons_do(api: Api) -> None:
    path = path_of(api, await asked(api))
    for _ in range(2):
        seen = await page(api, path)
        assert [(one.get("method"), one.get("action")) for one in seen.all("form")] == [("post", path)]
    answer = await api.nobody.post(path, headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    assert [one.get("action") for one in (await page(api, path)).all("form")] == [f"{path}/end"]


async def test_one_click_ends_it_without_a_cookie_and_twice(api: Api) -> None:
    row = await asked(api)
    path = path_of(api, row)
    assert (await api.nobody.get(f"{path}/end", headers=BROWSER)).status_code == 303
    for _ in range(2):
        answer = await api.nobody.post(f"{path}/end", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert await api.db.read(lambda conn: store.get(conn, row.id)) is None
    assert (await api.nobody.get(path, headers=BROWSER)).status_code == 404


@pytest.mark.parametrize("tamper", [lambda path: path[:-2] + "AA", lambda path: "/d/x", lambda path: "/d/" + "x" * 900])
async def test_a_link_that_is_not_ours_answers_like_an_ended_one(api: Api, tamper: object) -> None:
    path = path_of(api, await asked(api))
    assert callable(tamper)
    for method in ("GET", "POST"):
        assert (await api.nobody.request(method, str(tamper(path)), headers=BROWSER)).status_code == 404


async def test_the_answer_tells_nobody_who_reads_what(api: Api) -> None:
    first = await api.nobody.post("/en/digest", data=FORM, headers=BROWSER)
    again = await api.nobody.post("/en/digest", data=FORM, headers=BROWSER)
    trapped = await api.nobody.post("/en/digest", data={**FORM, "homepage": "x"}, headers=BROWSER)
    answers = [
        (one.status_code, re.sub(r"\d", "", str(sorted(one.headers.items())))) for one in (first, again, trapped)
    ]
    assert answers[0] == answers[1] == answers[2]
