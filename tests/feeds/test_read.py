"""Bytes to lines to components: encodings, folding, quoting, what is missing and what stands in the way."""

from datetime import UTC, datetime

import pytest

from feeds.errors import InvalidCalendar, UnknownZone
from feeds.kept import with_kept
from feeds.read import Limits, read, summary
from feeds.write import vevent
from tests.feeds.calendar_files import BRUSSELS, again, codes, event, file, one, refusal
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


# Properties.


def test_all_that_an_entry_can_say_is_in_the_entry() -> None:
    found = one(
        "SEQUENCE:3",
        "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT",
        "CREATED:20261201T080000Z",
        "LAST-MODIFIED:20270102T080000Z",
        "SUMMARY;LANGUAGE=nl:Gastles",
        "URL:https://x.example/1",
        "GEO:50.85;4.35",
        "ORGANIZER;CN=Els:mailto:els@x.example",
        "ATTENDEE;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:jan@x.example",
        "CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=Zoom:https://zoom.example/1",
        "RELATED-TO:visit@x",
    )
    entry = found.entry
    assert (entry.sequence, entry.status, entry.transparent, entry.language) == (3, "tentative", True, "nl")
    assert entry.created == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert entry.modified == datetime(2027, 1, 2, 8, tzinfo=UTC)
    assert (entry.url, entry.geo, entry.related_to) == ("https://x.example/1", (50.85, 4.35), "visit@x")
    assert entry.organizer is not None
    assert entry.organizer.address == "els@x.example"
    assert [(one.participation, one.reply_wanted) for one in entry.attendees] == [("accepted", True)]
    assert [(one.url, one.label) for one in entry.conferences] == [("https://zoom.example/1", "Zoom")]
    assert found.warnings == ()


@pytest.mark.parametrize(
    "line",
    ["STATUS:MAYBE", "TRANSP:PERHAPS", "SEQUENCE:-1", "SEQUENCE:99999999999", "GEO:91;4", "GEO:x", "SUMMARY:again"],
)
def test_a_value_that_is_none_is_a_warning_on_its_line(line: str) -> None:
    found = one("SUMMARY:Lecture", line)
    assert [caution.line for caution in found.warnings] == [8]
    assert (found.entry.status, found.entry.sequence, found.entry.summary) == ("confirmed", 0, "Lecture")


def test_what_is_empty_says_nothing() -> None:
    empty = (
        "DTEND:",
        "RRULE:",
        "EXDATE:",
        "RECURRENCE-ID:",
        "STATUS:",
        "TRANSP:",
        "GEO:",
        "SEQUENCE:",
        "URL:",
        "LOCATION:",
    )
    found = one(*empty)
    assert (found.entry, found.warnings) == (one().entry, ())
    assert found.kept[0].properties == ()


def test_a_text_of_vcalendar_1_is_decoded_with_a_warning() -> None:
    found = one("SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Caf=C3=A9 en =", "taart")
    assert (found.entry.summary, codes(found)) == ("Café en taart", ["old-encoding"])


def test_a_private_event_is_marked_and_a_cancelling_method_cancels() -> None:
    assert one("CLASS:CONFIDENTIAL").private
    (found,) = read(file("METHOD:CANCEL", event())).entries
    assert found.entry.status == "cancelled"


def test_a_missing_uid_is_made_and_the_same_each_time() -> None:
    data = file(event("SUMMARY:a", uid=""), event("SUMMARY:b", uid=""))
    first, again_ = read(data), read(data)
    uids = [found.entry.uid for found in first.entries]
    assert len(set(uids)) == 2
    assert uids == [found.entry.uid for found in again_.entries]
    assert [codes(found) for found in first.entries] == [["no-uid"], ["no-uid"]]


def test_an_alarm_that_never_stops_is_stopped() -> None:
    found = one("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER:-PT5M", "REPEAT:2147483648", "DURATION:PT1S", "END:VALARM")
    assert codes(found) == ["alarm-repeat"]
    assert found.kept[0].components == ("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER:-PT5M", "END:VALARM")


def test_what_an_entry_does_not_say_survives_reading_and_writing() -> None:
    lines = (
        'DESCRIPTION;ALTREP="data:text/html,%3Cb%3Ex%3C/b%3E":x',
        "SUMMARY;LANGUAGE=nl:Gastles",
        "ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;CN=Aula:mailto:aula@x.example",
        "ATTENDEE:urn:uuid:1234",
        "ATTACH;FMTTYPE=application/pdf:https://x.example/a.pdf",
        r"X-ALT-DESC;FMTTYPE=text/html:<p>Één\, twee</p>",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        "TRANSP:TRANSPARENT",
        "CLASS:PRIVATE",
        "BEGIN:VALARM",
        "ACTION:EMAIL",
        "TRIGGER;RELATED=END:-PT5M",
        "END:VALARM",
        "BEGIN:PARTICIPANT",
        "UID:p",
        "BEGIN:VLOCATION",
        "UID:l",
        "END:VLOCATION",
        "END:PARTICIPANT",
    )
    found = one(*lines)
    written = with_kept(vevent(found.entry), found.kept)
    unfolded = written.decode().replace("\r\n ", "").split("\r\n")
    for line in lines:
        if not line.startswith("ATTENDEE;CUTYPE"):
            assert line in unfolded
    (person,) = [line for line in unfolded if "aula@" in line]
    assert {"CN=Aula", "CUTYPE=ROOM", "ROLE=NON-PARTICIPANT"} <= set(person.partition(":")[0].split(";"))
    assert "ROLE=REQ-PARTICIPANT" not in person
    assert "X-MICROSOFT-CDO-BUSYSTATUS:FREE" not in unfolded
    assert unfolded.index("CLASS:PRIVATE") < unfolded.index("BEGIN:VALARM") < unfolded.index("BEGIN:PARTICIPANT")
    (twice,) = read(again([found])).entries
    assert twice.entry == found.entry
    assert again([twice]) == again([found])


def test_a_parameter_is_not_put_back_on_a_value_that_has_changed() -> None:
    found = one('DESCRIPTION;ALTREP="cid:1":old', "ATTENDEE;PARTSTAT=DELEGATED:mailto:a@x.example")
    kept = found.kept
    changed = one("DESCRIPTION:new", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@x.example").entry
    written = with_kept(vevent(changed), kept).decode()
    assert "DESCRIPTION:new" in written
    assert "DELEGATED" not in written


def test_a_refusal_names_line_uid_and_reason() -> None:
    line, code, reason = refusal(event("SUMMARY:no start", start=""))
    assert (line, code, reason) == (3, "no-start", "DTSTART is missing")
