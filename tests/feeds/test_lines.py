"""Lines as RFC 5545 wants them: 75 octets, no broken character, nothing that could end a line early."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.lines import clean, duration, fold, line, one_line, parameter, text, uri, utc

HOSTILE = st.text(
    st.characters() | st.sampled_from("\x00\x07\x0b\x0c\x1c\x7f\x85\x9b\u2028\u2029\ufeff\r\n\t\\;,:\"^n'é😀\ud800 ")
)


def unfolded(octets: bytes) -> str:
    return octets.replace(b"\r\n ", b"").decode().removesuffix("\r\n")


@given(HOSTILE)
@example("é" * 200)
@example("a" * 71 + "😀" * 60)
def test_a_folded_line_has_75_octets_at_most_and_whole_characters(value: str) -> None:
    folded = line("SUMMARY", text(value))
    assert folded.endswith(b"\r\n")
    pieces = folded.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(piece) <= 75 for piece in pieces)
    assert all(piece.startswith(b" ") for piece in pieces[1:])
    assert all(piece.decode() for piece in pieces)  # raises inside a broken character
    assert unfolded(folded) == ("SUMMARY:" + text(value)).encode("utf-8", "replace").decode()


@pytest.mark.parametrize("length", [74, 75, 76, 149, 150, 151])
def test_folding_at_the_edge_loses_nothing(length: int) -> None:
    assert unfolded(fold(b"x" * length)) == "x" * length
    assert unfolded(fold(b"x" + "é".encode() * length)) == "x" + "é" * length


@given(HOSTILE)
def test_a_text_has_no_control_character_but_a_tab(value: str) -> None:
    written = text(value)
    assert all(character == "\t" or character.isprintable() or ord(character) > 0x9F for character in written)
    assert len(f"{written}x".splitlines()) == 1


@given(HOSTILE)
def test_every_text_reads_back_as_its_clean_self(value: str) -> None:
    component = b"BEGIN:VEVENT\r\n" + line("DESCRIPTION", text(value)) + b"END:VEVENT\r\n"
    read = icalendar.Event.from_ical(component)
    assert read.errors == []
    assert str(read["DESCRIPTION"]) == clean(value).encode("utf-8", "replace").decode()


@given(HOSTILE)
def test_every_parameter_reads_back_as_its_clean_self(value: str) -> None:
    component = (
        b"BEGIN:VEVENT\r\n" + line("ATTENDEE" + parameter("CN", value), "mailto:a@b.example") + b"END:VEVENT\r\n"
    )
    read = icalendar.Event.from_ical(component)
    assert read.errors == []
    assert str(read["ATTENDEE"]) == "mailto:a@b.example"
    assert read["ATTENDEE"].params["CN"] == clean(value).encode("utf-8", "replace").decode()


@given(HOSTILE)
def test_an_address_cannot_end_its_line_or_its_value(value: str) -> None:
    written = uri(f"https://example.org/{value}")
    assert len(f"{written}x".splitlines()) == 1
    assert not set(written) & set(' "<>\\^`{|}')


def test_a_text_is_escaped_and_cleaned() -> None:
    assert text("a\\b;c,d\r\ne\rf\u2028g\x00h\ti") == "a\\\\b\\;c\\,d\\ne\\nf gh\ti"
    assert one_line(" Room 1\r\n\r\n Leuven, BE ", ", ") == "Room 1\\, Leuven\\, BE"


def test_a_parameter_is_quoted_when_it_must_be() -> None:
    assert parameter("TZID", "Europe/Brussels") == ";TZID=Europe/Brussels"
    assert parameter("CN", 'Ana "A" ^ Peeters;\nx') == ";CN=\"Ana ^'A^' ^^ Peeters;^nx\""


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(minutes=15), "PT15M"),
        (-timedelta(days=1), "-P1D"),
        (timedelta(days=1, hours=2, seconds=5), "P1DT2H5S"),
        (timedelta(0), "PT0S"),
        (-timedelta(hours=36), "-P1DT12H"),
    ],
)
def test_a_duration_is_written(length: timedelta, written: str) -> None:
    assert duration(length) == written


def test_an_instant_is_written_in_utc_with_a_four_digit_year() -> None:
    assert utc(datetime(27, 3, 1, 9, 5, 6, tzinfo=UTC)) == "00270301T090506Z"
