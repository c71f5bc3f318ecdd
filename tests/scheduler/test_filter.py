"""The filter grammar: one canonical text for one filter, and every fault at once."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import Fault, Invalid
from scheduler.model.filter import FACETS, Filter, facets_known, read_filter
from tests.scheduler.inputs import known

KNOWN = facets_known(known())


def read(*pairs: tuple[str, str]) -> Filter:
    return read_filter(pairs, KNOWN, options=("lang",))


def faults(*pairs: tuple[str, str]) -> list[Fault]:
    with pytest.raises(Invalid) as caught:
        read(*pairs)
    return list(caught.value.faults)


def test_values_of_one_parameter_are_alternatives_by_comma_or_repetition() -> None:
    assert read(("kind", "workshop,webinar")) == read(("kind", "webinar"), ("kind", "workshop"))
    assert read(("kind", "workshop,webinar")).values("kind") == ("webinar", "workshop")
    assert read(("kind", ""), ("q", " "), ("lang", "nl")) == Filter()


def test_the_same_filter_has_one_text_that_gives_it_again() -> None:
    chosen = read(("to", "2027-06-30"), ("q", "gender & co"), ("country", "KE"), ("programme", "enspired"))
    assert chosen.query() == "programme=enspired&country=KE&to=2027-06-30&q=gender%20%26%20co"
    assert read(("programme", "enspired"), ("country", "KE"), ("to", "2027-06-30"), ("q", "gender & co")) == chosen


def test_a_filter_can_be_widened_and_narrowed() -> None:
    chosen = read(("country", "KE,BE"), ("from", "2027-01-01"), ("q", "x"))
    assert chosen.without("country").facets == ()
    assert chosen.without("from").first is None
    assert chosen.without("q").text == ""
    assert chosen.narrowed("country", "EC").values("country") == ("EC",)
    assert chosen.narrowed("programme", "enspired").query().startswith("programme=enspired&country=BE,KE")
    assert chosen.first == date(2027, 1, 1)


def test_every_fault_is_told_at_once_with_a_hint() -> None:
    found = faults(
        ("knid", "workshop"),
        ("kind", "workshp"),
        ("from", "2027-13-01"),
        ("to", "tomorrow"),
        ("q", "x" * 201),
        ("q", "twice"),
    )
    assert sorted(fault.pointer for fault in found) == ["/from", "/kind", "/knid", "/q", "/to"]
    texts = " ".join(fault.detail for fault in found)
    assert "Did you mean “kind”?" in texts
    assert "workshop" in texts
    assert "stands there twice" in texts


@pytest.mark.parametrize(
    "pairs",
    [
        [("from", "2027-03-02"), ("to", "2027-03-01")],
        [("to", "9999-12-31")],
        [("from", "0001-01-01")],
        [("q", "a\x00b")],
        [("q", "\ud800")],
        [("country", ",".join(["BE"] * 51))],
    ],
)
def test_what_no_database_could_answer_is_refused(pairs: list[tuple[str, str]]) -> None:
    assert len(faults(*pairs)) == 1


@given(st.lists(st.tuples(st.sampled_from([*FACETS, "from", "to", "q", "zzz"]), st.text(max_size=20)), max_size=5))
def test_any_query_gives_a_filter_or_faults(pairs: list[tuple[str, str]]) -> None:
    with suppress(Invalid):
        assert read(*pairs).query().isascii()
