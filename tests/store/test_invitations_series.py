"""Invitations to series: all dates or chosen ones, and dates that are cancelled."""

from typing import Any

from tests.store.invited import calendar_of, events_in, mail_of, one_event, quiet, starts
from tests.store.world import World

WEEKLY = {"rule": "FREQ=WEEKLY;COUNT=5"}
FIRST, SECOND, THIRD = "2027-03-16T14:30", "2027-03-23T14:30", "2027-03-30T14:30"


def absent(component: Any) -> list[str]:
    """The wall times of EXDATE."""
    found = component.get("EXDATE", [])
    dates = [one.dt for each in (found if isinstance(found, list) else [found]) for one in each.dts]
    return sorted(date.replace(tzinfo=None).isoformat(timespec="minutes") for date in dates)


async def test_all_dates_of_a_series_are_invited_to_as_the_feed_writes_them(world: World) -> None:
    moved = {"date": THIRD, "start": "2027-03-31T09:00", "end": "2027-03-31T10:00"}
    event = await world.create(recurrence={**WEEKLY, "excluded": [SECOND], "moved": [moved]})
    await world.register(event, "Ann")
    await world.send()
    master, override = events_in(world.wire.sent[0])
    assert (starts(master), absent(master)) == (FIRST, [SECOND])
    assert master["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=5"
    assert starts(override) == "2027-03-31T09:00"
    assert override["RECURRENCE-ID"].dt.replace(tzinfo=None).isoformat(timespec="minutes") == THIRD
    assert str(override["ATTENDEE"]) == "mailto:ann@example.org"


async def test_chosen_dates_begin_and_end_with_chosen_dates(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann", occurrences=(f"{event.id}.1", f"{event.id}.3"))
    await world.send()
    component = one_event(world.wire.sent[0])
    assert (starts(component), absent(component)) == (SECOND, [THIRD])
    assert component["RRULE"].to_ical() == b"FREQ=WEEKLY;UNTIL=20270406T123000Z"


async def test_one_chosen_date_is_no_series(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann", occurrences=(f"{event.id}.2",))
    await world.send()
    component = one_event(world.wire.sent[0])
    assert starts(component) == THIRD
    assert {"RRULE", "EXDATE", "RECURRENCE-ID"}.isdisjoint(component)


async def test_one_date_that_is_cancelled_is_taken_out_alone(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann")
    await world.register(event, "Other", occurrences=(f"{event.id}.0", f"{event.id}.2"))
    await world.send()
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND, "reason": "Strike"}]})
    await quiet(world)
    (sent,) = world.wire.of("update")
    component = one_event(sent, "CANCEL")
    assert (sent.recipient, str(component["UID"]), component["SEQUENCE"]) == ("ann@example.org", event.uid, 1)
    assert component["RECURRENCE-ID"].dt.replace(tzinfo=None).isoformat(timespec="minutes") == SECOND
    assert "RRULE" not in component


async def test_more_than_one_cancelled_date_is_said_by_a_new_version(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann")
    await world.send()
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND}, {"date": THIRD}]})
    await quiet(world)
    component = one_event(world.wire.of("update")[0])
    assert (absent(component), component["SEQUENCE"]) == ([SECOND, THIRD], 1)


async def test_the_last_chosen_date_takes_the_whole_entry_with_it(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    await world.register(event, "Ann", occurrences=(f"{event.id}.1",))
    await world.send()
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND}]})
    await quiet(world)
    component = one_event(world.wire.of("update")[0], "CANCEL")
    assert (starts(component), str(component["STATUS"])) == (SECOND, "CANCELLED")
    assert "RECURRENCE-ID" not in component


async def test_a_date_that_is_cancelled_before_its_confirmation_left_is_not_confirmed(world: World) -> None:
    event = await world.create(recurrence=WEEKLY)
    row = await world.register(event, "Ann", occurrences=(f"{event.id}.1",))
    await world.patch(event, recurrence={**WEEKLY, "cancelled": [{"date": SECOND, "reason": "Strike"}]})
    await world.send()
    (sent,) = world.wire.sent
    assert (sent.cause, calendar_of(sent)) == ("cancellation", None)
    text = " ".join(mail_of(sent).get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "will not take place on this date. The organiser writes Strike" in text
    assert "other dates" not in text
    await world.withdraw(row)
    await world.send()
    assert world.wire.sent[-1].cause == "withdrawal"
