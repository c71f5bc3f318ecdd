"""Properties of events that others wrote: all that an entry can say, what is no value, what is kept and put back."""

from datetime import UTC, datetime

import pytest

from feeds.kept import with_kept
from feeds.read import read
from feeds.write import vevent
from tests.feeds.calendar_files import again, codes, event, file, one, refusal


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
