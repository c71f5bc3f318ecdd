"""Our calendars, read by three programs that are not ours: the same instants, and no complaint."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from feeds.entry import Entry
from feeds.errors import InvalidRule
from feeds.expansion import Budget, Meter, rule_days
from feeds.recurrence import parse_rule, rule_text
from tests.feeds.entries import calendar_of, entry, override, series, wall
from tests.feeds.ical_js import IcalJs
from tests.feeds.readers import Seen, mark, parsed, seen_by_recurring, seen_by_us

ZONES = ["Europe/Brussels", "America/Guayaquil", "Africa/Nairobi", "Asia/Phnom_Penh", "Africa/Johannesburg"]
CHANGES = [datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC)]
AFTER, BEFORE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def year_in(zone: str) -> list[Entry]:
    """Single events hourly around both changes, series over them with exceptions, all-day and long ones."""
    found = []
    for change in CHANGES:
        for hour in range(-30, 31):
            local = (change + timedelta(hours=hour)).astimezone(ZoneInfo(zone))
            end = (change + timedelta(hours=hour, minutes=45)).astimezone(ZoneInfo(zone))
            found.append(entry(local.replace(tzinfo=None), end=end.replace(tzinfo=None), zone=zone))
    weekly = series(
        wall("2027-01-05 09:00"),
        "FREQ=WEEKLY;BYDAY=TU,SU;UNTIL=20271214",
        zone,
        excluded=(wall("2027-03-28 09:00"), wall("2027-11-02 09:00")),
    )
    found += [
        with_moved(weekly, "2027-03-23 09:00", "2027-03-28 11:00"),
        with_moved(series(wall("2027-01-31 18:00"), "FREQ=MONTHLY;BYDAY=-1SU;COUNT=12", zone),
                   "2027-10-31 18:00", "2027-11-01 07:00"),
        series(wall("2027-03-25 23:30"), "FREQ=DAILY;COUNT=7", zone, excluded=(wall("2027-03-26 23:30"),)),
        series(date(2027, 3, 26), "FREQ=WEEKLY;COUNT=32", excluded=(date(2027, 4, 2),)),
        entry(date(2027, 3, 27), end=date(2027, 3, 30)),
        entry(wall("2027-10-29 09:00"), end=wall("2027-11-03 17:00"), zone=zone),
    ]  # fmt: skip
    return [msgspec.structs.replace(one, uid=f"{index}@x") if not one.overrides else renamed(one, f"{index}@x")
            for index, one in enumerate(found)]  # fmt: skip


def with_moved(master: Entry, original: str, start: str) -> Entry:
    return msgspec.structs.replace(master, overrides=(override(master, wall(original), wall(start)),))


def renamed(master: Entry, uid: str) -> Entry:
    overrides = tuple(msgspec.structs.replace(one, uid=uid) for one in master.overrides)
    return msgspec.structs.replace(master, uid=uid, overrides=overrides)


def as_seen(found: list[dict[str, Any]]) -> list[Seen]:
    return sorted(((one["uid"], one["start"], one["end"]) for one in found), key=str)


@pytest.mark.parametrize("zone", ZONES)
def test_recurring_ical_events_sees_the_same_instants_over_both_clock_changes(zone: str) -> None:
    entries = year_in(zone)
    ours = seen_by_us(entries, AFTER, BEFORE)
    assert len(ours) > 250
    assert sorted(seen_by_recurring(calendar_of(*entries), AFTER, BEFORE), key=str) == sorted(ours, key=str)


@pytest.mark.node
@pytest.mark.parametrize("zone", ZONES)
def test_ical_js_sees_the_same_instants_over_both_clock_changes(zone: str, ical_js: IcalJs) -> None:
    entries = year_in(zone)
    (seen,) = ical_js.occurrences([calendar_of(*entries)], AFTER, BEFORE)
    assert as_seen(seen) == sorted(seen_by_us(entries, AFTER, BEFORE), key=str)


def test_hourly_events_around_a_change_are_an_hour_apart() -> None:
    starts_at = sorted(start for uid, start, _ in seen_by_us(year_in("Europe/Brussels")[:61], AFTER, BEFORE)
                       if isinstance(start, int))  # fmt: skip
    assert len(starts_at) == 61
    assert {later - earlier for earlier, later in pairwise(starts_at)} == {3600}


@pytest.mark.parametrize("zone", ZONES)
def test_icalendar_reads_every_wall_time_and_zone_as_written(zone: str) -> None:
    entries = year_in(zone)
    events = parsed(calendar_of(*entries)).events
    firsts = {str(event["UID"]): event.start for event in events if "RECURRENCE-ID" not in event}
    for one in entries:
        if isinstance(one.start, datetime):
            expected = one.start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            assert mark(firsts[one.uid]) == mark(expected)
        else:
            assert firsts[one.uid] == one.start


@pytest.mark.node
def test_hostile_texts_reach_both_readers_whole(ical_js: IcalJs) -> None:
    said = 'Zo\u00eb; "caf\u00e9", \\n is not a line\nbut this is \U0001f4da' + "\u200f\u05d0" * 40
    one = entry(wall("2027-03-16 14:30"), summary=said.replace("\n", " "), description=said + "\x00\x0b\u2028end")
    calendar = calendar_of(one)
    (seen,) = ical_js.occurrences([calendar], AFTER, BEFORE)
    assert seen[0]["summary"] == said.replace("\n", " ")
    assert seen[0]["description"] == said + " end"
    assert str(parsed(calendar).events[0]["DESCRIPTION"]) == said + " end"


# Random rules: three programs that do not share the code that finds the dates.


def random_rule(chance: random.Random) -> str:
    """A rule of the kinds that people make, with every part now and then."""
    frequency = chance.choice(("DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY"))
    names = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    parts = [f"FREQ={frequency}"]
    if chance.random() < 0.5:
        parts.append(f"INTERVAL={chance.randint(2, 5)}")
    if chance.random() < 0.25:
        parts.append("BYMONTH=" + listed(chance, range(1, 13), 4))
    if frequency in {"MONTHLY", "YEARLY"} and chance.random() < 0.3:
        parts.append("BYMONTHDAY=" + listed(chance, [*range(-5, 0), *range(1, 32)], 4))
    elif frequency == "YEARLY" and chance.random() < 0.3:
        parts.append("BYYEARDAY=" + listed(chance, [*range(-9, 0), *range(1, 367)], 3))
    elif frequency == "YEARLY" and chance.random() < 0.3:
        parts.append("BYWEEKNO=" + listed(chance, [*range(-5, 0), *range(1, 54)], 3))
    if chance.random() < 0.5 and "BYYEARDAY" not in parts[-1]:
        days = chance.sample(names, chance.randint(1, 4))
        nth = frequency in {"MONTHLY", "YEARLY"} and chance.random() < 0.4
        parts.append("BYDAY=" + ",".join(f"{chance.choice((-1, 1, 2, 3, 4)) if nth else ''}{day}" for day in days))
    if frequency in {"MONTHLY", "YEARLY"} and "BYDAY" in parts[-1] and chance.random() < 0.3:
        parts.append(f"BYSETPOS={chance.choice((-1, 1, 2))}")
    if chance.random() < 0.15:
        parts.append(f"WKST={chance.choice(names)}")
    end = chance.choice(("", f";COUNT={chance.randint(1, 30)}", f";UNTIL=2027{chance.randint(1, 12):02}15"))
    return ";".join(parts) + end


def listed(chance: random.Random, numbers: range | list[int], most: int) -> str:
    return ",".join(str(number) for number in sorted(chance.sample(numbers, chance.randint(1, most))))


def random_series(seed: int, zone: str, year: int = 2026) -> Entry:
    """A series that starts in `year`, on one of its rule's dates, with an exclusion now and then."""
    chance = random.Random(seed)
    while True:
        text = random_rule(chance).replace("UNTIL=2027", f"UNTIL={year + 1}")
        all_day = chance.random() < 0.1
        first = datetime(year, 1, 1, 16, 15) + timedelta(days=chance.randint(0, 365))  # noqa: DTZ001
        try:
            rule = parse_rule(text, all_day=all_day, zone=zone)
        except InvalidRule:
            continue
        free = msgspec.structs.replace(rule, count=None, until=None)
        begin = next(rule_days(free, first.date(), date(year + 1, 6, 30), Meter(Budget())), None)
        if begin is None or (rule.until and begin >= date(year + 1, rule.until.month, rule.until.day)):
            continue
        start = begin if all_day else datetime.combine(begin, first.time())
        excluded = (start + timedelta(days=7),) if chance.random() < 0.3 else ()
        return series(start, text, zone, excluded=excluded, uid=f"{seed}@x")


SEEDS = range(2_000)
A_FEW = range(300)


@pytest.mark.parametrize(("zone", "seeds"), [("Europe/Brussels", SEEDS), ("America/Guayaquil", A_FEW)])
def test_recurring_ical_events_finds_the_same_dates_for_random_rules(zone: str, seeds: range) -> None:
    entries = [random_series(seed, zone) for seed in seeds]
    seen = seen_by_recurring(calendar_of(*entries), AFTER, BEFORE)
    assert seen == seen_by_us(entries, AFTER, BEFORE)
    assert len(seen) > 2_000


@pytest.mark.node
def test_ical_js_finds_the_same_dates_for_random_rules(ical_js: IcalJs) -> None:
    entries = [random_series(seed, "Europe/Brussels") for seed in SEEDS]
    answers = ical_js.occurrences([calendar_of(one) for one in entries], AFTER, BEFORE)
    differing = {
        rule_text(one.recurrence.rule): (as_seen(seen)[:4], seen_by_us([one], AFTER, BEFORE)[:4])
        for one, seen in zip(entries, answers, strict=True)
        if one.recurrence and as_seen(seen) != seen_by_us([one], AFTER, BEFORE)
    }
    assert differing == {}


def test_the_random_rules_are_of_every_kind() -> None:
    texts = " ".join(rule_text(one.recurrence.rule) for seed in SEEDS
                     if (one := random_series(seed, "Europe/Brussels")).recurrence)  # fmt: skip
    for part in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY", "COUNT", "UNTIL", "BYYEARDAY", "BYMONTHDAY=-", "BYSETPOS",
                 "WKST"):  # fmt: skip
        assert part in texts
