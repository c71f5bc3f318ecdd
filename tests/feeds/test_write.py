"""What a VEVENT and a calendar look like, octet by octet where it matters."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.entry import Alarm, Attendee, Conference, Entry, instant
from feeds.lines import clean
from feeds.recurrence import parse_rule
from feeds.write import Head, calendar, merge_spans, vevent, vtimezones, with_alarm, zones_of
from tests.feeds.entries import calendar_of, entry, override, series, wall
from tests.feeds.readers import mark, parsed
from tests.feeds.test_lines import HOSTILE


def lines(octets: bytes) -> list[str]:
    """The unfolded lines."""
    return octets.replace(b"\r\n ", b"").decode().split("\r\n")


def values(octets: bytes, name: str) -> list[str]:
    """The lines of one property, without its name."""
    return [one[len(name) :] for one in lines(octets) if one.startswith((f"{name}:", f"{name};"))]


def test_a_timed_event_has_wall_times_and_the_stamps_of_its_row() -> None:
    written = vevent(entry(wall("2027-03-16 14:30"), hours=1.5, sequence=3, created=datetime(2026, 10, 1, tzinfo=UTC)))
    assert lines(written) == [
        "BEGIN:VEVENT",
        "UID:0198-talk@events.example",
        "DTSTAMP:20261102T093000Z",
        "DTSTART;TZID=Europe/Brussels:20270316T143000",
        "DTEND;TZID=Europe/Brussels:20270316T160000",
        "SEQUENCE:3",
        "STATUS:CONFIRMED",
        "CREATED:20261001T000000Z",
        "LAST-MODIFIED:20261102T093000Z",
        "SUMMARY:Guest lecture",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "",
    ]


def test_an_all_day_event_has_dates_an_exclusive_end_and_outlooks_mark() -> None:
    written = vevent(entry(date(2027, 3, 16), end=date(2027, 3, 20), transparent=True))
    assert values(written, "DTSTART") == [";VALUE=DATE:20270316"]
    assert values(written, "DTEND") == [";VALUE=DATE:20270320"]
    assert values(written, "X-MICROSOFT-CDO-ALLDAYEVENT") == [":TRUE"]
    assert values(written, "TRANSP") == [":TRANSPARENT"]
    assert values(written, "X-MICROSOFT-CDO-BUSYSTATUS") == [":FREE"]


def test_an_all_day_event_lasts_a_day_at_least_and_a_timed_one_without_length_has_no_end() -> None:
    assert values(vevent(entry(date(2027, 3, 16), end=date(2027, 3, 16))), "DTEND") == [";VALUE=DATE:20270317"]
    assert values(vevent(entry(wall("2027-03-16 14:30"), hours=0)), "DTEND") == []


@pytest.mark.parametrize(
    ("start", "fold", "written"),
    [
        ("2027-10-31 02:30", 0, ":20271031T003000Z"),  # the first pass
        ("2027-10-31 02:30", 1, ":20271031T013000Z"),  # the second
        ("2027-03-28 02:30", 0, ":20270328T013000Z"),  # an hour that is skipped
        ("2027-10-31 03:30", 0, ";TZID=Europe/Brussels:20271031T033000"),
        ("2027-10-31 00:30", 0, ";TZID=Europe/Brussels:20271031T003000"),
    ],
)
def test_a_single_event_in_a_doubtful_hour_is_written_in_utc(start: str, fold: int, written: str) -> None:
    one = vevent(entry(wall(start).replace(fold=fold)))
    assert values(one, "DTSTART") == [written]
    assert values(one, "DTEND")[0].endswith("Z") == written.endswith("Z")


def test_a_doubtful_end_puts_the_whole_event_in_utc() -> None:
    one = vevent(entry(wall("2027-10-31 01:30"), end=wall("2027-10-31 02:30").replace(fold=1)))
    assert values(one, "DTSTART") + values(one, "DTEND") == [":20271030T233000Z", ":20271031T013000Z"]


def test_a_timed_event_is_never_floating() -> None:
    assert values(vevent(entry(wall("2027-03-16 14:30"), zone=None)), "DTSTART") == [":20270316T143000Z"]


def test_a_series_has_its_exceptions_in_the_type_and_zone_of_its_start() -> None:
    weekly = series(
        wall("2027-03-02 14:30"),
        "FREQ=WEEKLY;UNTIL=20270601",
        added=(wall("2027-03-04 10:00"),),
        excluded=(wall("2027-03-16 14:30"), wall("2027-03-23 14:30")),
    )
    written = vevent(weekly)
    assert values(written, "RRULE") == [":FREQ=WEEKLY;UNTIL=20270601T215959Z"]
    assert values(written, "RDATE") == [";TZID=Europe/Brussels:20270304T100000"]
    assert values(written, "EXDATE") == [
        ";TZID=Europe/Brussels:20270316T143000",
        ";TZID=Europe/Brussels:20270323T143000",
    ]
    dates = series(date(2027, 3, 2), "FREQ=WEEKLY;UNTIL=20270601", excluded=(date(2027, 3, 9),))
    assert values(vevent(dates), "RRULE") == [":FREQ=WEEKLY;UNTIL=20270601"]
    assert values(vevent(dates), "EXDATE") == [";VALUE=DATE:20270309"]


def test_overrides_follow_their_master_in_order_with_everything_said_again() -> None:
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=5", location="Leuven")
    late = override(weekly, wall("2027-03-16 14:30"), wall("2027-03-18 08:00"), zone="America/Guayaquil")
    early = override(weekly, wall("2027-03-09 14:30"), wall("2027-03-10 09:00"), summary="Moved lecture")
    written = vevent(msgspec.structs.replace(weekly, overrides=(late, early)))
    assert written.index(b"RRULE") < written.index(b"RECURRENCE-ID")
    assert values(written, "RECURRENCE-ID") == [
        ";TZID=Europe/Brussels:20270309T143000",
        ";TZID=Europe/Brussels:20270316T143000",
    ]
    assert values(written, "DTSTART")[2] == ";TZID=America/Guayaquil:20270318T080000"
    assert values(written, "LOCATION") == [":Leuven"] * 3
    assert values(written, "UID") == [f":{weekly.uid}"] * 3
    assert values(written, "SUMMARY") == [":Guest lecture", ":Moved lecture", ":Guest lecture"]


def test_every_property_is_written() -> None:
    full = entry(
        summary="Langues;\nlanguages, talen",
        language="nl",
        description="One\nTwo; three, four\\five",
        location="Room 2\nKU Leuven",
        url="https://events.example/e/1?a=b c",
        categories=("workshop", "teachers, heads"),
        geo=(50.8798438, 4.7005176),
        related_to="visit@events.example",
        status="tentative",
        organizer=Attendee(address="ana@vvob.example", name="Peeters, Ana"),
        attendees=(Attendee(address="jo@b.example", name="Jo", participation="accepted", reply_wanted=True),),
        alarms=(Alarm(before=timedelta(minutes=15)),),
        conferences=(Conference(url="https://meet.example/x", label="Big Blue: Button"),),
    )
    for expected in (
        "SUMMARY:Langues\\; languages\\, talen",
        "DESCRIPTION:One\\nTwo\\; three\\, four\\\\five",
        "LOCATION:Room 2\\, KU Leuven",
        "URL:https://events.example/e/1?a=b%20c",
        "CATEGORIES:workshop,teachers\\, heads",
        "GEO:50.879844;4.700518",
        "RELATED-TO:visit@events.example",
        "STATUS:TENTATIVE",
        'ORGANIZER;CN="Peeters, Ana":mailto:ana@vvob.example',
        "ATTENDEE;CN=Jo;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:jo@b.example",
        'CONFERENCE;VALUE=URI;LABEL="Big Blue: Button":https://meet.example/x',
        "TRIGGER:-PT15M",
    ):
        assert expected in lines(vevent(full))
    parsed(calendar_of(full))


def test_an_alarm_can_be_put_into_ready_bytes() -> None:
    alarm = Alarm(before=timedelta(hours=1))
    plain = entry(description="BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 3)
    assert with_alarm(vevent(plain), alarm, plain.summary) == vevent(msgspec.structs.replace(plain, alarms=(alarm,)))
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=5")
    moved = override(weekly, wall("2027-03-09 14:30"), wall("2027-03-10 09:00"))
    both = with_alarm(vevent(msgspec.structs.replace(weekly, overrides=(moved,))), alarm, "Soon")
    assert both.count(b"BEGIN:VALARM\r\n") == both.count(b"BEGIN:VEVENT\r\n") == 2


def test_the_head_says_everything_twice() -> None:
    head = Head(
        name="eNSPIRED, all\nevents",
        description="Events of VVOB",
        color="teal",
        hex_color="#008080",
        refresh=timedelta(minutes=90),
        zone="Europe/Brussels",
    )
    written = lines(calendar(head, [], [vevent(entry(date(2027, 3, 16)))]))
    assert written[:14] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//VVOB//eNSPIRED scheduler//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:eNSPIRED\\, all events",
        "X-WR-CALNAME:eNSPIRED\\, all events",
        "DESCRIPTION:Events of VVOB",
        "X-WR-CALDESC:Events of VVOB",
        "COLOR:teal",
        "X-APPLE-CALENDAR-COLOR:#008080",
        "X-WR-TIMEZONE:Europe/Brussels",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H30M",
        "X-PUBLISHED-TTL:PT1H30M",
    ]


def test_a_calendar_without_events_still_has_a_component() -> None:
    empty = calendar(Head(name="Empty"), [], [])
    assert b"BEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\n" in empty
    assert parsed(empty).events == []


def test_zones_are_known_with_the_years_in_which_they_are_used() -> None:
    weekly = series(wall("2027-03-02 14:30"), "FREQ=WEEKLY;COUNT=60")
    moved = override(weekly, wall("2027-03-09 14:30"), wall("2027-03-10 09:00"), zone="Africa/Nairobi")
    endless = series(wall("2027-03-02 14:30"), "FREQ=YEARLY", zone="America/Guayaquil")
    found = zones_of([msgspec.structs.replace(weekly, overrides=(moved,)), endless, entry(date(2027, 1, 1))])
    assert found == {
        "Europe/Brussels": (date(2027, 3, 2), date(2028, 4, 18)),
        "Africa/Nairobi": (date(2027, 3, 10), date(2027, 3, 10)),
        "America/Guayaquil": (date(2027, 3, 2), date(2037, 3, 2)),
    }
    assert merge_spans([found, {"Africa/Nairobi": (date(2026, 1, 1), date(2028, 1, 1))}])["Africa/Nairobi"] == (
        date(2026, 1, 1),
        date(2028, 1, 1),
    )
    assert [block.split(b"\r\n")[1] for block in vtimezones(found)] == [
        b"TZID:Africa/Nairobi",
        b"TZID:America/Guayaquil",
        b"TZID:Europe/Brussels",
    ]


def test_a_series_that_is_too_long_to_follow_does_not_keep_the_feed_from_being_written() -> None:
    rule = parse_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9", all_day=False, zone="Europe/Brussels")
    one = series(wall("2027-03-02 14:30"), "FREQ=DAILY;COUNT=1")
    assert one.recurrence
    hostile = msgspec.structs.replace(one, recurrence=msgspec.structs.replace(one.recurrence, rule=rule))
    assert zones_of([hostile])["Europe/Brussels"] == (date(2027, 3, 2), date(2037, 3, 2))


entries = st.builds(
    Entry,
    uid=st.just("x@events.example"),
    sequence=st.integers(0, 99),
    stamp=st.just(datetime(2026, 11, 2, tzinfo=UTC)),
    modified=st.just(datetime(2026, 11, 2, tzinfo=UTC)),
    start=st.just(wall("2027-03-16 14:30")),
    end=st.just(wall("2027-03-16 15:30")),
    zone=st.sampled_from(("Europe/Brussels", "America/Guayaquil", "Asia/Phnom_Penh")),
    status=st.sampled_from(("tentative", "confirmed", "cancelled")),
    summary=HOSTILE,
    description=HOSTILE,
    location=HOSTILE,
    url=HOSTILE.map(lambda value: f"https://events.example/{value}"),
    categories=st.lists(HOSTILE, max_size=3).map(tuple),
    conferences=st.lists(st.builds(Conference, url=HOSTILE, label=HOSTILE), max_size=1).map(tuple),
    organizer=st.none() | st.builds(Attendee, address=HOSTILE, name=HOSTILE),
    alarms=st.just((Alarm(before=timedelta(minutes=5)),)),
)


@given(entries)
def test_no_text_can_break_a_calendar(one: Entry) -> None:
    written = calendar_of(one)
    assert written == calendar_of(msgspec.structs.replace(one))
    assert all(len(piece) <= 75 for piece in written.split(b"\r\n"))
    assert b"\x00" not in written
    calendar = parsed(written)
    assert [component.name for component in calendar.walk()] == (
        ["VCALENDAR", "VTIMEZONE", *(name for name in _observances(written)), "VEVENT", "VALARM"]
    )
    event = calendar.events[0]
    assert mark(event.start) == mark(instant(one.start, one.zone))
    if clean(one.description):
        assert str(event["DESCRIPTION"]) == clean(one.description).encode("utf-8", "replace").decode()


def _observances(written: bytes) -> list[str]:
    return [one.removeprefix("BEGIN:") for one in lines(written) if one in {"BEGIN:STANDARD", "BEGIN:DAYLIGHT"}]
