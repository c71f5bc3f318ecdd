"""A rule is understood or refused with a sentence; what is understood has one canonical text."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feeds.contradictions import contradictions, disagreements
from feeds.entry import NthWeekday, Rule, Weekday
from feeds.errors import InvalidRule, UnknownZone
from feeds.rules import WEEKDAYS, parse_rule, rule_text

BRUSSELS = "Europe/Brussels"


def timed(text: str) -> Rule:
    return parse_rule(text, all_day=False, zone=BRUSSELS)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=6", "FREQ=WEEKLY;COUNT=6;BYDAY=TU"),
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
        (" rrule: freq = weekly ; byday = tu, th ; count = 3 ; ", "FREQ=WEEKLY;COUNT=3;BYDAY=TU,TH"),
        ("INTERVAL=1;FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("FREQ=MONTHLY;BYDAY=FR,TH,WE,TU,MO;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
        ("FREQ=YEARLY;BYMONTH=9,3,9;BYDAY=+2MO", "FREQ=YEARLY;BYMONTH=3,9;BYDAY=2MO"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU"),
        ("FREQ=DAILY;UNTIL=20270630T120000Z", "FREQ=DAILY;UNTIL=20270630T120000Z"),
    ],
)
def test_a_good_rule_has_one_canonical_text(text: str, canonical: str) -> None:
    rule = timed(text)
    assert rule_text(rule) == canonical
    assert timed(canonical) == rule


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "NAME=VALUE"),
        ("every tuesday", "NAME=VALUE"),
        ("BYDAY=TU", "FREQ"),
        ("FREQ=SECONDLY", "FREQ=SECONDLY"),
        ("FREQ=MINUTELY;COUNT=2", "FREQ=MINUTELY"),
        ("FREQ=HOURLY", "FREQ=HOURLY"),
        ("FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1"),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL=1.5"),
        ("FREQ=DAILY;INTERVAL=99999", "INTERVAL=99999"),
        ("FREQ=DAILY;COUNT=0", "COUNT=0"),
        ("FREQ=DAILY;COUNT=-5", "COUNT=-5"),
        ("FREQ=DAILY;COUNT=1e9", "COUNT=1E9"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "COUNT=9999"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "COUNT and UNTIL"),
        ("FREQ=DAILY;COUNT=2;COUNT=3", "COUNT is given twice"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ is given twice"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,,2", "BYMONTHDAY=1,,2"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH=13"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH=-1"),
        ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY=367"),
        ("FREQ=YEARLY;BYWEEKNO=54;BYDAY=MO", "BYWEEKNO=54"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "BYWEEKNO is shown wrongly"),
        ("FREQ=MONTHLY;BYWEEKNO=20;BYDAY=MO", "BYWEEKNO"),
        ("FREQ=MONTHLY;BYYEARDAY=20", "BYYEARDAY"),
        ("FREQ=YEARLY;BYYEARDAY=20;BYMONTH=1", "BYYEARDAY"),
        ("FREQ=YEARLY;BYMONTHDAY=20", "BYMONTHDAY"),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTH=1,2", "BYMONTH"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=-1", "BYDAY=FR;BYMONTHDAY=13"),
        ("FREQ=WEEKLY;BYMONTHDAY=20", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY=0MO"),
        ("FREQ=MONTHLY;BYDAY=6MO", "-5 to 5"),
        ("FREQ=YEARLY;BYDAY=54MO", "BYDAY=54MO"),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY=2TU"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS=367"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15;BYSETPOS=1", "BYSETPOS chooses"),
        ("FREQ=YEARLY;BYDAY=MO;BYSETPOS=1", "BYSETPOS chooses"),
        ("FREQ=YEARLY;BYMONTH=3,9;BYDAY=MO;BYSETPOS=1", "BYSETPOS chooses"),
        ("FREQ=YEARLY;BYYEARDAY=1,2;BYSETPOS=1", "BYSETPOS chooses"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR"),
        ("FREQ=DAILY;BYMINUTE=1;BYSECOND=2", "BYMINUTE"),
        ("RSCALE=HEBREW;FREQ=YEARLY", "RSCALE"),
        ("FREQ=MONTHLY;SKIP=FORWARD", "SKIP"),
        ("FREQ=DAILY;BYDAYS=MO", "BYDAY is"),
        ("FREQ=DAILY;X-NAME=1", "X-NAME"),
        ("FREQ=DAILY;WKST=MON", "WKST=MON"),
        ("FREQ=DAILY;UNTIL=2027-06-30", "UNTIL=2027-06-30"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL=20270230"),
        ("FREQ=DAILY;UNTIL=20270630T250000Z", "UNTIL=20270630T250000Z"),
        ("FREQ=DAILY;UNTIL=", "NAME=VALUE"),
        ("FREQ=D AILY", "FREQ=D AILY"),
        ("FREQ=WEEKLY;BYDAY=M O", "BYDAY=M O"),
        ("FREQ=DAILY\nDTSTART:20200101", "FREQ=DAILY"),
        ("FREQ=DAILY;COUNT=\u0663", "A-Z"),
        ("FREQ=DAILY;" + "X" * 2000, "characters"),
    ],
)
def test_a_bad_rule_is_refused_and_its_part_named(text: str, named: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        timed(text)
    assert named in refused.value.detail
    assert "\n" not in refused.value.detail
    assert rule_text(timed(refused.value.example))


def test_all_faults_of_a_rule_are_told_at_once() -> None:
    with pytest.raises(InvalidRule) as refused:
        timed("FREQ=HOURLY;INTERVAL=0;BYMONTH=13;BYHOUR=9;COLOUR=red")
    for named in ("FREQ=HOURLY", "INTERVAL=0", "BYMONTH=13", "BYHOUR", "COLOUR"):
        assert named in refused.value.detail


def test_too_many_combinations_are_refused() -> None:
    days = ",".join(str(day) for day in range(1, 32))
    months = ",".join(str(month) for month in range(1, 13))
    every = ",".join(WEEKDAYS)
    positions = ",".join(str(position) for position in range(1, 6))
    with pytest.raises(InvalidRule, match="combinations"):
        timed(f"FREQ=YEARLY;BYMONTH={months};BYMONTHDAY={days};BYDAY={every};BYSETPOS={positions}")


# UNTIL: date, local and UTC, for all-day and timed starts.


@pytest.mark.parametrize(
    ("text", "all_day", "until"),
    [
        ("20270630", True, date(2027, 6, 30)),
        ("20270630T000000", True, date(2027, 6, 30)),
        ("20270629T220000Z", True, date(2027, 6, 30)),  # midnight in Brussels, as Outlook writes it
        ("20270630", False, datetime(2027, 6, 30, 21, 59, 59, tzinfo=UTC)),
        ("20270630T143000", False, datetime(2027, 6, 30, 12, 30, tzinfo=UTC)),
        ("20270630T143000Z", False, datetime(2027, 6, 30, 14, 30, tzinfo=UTC)),
        ("20271231", False, datetime(2027, 12, 31, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_until_takes_the_type_of_the_start(text: str, all_day: bool, until: date) -> None:
    assert parse_rule(f"FREQ=DAILY;UNTIL={text}", all_day=all_day, zone=BRUSSELS).until == until


def test_until_of_an_all_day_series_without_a_zone_is_the_date_as_written() -> None:
    assert parse_rule("FREQ=DAILY;UNTIL=20270630T000000Z", all_day=True, zone=None).until == date(2027, 6, 30)


def test_until_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidRule, match="UNTIL"):
        parse_rule("FREQ=DAILY;UNTIL=99991231T235959", all_day=False, zone="America/Guayaquil")


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "Europe", "a\0b"])
def test_a_rule_in_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(UnknownZone):
        parse_rule("FREQ=DAILY;UNTIL=20270630", all_day=False, zone=zone)


def numbers(largest: int, *, signed: bool = True) -> st.SearchStrategy[tuple[int, ...]]:
    one = st.integers(1, largest)
    either = st.one_of(one, one.map(lambda number: -number)) if signed else one
    return st.lists(either, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))


def by_days() -> st.SearchStrategy[tuple[NthWeekday, ...]]:
    item = st.builds(NthWeekday, st.sampled_from(WEEKDAYS), st.integers(-5, 5))
    order: dict[Weekday, int] = {day: index for index, day in enumerate(WEEKDAYS)}
    return st.lists(item, max_size=4, unique=True).map(
        lambda found: tuple(sorted(found, key=lambda one: (order[one.day], one.nth)))
    )


rules = st.builds(
    Rule,
    frequency=st.sampled_from(("daily", "weekly", "monthly", "yearly")),
    interval=st.integers(1, 1000),
    count=st.none() | st.integers(1, 10_000),
    until=st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    by_month=numbers(12, signed=False),
    by_week_number=numbers(53),
    by_year_day=numbers(366),
    by_month_day=numbers(31),
    by_day=by_days(),
    by_set_position=numbers(366),
    week_start=st.sampled_from(WEEKDAYS),
)


@given(rules, st.booleans())
def test_the_text_of_a_rule_reads_back_as_the_rule(rule: Rule, lower: bool) -> None:
    rule = Rule(**{**{name: getattr(rule, name) for name in rule.__struct_fields__}, **_whole_seconds(rule)})
    assume(not contradictions(rule) and not disagreements(rule))
    text = rule_text(rule)
    assert timed(text.lower() if lower else text) == rule


def _whole_seconds(rule: Rule) -> dict[str, object]:
    return {"until": rule.until.replace(microsecond=0)} if isinstance(rule.until, datetime) else {}


@given(st.text(max_size=80) | st.text("FREQ=WEKLYDAI;BYCOUNT0123456789,:-+ MTUHS", max_size=80))
def test_any_text_is_understood_or_refused(text: str) -> None:
    detail, rule = "", None
    try:
        rule = timed(text)
    except InvalidRule as refused:
        detail = refused.detail
    assert detail.isprintable()
    assert bool(detail) != (rule is not None and timed(rule_text(rule)) == rule)
