"""Calendars in the dialect of each program that people here use: what we read of them, exactly.

The files in tests/feeds/calendars were written for these tests, with the oddities that each program is known for.
"""

from datetime import UTC, datetime

import icalendar
import pytest
import recurring_ical_events
from msgspec import Struct

from feeds.read import read, summary
from feeds.recurrence import occurrences
from tests.feeds.calendar_files import FILES, again, codes, known
from tests.feeds.ical_js import IcalJs
from tests.feeds.readers import mark, seen_by_us

AFTER, BEFORE = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
DEFAULT = "Europe/Brussels"


class Expected(Struct, frozen=True):
    """A reading: entries whole, repaired, refused and skipped; and of each entry its title, its occurrences in 2027
    (first start in UTC or date, number), its zone and the codes of its warnings."""

    counts: tuple[int, int, int, int]
    entries: tuple[tuple[str, str, int, str | None, list[str]], ...]
    refused: tuple[str, ...] = ()


TABLE = {
    "outlook_desktop": Expected(
        (3, 0, 0, 0),
        (
            ("Werkwinkel klasmanagement", "2027-03-16 13:00", 1, DEFAULT, []),
            ("Hemelvaart en brugdag", "2027-05-06", 1, None, []),
            ("Stagebegeleiding", "2027-03-11 07:30", 6, DEFAULT, []),
        ),
    ),
    "exchange_published": Expected(
        (1, 5, 1, 0),
        (
            ("Teamoverleg", "2027-03-16 13:00", 5, DEFAULT, ["value-type"]),
            ("Erasmus+ info", "2027-03-17 09:00", 1, "Europe/Berlin", []),
            ("Bezoek partnerschool", "2027-03-18 08:00", 1, DEFAULT, ["quotes"] * 2),
            ("Overleg ambassade", "2027-07-07 08:00", 1, DEFAULT, ["quotes", "custom-zone"] * 2),
            ("Call Kathmandu minus 2 hours", "2027-03-19 12:15", 1, None, ["fixed-instant"] * 2),
            ("Studiereis", "2027-03-22", 1, None, ["all-day"]),
        ),
        ("unknown-zone",),
    ),
    "google": Expected(
        (2, 1, 0, 0),
        (
            ("Videocall 5de leerjaar – Colegio Quito 🌎", "2027-03-16 13:30", 1, None, []),
            ("Ouderraad", "2027-03-04 18:30", 3, DEFAULT, []),
            ("Schoolfeest", "2027-05-21", 1, None, ["bad-time"]),
        ),
    ),
    "apple": Expected(
        (1, 2, 0, 0),
        (
            ("Gastles duurzaamheid", "2027-03-16 13:30", 1, DEFAULT, []),
            ("Sint-Jozef", "2027-03-19", 1, None, ["until-type"]),
            ("Vlucht BRU-GYE", "2027-04-10 08:15", 1, DEFAULT, ["end-zone"]),
        ),
    ),
    "thunderbird": Expected(
        (2, 0, 0, 1),
        (
            ("Teacher design team", "2027-03-16 06:00", 1, "Africa/Nairobi", []),
            ("Lerarenkamer", "2027-03-16 12:00", 1, DEFAULT, []),
        ),
    ),
    "nextcloud": Expected(
        (1, 1, 0, 1),
        (
            ("Coachinggesprek", "2027-02-01 14:00", 8, DEFAULT, []),
            ("Broodjeslunch zonder tijdzone", "2027-02-24 11:00", 1, DEFAULT, ["floating"] * 2),
        ),
    ),
    "zimbra": Expected(
        (1, 1, 0, 0),
        (
            ("Réunion des conseillers pédagogiques", "2027-03-17 08:00", 3, DEFAULT, []),
            ("Appel Kigali", "2027-03-18 13:00", 1, "Africa/Johannesburg", ["custom-zone"] * 2),
        ),
    ),
    "moodle": Expected(
        (3, 0, 0, 0),
        (
            ("Reflectieverslag is due", "2027-03-14 22:59", 1, None, []),
            ("Vragenuurtje", "2027-03-16 15:00", 1, None, []),
            ("Stageweek", "2027-04-19", 1, None, []),
        ),
    ),
    "academic_calendar": Expected(
        (2, 2, 0, 0),
        (
            ("Paasvakantie", "2027-03-29", 1, None, []),
            ("Dies Natalis – geen lessen", "2027-03-19", 1, None, ["ends-before-start"]),
            ("Opendeurdag", "2027-04-24", 1, None, []),
            ("Start tweede examenperiode", "2027-05-24", 1, None, ["value-type"]),
        ),
    ),
    "school_planner": Expected(
        (0, 3, 0, 0),
        (
            (
                "Les Frans – 5A – één uur",
                "2027-03-16 09:25",
                1,
                DEFAULT,
                ["not-utc", "floating", "floating", "encoding", "raw-line-end"],
            ),
            (
                "Toets wiskunde; hoofdstuk 4",
                "2027-03-17 07:30",
                1,
                DEFAULT,
                ["no-uid", "no-stamp", "floating", "floating"],
            ),
            ("Oudercontact", "2027-03-18 12:25", 1, DEFAULT, ["floating", "floating", "ends-before-start"]),
        ),
    ),
    "learning_platform": Expected(
        (0, 2, 0, 0),
        (
            ("Onderwijskunde: hoorcollege", "2027-03-16 07:00", 1, DEFAULT, ["not-utc"]),
            ("Werkcollege", "2027-03-17 13:00", 1, DEFAULT, ["floating"] * 2),
        ),
    ),
    "timetable": Expected(
        (1, 2, 2, 0),
        (
            ("Vakdidactiek geschiedenis", "2027-02-09 07:30", 13, DEFAULT, ["until-type"]),
            ("Schoolorganisatie", "2027-02-10 09:30", 13, DEFAULT, ["rule-part", "until-type", "value-type"]),
            ("Seminarie (data volgens lijst)", "2027-02-11 13:00", 4, DEFAULT, []),
        ),
        ("unknown-zone", "bad-rule"),
    ),
    "evolution": Expected(
        (0, 2, 0, 0),
        (
            ("Intervisie", "2027-03-02 15:00", 6, DEFAULT, ["range"]),
            ("Losse datum", "2027-03-25 08:00", 1, DEFAULT, ["orphan"]),
        ),
    ),
    "bedework": Expected(
        (1, 0, 0, 0), (("Guest lecture: Schools as partners", "2027-03-18 20:30", 1, "America/New_York", []),)
    ),
    "trumba": Expected(
        (1, 1, 0, 0),
        (
            ("Education week", "2027-03-15", 1, None, []),
            ("Reading circle", "2027-03-16 15:00", 1, "Africa/Johannesburg", ["floating"] * 2),
        ),
    ),
    "localist": Expected(
        (2, 0, 0, 0),
        (("Learning design", "2027-03-17 14:00", 1, None, []), ("Human Rights Day", "2027-03-22", 1, None, [])),
    ),
}


def test_every_file_has_its_expected_reading() -> None:
    assert set(TABLE) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_dialect_is_read_as_the_table_says(name: str) -> None:
    reading, expected = read(FILES[name], default_zone=DEFAULT), TABLE[name]
    counts = summary(reading)
    assert (counts.whole, counts.repaired, counts.refused, counts.skipped) == expected.counts
    assert tuple(fault.code for fault in reading.refused) == expected.refused
    assert reading.warnings == ()
    found = []
    for one in reading.entries:
        seen = occurrences(one.entry, AFTER, BEFORE)
        timed = isinstance(seen[0].start, datetime)
        first = str(seen[0].start_at)[:16] if timed else str(seen[0].start)
        found.append((one.entry.summary, first, len(seen), one.entry.zone, codes(one)))
    assert tuple(found) == expected.entries


@pytest.mark.parametrize("name", FILES)
def test_every_warning_and_refusal_names_a_line_of_the_file(name: str) -> None:
    reading = read(FILES[name], default_zone=DEFAULT)
    lines = FILES[name].splitlines()
    told = [caution for one in reading.entries for caution in one.warnings]
    for line, text in [(one.line, one.text) for one in told] + [(one.line, one.reason) for one in reading.refused]:
        assert 1 <= line <= len(lines)
        assert text[-1] != "."
    for one in reading.entries:
        assert lines[one.line - 1] == b"BEGIN:VEVENT"


@pytest.mark.parametrize("name", FILES)
def test_a_dialect_read_written_and_read_again_is_the_same(name: str) -> None:
    first = read(FILES[name], default_zone=DEFAULT).entries
    second = read(again(first))
    assert second.refused == ()
    assert again(second.entries) == again(first)
    for one, two in zip(first, second.entries, strict=True):
        assert [mark(seen.start_at) for seen in occurrences(one.entry, AFTER, BEFORE)] == [
            mark(seen.start_at) for seen in occurrences(two.entry, AFTER, BEFORE)
        ]


# Where a file is right, another reader must see the same: these need no repair that it would not make.
WELL_FORMED = ["outlook_desktop", "google", "apple", "thunderbird", "zimbra", "moodle", "bedework", "localist"]


@pytest.mark.parametrize("name", WELL_FORMED)
def test_another_reader_sees_the_same_occurrences(name: str) -> None:
    entries = [one.entry for one in read(FILES[name], default_zone=DEFAULT).entries]
    ours = seen_by_us(entries, AFTER, BEFORE)
    # It may complain about a line (Outlook's doubled quotes, Google's year 0): the times are what counts.
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(FILES[name])).between(AFTER, BEFORE)
    theirs = [(str(one["UID"]), mark(one["DTSTART"].dt), mark(one["DTEND"].dt)) for one in found]
    assert sorted(theirs) == ours
    assert len(ours) >= len(entries)


def test_a_reader_that_shares_no_code_with_python_s_sees_the_same_too(ical_js: IcalJs) -> None:
    names = [name for name in WELL_FORMED if name != "google"]  # it refuses the year 0
    for name, theirs in zip(names, ical_js.occurrences([FILES[name] for name in names], AFTER, BEFORE), strict=True):
        entries = [one.entry for one in read(FILES[name], default_zone=DEFAULT).entries]
        found = sorted((one["uid"], one["start"], one["end"]) for one in theirs)
        assert (name, found) == (name, seen_by_us(entries, AFTER, BEFORE))


@pytest.mark.parametrize("name", ["nextcloud", "school_planner"])
def test_without_a_default_zone_the_events_without_one_are_refused_and_nothing_else(name: str) -> None:
    with_default, without = read(FILES[name], default_zone=DEFAULT), read(FILES[name])
    floating = [one.line for one in with_default.entries if one.floating]
    assert floating != []
    assert {fault.code for fault in without.refused} == {"floating"}
    assert len(without.entries) == len(with_default.entries) - len(floating)
    assert not any(one.floating for one in without.entries)


def test_what_each_program_adds_is_kept() -> None:
    kept = {
        name: "\n".join(
            line
            for one in read(data, default_zone=DEFAULT).entries
            for kept in one.kept
            for line in (*kept.properties, *kept.components)
        )
        for name, data in FILES.items()
    }
    assert "X-ALT-DESC;FMTTYPE=text/html:<html" in kept["outlook_desktop"]
    assert "X-MICROSOFT-DONOTFORWARDMEETING:FALSE" in kept["exchange_published"]
    assert "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij" in kept["google"]
    assert 'X-TITLE="VVOB: Brussel":geo:50.851100,4.364500' in kept["apple"]
    assert "ACKNOWLEDGED:20270105T090500Z" in kept["apple"]
    assert "X-MOZ-GENERATION:3" in kept["thunderbird"]
    assert "ACTION:EMAIL" in kept["nextcloud"]
    assert "X-ZIMBRA-UNKNOWN-PRIORITY:TRUE" in kept["zimbra"]
    assert "X-BEDEWORK-COST:Free" in kept["bedework"]
    assert 'X-TRUMBA-CUSTOMFIELD;NAME="Detail: image";ID=41;TYPE=Image:<a href=' in kept["trumba"]


def test_texts_of_dialects_are_read_as_people_wrote_them() -> None:
    planner = known(read(FILES["school_planner"], default_zone=DEFAULT))
    lesson = planner["planner-20270316-3-5A"].entry
    assert lesson.description == "Meebrengen:\n- woordenboek\n- schrift\nLet op: toets!"
    outlook = read(FILES["outlook_desktop"]).entries[0].entry
    assert outlook.description == "Werkwinkel klasmanagement\n\nBreng een casus mee; koffie vanaf 13u30.\n"
    assert [one.name for one in outlook.attendees] == ['Joris ""de"" Wit', "Aula 2, gebouw B"]
    assert outlook.language == "nl-be"
