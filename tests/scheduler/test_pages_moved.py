"""What pages say of an event that moved, where it said nothing or too much."""

from typing import Any

from tests.running import Api, api
from tests.scheduler.pages import page

__all__ = ["api"]


async def moved(api: Api, event: dict[str, Any], *days: str) -> str:
    """The event's page after it was moved to each of these starts, an hour long, one after the other."""
    for start in days:
        held = await api.admin.get(f"/api/v1/events/{event['id']}")
        answer = await api.admin.patch(
            f"/api/v1/events/{event['id']}",
            json={"start": start, "duration": "PT1H"},
            headers={"If-Match": held.headers["etag"]},
        )
        assert answer.status_code == 200, answer.text
    return (await page(api, f"/en/events/{event['id']}")).text


async def test_a_move_within_the_day_names_the_time_that_it_had(api: Api) -> None:
    event = await api.event(start="2027-03-16T14:30", end="2027-03-16T15:30")
    assert "Moved, was Tue 16 Mar, 14:30" in await moved(api, event, "2027-03-16T17:00")


async def test_a_move_to_another_day_names_the_day(api: Api) -> None:
    event = await api.event(start="2027-03-16T14:30", end="2027-03-16T15:30")
    text = await moved(api, event, "2027-03-17T17:00")
    assert "Moved, was Tue 16 Mar" in text
    assert "Mar, 14:30" not in text


async def test_a_move_that_was_undone_is_not_announced(api: Api) -> None:
    event = await api.event(start="2027-03-16T14:30", end="2027-03-16T15:30")
    assert "oved" not in await moved(api, event, "2027-03-18T14:30", "2027-03-16T14:30")
