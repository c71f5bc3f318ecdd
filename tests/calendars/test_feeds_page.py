"""docs/feeds.md says what is so: every address in it is asked, every filter and option is named and does something."""

import html
import json
import re

import pytest

from scheduler.config import Config
from scheduler.model.feed_options import OPTIONS, FeedOptions, read_options, read_query
from scheduler.model.filter import FACETS, facets_known
from scheduler.model.intake_known import known_of
from scheduler.store import institutions as store
from tests.floors import ROOT
from tests.running import Api

PAGE = (ROOT / "docs/feeds.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, str]:
    """The rows of the table with this first heading: the first code span of a row, and the second."""
    part = PAGE.split(f"| {heading} |")[1].split("\n\n")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)`", part, re.MULTILINE))


def test_every_filter_has_an_example() -> None:
    assert set(table("filter")) == {*FACETS, "from", "to", "q"}
    assert [name for name, example in table("filter").items() if not example.startswith(f"{name}=")] == []


def test_every_option_has_an_example_that_is_not_what_one_gets_anyway(shipped: Config) -> None:
    found = table("option")
    assert tuple(found) == OPTIONS
    usual = FeedOptions(language=shipped.languages.default)
    for name, example in found.items():
        key, _, value = example.partition("=")
        assert key == name
        assert read_options([(key, value)], shipped) != usual, example


async def test_every_example_of_a_filter_is_one_that_is_known(api: Api, shipped: Config) -> None:
    known = await api.db.read(lambda conn: known_of(shipped, store.all_institutions(conn)))
    for example in table("filter").values():
        key, _, value = example.partition("=")
        assert read_query([(key, value)], facets_known(known), shipped).chosen.query()


async def test_every_address_on_the_page_answers(api: Api) -> None:
    addresses = re.findall(r"`(/[^`\s{]+\?[^`]*)`", PAGE)
    addresses += [one.removeprefix("https://agenda.example.org") for one in re.findall(r'"(https://[^"]+)"', PAGE)]
    assert len(addresses) >= 11
    for address in addresses:
        answer = await api.nobody.get(html.unescape(address))
        assert answer.status_code == 200, address


async def test_the_answer_to_a_mistake_is_the_one_on_the_page(api: Api) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    answer = await api.nobody.get("/feeds/events.ics?kimd=workshop&lang=xx")
    assert answer.json() == json.loads(block)


@pytest.mark.parametrize("name", ["list", "name", "dates", "date", "time", "title", "place", "cancelled", "more"])
async def test_every_class_of_the_embedded_list_is_named(api: Api, name: str) -> None:
    event = await api.event(title="Called off", place={"room": "B1"})
    await api.admin.post(f"/api/v1/events/{event['id']}/cancel", json={"reason": "Ill"})
    text = (await api.nobody.get("/feeds/events.html")).text
    assert f"enspired-{name}" in text
    assert f"`-{name}`" in PAGE or f"`enspired-{name}`" in PAGE
