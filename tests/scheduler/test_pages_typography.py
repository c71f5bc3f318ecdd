"""Signs that a language sets in its own way, where words are put together."""

from tests.running import Api, api
from tests.scheduler.pages import page

__all__ = ["api"]


async def test_a_french_filter_has_its_space_before_the_colon(api: Api) -> None:
    await api.event()
    french, english = [(await api.nobody.get(f"/{tag}/?kind=workshop")).text for tag in ("fr", "en")]
    assert "Type\u00a0: Atelier" in french
    assert "Type: " not in french
    assert "Kind: Workshop" in english


async def test_a_place_whose_name_is_its_zone_says_it_once(api: Api) -> None:
    event = await api.event(timezone="UTC", host=None, start="2027-03-16T23:06", end="2027-03-16T23:34")
    for address in (f"/en/events/{event['id']}", "/en/", "/en/briefing"):
        shown = (await page(api, address)).text
        assert "23:06–23:34" in shown
        assert "UTC · UTC" not in shown
