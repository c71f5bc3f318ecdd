"""Nobody's change is lost: If-Match, 428, 412 with what happened meanwhile."""

import pytest

from tests.running import Api, event_body

EVENTS = "/api/v1/events"


async def test_a_write_without_the_version_it_was_made_from_is_refused(api: Api) -> None:
    event, draft = await api.event(), await api.event(status="draft")
    before = await api.state()
    for method, one, body in (
        ("PUT", event, event_body()),
        ("PATCH", event, {"title": "x"}),
        ("DELETE", draft, None),
    ):
        answer = await api.organiser.request(method, f"{EVENTS}/{one['id']}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")
    institution = await api.organiser.put("/api/v1/institutions/kemi", json={"name": "Kemi", "country": "KE"})
    assert institution.status_code == 428
    assert await api.state() == before


async def test_who_comes_too_late_sees_the_present_version_and_where_it_differs(api: Api) -> None:
    event = await api.event(seats={"on_site": 10}, summary={"en": "A summary", "nl": "Een samenvatting"})
    address = f"{EVENTS}/{event['id']}"
    first = await api.organiser.patch(
        address, json={"seats": {"on_site": 20}, "notes": "n"}, headers={"If-Match": '"1"'}
    )
    assert first.headers["etag"] == '"2"'
    late = await api.organiser.patch(
        address, json={"seats": {"on_site": 12}, "summary": {"nl": "Anders"}}, headers={"If-Match": '"1"'}
    )
    problem = late.json()
    assert (late.status_code, problem["code"], problem["current_revision"]) == (412, "stale", 2)
    assert late.headers["etag"] == '"2"'
    assert problem["current"] == (await api.organiser.get(address)).json()
    assert problem["differences"] == [
        {"pointer": "/seats/on_site", "current": 20, "yours": 12},
        {"pointer": "/summary/nl", "current": "Een samenvatting", "yours": "Anders"},
    ]
    again = await api.organiser.patch(
        address, json={"seats": {"on_site": 12}}, headers={"If-Match": late.headers["etag"]}
    )
    assert (again.status_code, again.json()["notes"]) == (200, "n")


async def test_a_whole_new_content_that_comes_too_late_is_compared_field_by_field(api: Api) -> None:
    event = await api.event()
    address = f"{EVENTS}/{event['id']}"
    await api.organiser.patch(address, json={"notes": "Ask Ann"}, headers={"If-Match": "*"})
    late = await api.organiser.put(address, json={**event, "start": "2027-03-16T13:00"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    found = {one["pointer"]: (one["current"], one["yours"]) for one in late.json()["differences"]}
    assert found == {"/notes": ("Ask Ann", ""), "/start": ("2027-03-16T14:30", "2027-03-16T13:00")}


async def test_a_late_change_that_is_wrong_besides_is_told_that_it_is_late(api: Api) -> None:
    event = await api.event()
    address = f"{EVENTS}/{event['id']}"
    await api.organiser.patch(address, json={"notes": "n"}, headers={"If-Match": "*"})
    late = await api.organiser.patch(address, json={"start": "nonsense"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["differences"]) == (412, [])


@pytest.mark.parametrize("path", ["publish", "cancel"])
async def test_publishing_and_cancelling_heed_a_version_that_is_given(shared: Api, path: str) -> None:
    event = await shared.event(status="draft" if path == "publish" else "confirmed")
    address = f"{EVENTS}/{event['id']}/{path}"
    late = await shared.organiser.post(address, headers={"If-Match": '"7"'})
    assert (late.status_code, late.json()["current"]["revision"]) == (412, 1)
    assert (await shared.organiser.post(address, headers={"If-Match": '"1"'})).status_code == 200


async def test_an_institution_has_versions_too(api: Api) -> None:
    address = "/api/v1/institutions/kemi"
    tag = (await api.nobody.get(address)).headers["etag"]
    body = {"name": "Kenya Education Management Institute", "country": "KE"}
    changed = await api.organiser.put(address, json=body, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    late = await api.organiser.put(address, json={"name": "Another", "country": "KE"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["current"]["name"] == {"en": "Kenya Education Management Institute"}
    assert [one["pointer"] for one in late.json()["differences"]] == ["/name/en"]
    same = await api.organiser.put(address, json=changed.json(), headers={"If-Match": changed.headers["etag"]})
    assert (same.status_code, same.json()) == (200, changed.json())


@pytest.mark.parametrize("tag", ["3a", '"' + "9" * 5000 + '"', '"1", "2"', "é", "-1"])
async def test_a_version_that_is_none_is_refused(shared: Api, tag: str) -> None:
    event = await shared.event()
    answer = await shared.organiser.patch(
        f"{EVENTS}/{event['id']}", json={"notes": "n"}, headers={b"If-Match": tag.encode("latin-1")}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/If-Match"
