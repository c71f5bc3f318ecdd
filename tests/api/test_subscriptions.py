"""What the address of a subscription opens, and who may hand one out."""

from typing import Any

import pytest

from tests.running import Api

ADDRESS = "/api/v1/subscriptions"


async def opened(api: Api, made: dict[str, Any]) -> str:
    """The feed behind a new address."""
    answer = await api.nobody.get(made["address"])
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_an_institutions_feed_holds_what_it_may_see_and_no_joining_link(api: Api) -> None:
    ours = await api.event(visibility="institutions", format="online", online={"url": "https://meet.example.org/a"})
    theirs = await api.event(visibility="institutions", host="unae")
    private = await api.event(visibility="private")
    made = (await api.host.post(ADDRESS, json={"name": "VIVES", "institution": "vives"})).json()
    feed = await opened(api, made)
    assert ours["id"] in feed
    assert theirs["id"] not in feed
    assert private["id"] not in feed
    assert "meet.example.org" not in feed


@pytest.mark.parametrize(
    "query", ["", "kind=workshop", "programme=enspired,schoollinks", "programme=schoollinks,enspired"]
)
async def test_an_organiser_cannot_grant_what_other_programmes_show_an_institution(api: Api, query: str) -> None:
    await api.event(visibility="institutions")
    answer = await api.stranger.post(ADDRESS, json={"name": "x", "institution": "vives", "query": query})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_an_organiser_grants_an_institution_the_sight_of_the_own_programme(api: Api) -> None:
    ours = await api.event(visibility="institutions", programme="schoollinks")
    other = await api.event(visibility="institutions")
    body = {"name": "x", "institution": "vives", "query": "programme=schoollinks"}
    feed = await opened(api, (await api.stranger.post(ADDRESS, json=body)).json())
    assert (ours["id"] in feed, other["id"] in feed) == (True, False)
    narrowed = await api.nobody.get(
        (await api.stranger.post(ADDRESS, json=body)).json()["address"] + "?programme=enspired"
    )
    assert narrowed.status_code == 422 or other["id"] not in narrowed.text


async def test_only_who_could_have_made_a_subscription_can_rotate_it(api: Api) -> None:
    made = (await api.host.post(ADDRESS, json={"name": "VIVES", "institution": "vives"})).json()
    for client in (api.organiser, api.stranger, api.elsewhere, api.viewer):
        assert (await client.post(f"{ADDRESS}/{made['id']}/rotate")).status_code == 404
    rotated = await api.host.post(f"{ADDRESS}/{made['id']}/rotate")
    assert rotated.status_code == 200
    assert (await api.nobody.get(made["address"])).status_code == 410
    assert (await api.nobody.get(rotated.json()["address"])).status_code == 200


async def test_a_key_that_only_reads_rotates_and_revokes_nothing(api: Api) -> None:
    made = (await api.organiser.post(ADDRESS, json={"name": "x", "programmes": ["enspired"]})).json()
    for method, path in (("POST", f"{ADDRESS}/{made['id']}/rotate"), ("DELETE", f"{ADDRESS}/{made['id']}")):
        answer = await api.reader.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
