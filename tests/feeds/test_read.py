"""Bytes to lines to components: encodings, folding, quoting, what is missing and what stands in the way."""

import pytest

from feeds.errors import InvalidCalendar, UnknownZone
from feeds.read import Limits, read, summary
from tests.feeds.calendar_files import BRUSSELS, codes, event, file, one
from tests.feeds.entries import wall


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
def test_every_kind_of_line_end_is_read(end: str) -> None:
    text = file(event("SUMMARY:Guest lec\r\n ture")).decode().replace("\r\n", end)
    (found,) = read(text.encode()).entries
    assert found.entry.summary == "Guest lecture"
    assert found.warnings == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_in_every_form_is_read_without_a_warning(encoding: str) -> None:
    text = file(event("SUMMARY:Één uur – Żyć 教育 🌎")).decode()
    (found,) = read(text.encode(encoding)).entries
    assert found.entry.summary == "Één uur – Żyć 教育 🌎"
    assert found.warnings == ()


def test_octets_that_are_not_utf8_are_read_as_windows_1252_with_a_warning_that_names_the_line() -> None:
    data = file(event("SUMMARY:one", "LOCATION:two")).replace(b"one", "één – ‘uur’".encode("cp1252"))
    (found,) = read(data).entries
    assert found.entry.summary == "één – ‘uur’"
    assert [(caution.line, caution.code) for caution in found.warnings] == [(7, "encoding")]


def test_a_line_in_another_encoding_does_not_change_its_neighbours() -> None:
    data = file(event("SUMMARY:à la carte", "LOCATION:x")).replace(b":x", b":caf\xe9 \xff")
    (found,) = read(data).entries
    assert (found.entry.summary, found.entry.location) == ("à la carte", "café ÿ")


def test_a_fold_inside_a_character_is_undone() -> None:
    data = file(event("SUMMARY:X")).replace(b"SUMMARY:X", b"SUMMARY:\xc3\r\n \xa9t\xf0\x9f\r\n\t\x8c\x8d")
    (found,) = read(data).entries
    assert found.entry.summary == "ét🌍"
    assert found.warnings == ()


def test_a_fold_that_lost_its_space_is_joined_with_a_warning() -> None:
    long = "Een lezing over duurzame ontwikkeling in het onderwijs van Vlaanderen en Ec"
    found = one("SUMMARY:" + long, "uador, met vragen")
    assert found.entry.summary == long + "uador, met vragen"
    assert [(c.line, c.code, "line 8" in c.text) for c in found.warnings] == [(7, "broken-folding", True)]


def test_a_raw_line_end_in_a_text_becomes_its_line_end_with_a_warning() -> None:
    found = one("DESCRIPTION:Bring:", "- a pen", "Note: no phones", "https://school.example/x", "LOCATION:Room 1")
    assert found.entry.description == "Bring:\n- a pen\nNote: no phones\nhttps://school.example/x"
    assert found.entry.location == "Room 1"
    assert codes(found) == ["raw-line-end"]


def test_what_is_no_property_behind_a_time_is_left_out_and_never_joined_to_it() -> None:
    found = one("DTEND:20270316T150000Z", "this is no property")
    assert found.entry.end == wall("2027-03-16 15:00")
    assert [(caution.line, caution.code) for caution in found.warnings] == [(8, "unreadable-line")]


def test_blank_lines_and_lower_case_do_not_matter() -> None:
    data = b"begin:vcalendar\n\nbegin:vevent\nuid:a\ndtstamp:20270101T000000Z\ndtstart:20270316t133000z\n\nend:vevent\n"
    (found,) = read(data + b"end:vcalendar\n").entries
    assert found.entry.start == wall("2027-03-16 13:30")


def test_texts_lose_their_escapes_and_keep_what_is_none() -> None:
    found = one(r"SUMMARY:a\, b\; c \\n d", r"DESCRIPTION:one\ntwo\Nthree C:\temp", r"CATEGORIES:a\,b,c,,d\\,e")
    assert found.entry.summary == r"a, b; c \n d"
    assert found.entry.description == "one\ntwo\nthree C:\\temp"
    assert found.entry.categories == ("a,b", "c", "d\\", "e")


def test_control_characters_are_left_out_with_a_warning() -> None:
    found = one("SUMMARY:a\x00b\x1b[31mc\x7f")
    assert found.entry.summary == "ab[31mc"
    assert codes(found) == ["control-characters"]


@pytest.mark.parametrize(
    ("line", "name", "warned"),
    [
        ('ATTENDEE;CN="Peeters, Els; dr.":mailto:els@x.example', "Peeters, Els; dr.", False),
        ("ATTENDEE;CN=Els ^'Mia^' ^^ Peeters:mailto:els@x.example", 'Els "Mia" ^ Peeters', False),
        ('ATTENDEE;CN=Els "Mia" Peeters:mailto:els@x.example', 'Els "Mia" Peeters', True),
        ('ATTENDEE;CN="Els "Mia" Peeters":mailto:els@x.example', 'Els "Mia" Peeters', False),
        ('ATTENDEE;CN="Els Peeters:mailto:els@x.example', '"Els Peeters', True),
        ("ATTENDEE;;RSVP;CN=Els:MAILTO:els@x.example", "Els", False),
    ],
)
def test_quotes_are_read_as_they_are_meant(line: str, name: str, warned: bool) -> None:
    found = one(line)
    assert [(person.name, person.address) for person in found.entry.attendees] == [(name, "els@x.example")]
    assert codes(found) == (["quotes"] if warned else [])


def test_a_line_without_a_colon_is_left_out_with_its_number() -> None:
    found = one("SUMMARY;LANGUAGE=nl")
    assert [(caution.line, caution.code) for caution in found.warnings] == [(7, "unreadable-line")]


# Components.


def test_a_missing_end_is_closed_with_a_warning() -> None:
    data = file(event("SUMMARY:first").removesuffix("\nEND:VEVENT"), event("SUMMARY:second", uid="2@x"))
    first, second = read(data).entries
    assert (first.entry.summary, codes(first)) == ("first", ["missing-end"])
    assert (second.entry.summary, codes(second)) == ("second", [])


def test_an_alarm_without_end_does_not_swallow_the_event() -> None:
    found = one("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M")
    assert codes(found) == ["missing-end"]
    assert found.kept[0].components[0] == "BEGIN:VALARM"


def test_an_event_in_the_middle_of_which_the_file_ends_is_refused() -> None:
    data = file(event("SUMMARY:whole"), event("SUMMARY:half of a ti", uid="2@x"))
    cut = data[: data.index(b"half of") + 4]
    reading = read(cut)
    assert [found.entry.summary for found in reading.entries] == ["whole"]
    assert [(fault.line, fault.uid, fault.code) for fault in reading.refused] == [(9, "2@x", "cut-off")]
    assert [caution.code for caution in reading.warnings] == ["cut-off"]


def test_what_stands_before_the_calendar_is_ignored_with_a_warning() -> None:
    reading = read(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n\r\n" + file(event()))
    assert len(reading.entries) == 1
    assert [caution.code for caution in reading.warnings] == ["outside"]


def test_an_event_without_a_calendar_around_it_is_read_with_a_warning() -> None:
    reading = read(event("SUMMARY:bare").encode())
    assert [found.entry.summary for found in reading.entries] == ["bare"]
    assert "no-calendar" in [caution.code for caution in reading.warnings]


def test_several_calendars_in_a_file_are_all_read_each_with_its_own_zones() -> None:
    custom = "DTSTART;TZID=Mine:20270316T143000"
    first = file("X-WR-CALNAME:One", BRUSSELS.format(name="Mine"), event(start=custom))
    second = file("X-WR-CALNAME:Two", event(uid="2@x", start=custom))
    reading = read(first + second)
    assert [found.entry.zone for found in reading.entries] == ["Europe/Brussels"]
    assert [(fault.uid, fault.code) for fault in reading.refused] == [("2@x", "unknown-zone")]
    assert reading.name == "One"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \r\n\r\n", "empty"),
        (b"<!DOCTYPE html>\n<html><title>Sign in</title></html>", "web page"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b'{"events": []}', "JSON"),
        (b"PK\x03\x04\x14\x00", "compressed"),
        (b"\x1f\x8b\x08\x00\x00", "compressed"),
        (b"Hello", "BEGIN:VCALENDAR is missing"),
        (b"BEGIN:VCARD\r\nFN:Els\r\nEND:VCARD\r\n", "BEGIN:VCALENDAR is missing"),
        (bytes(range(256)), "BEGIN:VCALENDAR is missing"),
    ],
)
def test_what_is_no_calendar_is_an_error_that_says_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(InvalidCalendar, match=words) as caught:
        read(data)
    assert caught.value.status == 400


def test_a_calendar_without_events_is_an_empty_reading() -> None:
    reading = read(file("PRODID:-//X//EN"))
    assert (reading.entries, reading.refused, reading.product) == ((), (), "-//X//EN")


def test_the_calendar_says_its_name_method_product_and_zone() -> None:
    reading = read(file("METHOD:publish", "PRODID:-//X//Y//EN", r"X-WR-CALNAME:A\, b", "X-WR-TIMEZONE:Africa/Nairobi"))
    assert (reading.name, reading.method, reading.product, reading.zone) == (
        "A, b",
        "PUBLISH",
        "-//X//Y//EN",
        "Africa/Nairobi",
    )


def test_an_unknown_zone_of_the_calendar_itself_is_a_warning() -> None:
    reading = read(file("X-WR-TIMEZONE:Nowhere/Land", event()))
    assert (reading.zone, [(c.line, c.code) for c in reading.warnings]) == ("", [(3, "unknown-zone")])


def test_what_is_no_event_is_counted_as_skipped() -> None:
    todo = "BEGIN:VTODO\nUID:t\nEND:VTODO"
    reading = read(file(todo, todo, "BEGIN:VFREEBUSY\nEND:VFREEBUSY", "BEGIN:VJOURNAL\nEND:VJOURNAL", event()))
    assert reading.skipped == {"VFREEBUSY": 1, "VJOURNAL": 1, "VTODO": 2}
    assert summary(reading).skipped == 4


def test_the_summary_counts_whole_repaired_and_refused() -> None:
    reading = read(
        file(event(), event("STATUS:MAYBE", uid="2@x"), event(uid="3@x", start="DTSTART:nonsense")), limits=Limits()
    )
    counts = summary(reading)
    assert (counts.whole, counts.repaired, counts.refused, counts.warnings) == (1, 1, 1, 1)


def test_a_wrong_default_zone_is_an_error() -> None:
    with pytest.raises(UnknownZone):
        read(file(event()), default_zone="Europe/Brussel")
