"""Dates and times as people read them: place and offset always, a second clock where it differs, four languages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler.dates import Here, brief_dates, city_name, date_text, dates, moment_elsewhere, offset_text, timed
from scheduler.texts import load_catalogues

TEXTS = load_catalogues()
GHENT = Here("Europe/Brussels", "Ghent")
TUESDAY = datetime(2027, 3, 16, 13, 30, tzinfo=UTC)
LONG = timedelta(minutes=90)


def lines(start: datetime, zone: str, language: str = "en", length: timedelta = LONG) -> tuple[str, ...]:
    return timed(start, start + length, GHENT, Here(zone), TEXTS.translator(language)).lines


def note(start: datetime, zone: str, language: str = "en") -> str:
    return timed(start, start + LONG, GHENT, Here(zone), TEXTS.translator(language)).note


def test_both_clocks_carry_place_and_offset() -> None:
    assert lines(TUESDAY, "America/Bogota") == (
        "Tuesday 16 March 2027",
        "14:30–16:00 Ghent · UTC+1",
        "08:30–10:00 Bogotá · UTC−5",
    )


@pytest.mark.parametrize(("language", "day", "city"), [
    ("nl", "dinsdag 16 maart 2027", "Johannesburg"), ("fr", "mardi 16 mars 2027", "Johannesburg"),
    ("es", "martes 16 de marzo de 2027", "Johannesburgo"),
])  # fmt: skip
def test_dates_and_cities_are_in_the_readers_language(language: str, day: str, city: str) -> None:
    assert lines(TUESDAY, "Africa/Johannesburg", language)[0] == day
    assert city in lines(TUESDAY, "Africa/Johannesburg", language)[2]


def test_one_clock_is_enough_where_both_show_the_same() -> None:
    assert len(lines(TUESDAY, "Europe/Paris")) == 2
    assert len(lines(datetime(2027, 7, 1, 12, tzinfo=UTC), "Africa/Johannesburg")) == 2


def test_another_day_over_there_is_marked() -> None:
    evening = TUESDAY.replace(hour=19)
    assert lines(evening, "Asia/Phnom_Penh")[2] == "02:30–04:00 Phnom Penh · UTC+7 · +1 day"
    assert lines(TUESDAY.replace(hour=3), "America/Guayaquil")[2] == "22:30 (−1 day)–00:00 Guayaquil · UTC−5"
    assert lines(evening, "Africa/Nairobi", "nl")[2] == "22:30–00:00 (+1 dag) Nairobi · UTC+3"


def test_half_hours_and_utc_itself() -> None:
    assert offset_text(TUESDAY, "Asia/Kolkata") == "UTC+5:30"
    assert offset_text(TUESDAY, "America/St_Johns") == "UTC−2:30"
    assert offset_text(TUESDAY, "UTC") == offset_text(TUESDAY, "Africa/Abidjan") == "UTC"


def test_utc_is_named_once() -> None:
    shown = timed(TUESDAY, TUESDAY + timedelta(minutes=28), Here("UTC", "UTC"), None, TEXTS.translator("en"))
    assert str(shown.clock) == "13:30–13:58 UTC"
    assert shown.clock is not None
    assert shown.clock.where == "UTC"


def test_the_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert lines(first, "UTC", length=timedelta(minutes=20))[1] == "02:30–02:50 Ghent · UTC+2"
    assert lines(first + timedelta(hours=1), "UTC", length=timedelta(minutes=20))[1] == "02:30–02:50 Ghent · UTC+1"
    assert "UTC+2 → UTC+1" in lines(first, "UTC")[1]


def test_a_passing_gap_between_two_summer_times_gets_a_sentence() -> None:
    assert note(TUESDAY, "America/New_York") == (
        "On that day it is 5 hours earlier in New York than in Ghent (usually 6 hours earlier): "
        "the clocks have changed in New York but not yet in Ghent."
    )
    assert "changed in Ghent but not yet in New York" in note(datetime(2027, 11, 3, 13, tzinfo=UTC), "America/New_York")
    assert note(TUESDAY, "America/New_York", "fr").startswith("Ce jour-là, New York a 5 heures de retard sur Ghent")


def test_a_difference_that_has_just_changed_gets_one_too() -> None:
    assert "1 hour later in Nairobi" in note(datetime(2027, 4, 1, 9, tzinfo=UTC), "Africa/Nairobi")


@pytest.mark.parametrize("zone", ["America/Bogota", "Africa/Nairobi", "America/New_York", "Asia/Phnom_Penh"])
def test_a_usual_difference_gets_none(zone: str) -> None:
    assert note(datetime(2027, 2, 1, 9, tzinfo=UTC), zone) == note(datetime(2027, 6, 1, 9, tzinfo=UTC), zone) == ""


def test_all_day_spans_name_each_part_once() -> None:
    t = TEXTS.translator("en")
    assert dates(date(2027, 4, 19), date(2027, 4, 19), t) == "Monday 19 April 2027"
    assert dates(date(2027, 4, 19), date(2027, 4, 23), t) == "Mon 19 – Fri 23 April 2027, 5 days"
    assert dates(date(2027, 3, 29), date(2027, 4, 2), t) == "Mon 29 March – Fri 2 April 2027, 5 days"
    assert dates(date(2027, 12, 31), date(2028, 1, 1), t) == "Fri 31 December 2027 – Sat 1 January 2028, 2 days"
    assert brief_dates(date(2027, 4, 19), date(2027, 4, 23), t) == "Mon 19 – Fri 23 Apr"


def test_several_days_by_the_clock_name_both_dates() -> None:
    three_days = lines(TUESDAY, "Europe/Brussels", length=timedelta(days=2, hours=3))
    assert three_days == ("Tue 16 – Thu 18 March 2027, 3 days", "Tue 16 Mar 14:30 – Thu 18 Mar 17:30 Ghent · UTC+1")


def test_the_first_of_a_month_is_an_ordinal_in_french_alone() -> None:
    first = date(2027, 5, 1)
    assert date_text(first, TEXTS.translator("fr")) == "samedi 1er mai 2027"
    assert date_text(first, TEXTS.translator("es")) == "sábado 1 de mayo de 2027"


def test_twelve_hours_only_where_the_reader_says_so() -> None:
    assert lines(TUESDAY, "America/Bogota", "en-US")[1] == "2:30 PM–4:00 PM Ghent · UTC+1"


def test_renamed_zones_keep_their_city() -> None:
    t = TEXTS.translator("en")
    assert [city_name(zone, t) for zone in ("Asia/Ho_Chi_Minh", "Europe/Kyiv", "America/Argentina/Buenos_Aires")] == [
        "Ho Chi Minh City",
        "Kyiv",
        "Buenos Aires",
    ]
    assert city_name("Europe/Brussels", TEXTS.translator("fr")) == "Bruxelles"


def test_a_subject_names_the_other_clock_with_its_day() -> None:
    t = TEXTS.translator("en")
    assert moment_elsewhere(TUESDAY.replace(hour=19), GHENT, Here("Asia/Phnom_Penh"), t) == "02:30 Phnom Penh, +1 day"
    assert moment_elsewhere(TUESDAY, GHENT, Here("Europe/Paris"), t) == ""


def test_nothing_printed_holds_a_narrow_or_thin_space() -> None:
    for language in ("en-US", "fr", "es-CO", "nl", "fr-CA"):
        assert not {"\u202f", "\u2009"} & set("".join(lines(TUESDAY, "America/Bogota", language)))
