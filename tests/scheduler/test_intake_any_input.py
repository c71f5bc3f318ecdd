"""Whatever is sent, the door answers with an event or with `Invalid`; what it lets in, it gives back the same."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.errors import Invalid
from scheduler.model.event import Event
from scheduler.model.intake import as_input, patched, replaced
from scheduler.model.intake_fields import event_names
from scheduler.model.intake_institution import new_institution
from scheduler.model.intake_registration import new_registration
from scheduler.model.occurrences import occurrences_of
from tests.scheduler.inputs import NOW, OTHER_ID, admitted, full, known, small

NAMES = sorted(event_names() | {"from", "to", "rule", "moved", "date", "url", "role", "name", "en", "NL", "email"})
WORDS = st.sampled_from(
    "enspired workshop vives BE en 2027-03-28T02:30 2027-10-31T02:30+02:00 2027-03-16 P1D FREQ=DAILY;COUNT=3 "
    f"Europe/Brussels https://example.org/ confirmed hybrid {OTHER_ID}".split()
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=5),
    max_leaves=12,
)
CODED = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Cf", "Zl", "Zp"])
TEXT = st.text(CODED, min_size=1, max_size=40).filter(lambda text: any(one.isalnum() for one in text))
TEXTS = st.dictionaries(st.sampled_from(["en", "nl-BE", "fr", "es", "zh-Hant"]), TEXT, min_size=1) | TEXT
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "summary": TEXTS,
    "description": TEXTS,
    "notes": TEXT,
    "status": st.sampled_from(["draft", "tentative", "confirmed"]),
    "visibility": st.sampled_from(["public", "institutions", "members", "private"]),
    "format": st.sampled_from(["on-site", "online", "hybrid"]),
    "transparent": st.booleans(),
    "themes": st.lists(st.sampled_from(["gender", "climate", "equity"]), unique=True),
    "markers": st.dictionaries(st.just("gender"), st.integers(0, 2)),
    "speakers": st.lists(st.fixed_dictionaries({"role": TEXTS}, optional={"name": TEXT}), max_size=3),
    "place": st.fixed_dictionaries({}, optional={"room": TEXT, "city": TEXTS, "country": st.just("BE")}),
    "seats": st.fixed_dictionaries({}, optional={"waiting_list": st.booleans()}),
    "development": st.fixed_dictionaries({}, optional={"hours": st.floats(0, 1_000), "half_days": st.integers(0, 9)}),
    "reminders": st.lists(st.sampled_from(["P7D", "P1D", "PT1H"]), unique=True),
    "recurrence": st.fixed_dictionaries(
        {"rule": st.sampled_from(["FREQ=DAILY;COUNT=9", "FREQ=WEEKLY;UNTIL=20271231", "FREQ=YEARLY;COUNT=2"])}
    ),
    "registration": st.fixed_dictionaries({}, optional={"closes": st.just("2027-01-05"), "fee": st.integers(0, 500)}),
}
SPANS = st.sampled_from(
    [
        {"start": "2027-03-16T14:30", "end": "2027-03-16T16:00"},
        {"start": "2027-03-27T23:30", "end": "2027-03-28T03:30"},
        {"start": "2027-10-31T02:30+02:00", "end": "2027-10-31T02:30+01:00"},
        {"start": "2027-03-28"},
        {"start": "2027-10-30", "end": "2027-11-02"},
    ]
)
VALID = st.builds(lambda title, span, rest: {**small(title=title, end=None), **span, **rest}, TEXTS, SPANS,
                  st.fixed_dictionaries({}, optional=OPTIONAL))  # fmt: skip


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def answered(door: Any, *arguments: Any, **named: Any) -> Any:
    """What the door gives, or None when it says what is wrong."""
    try:
        return door(*arguments, **named)
    except Invalid as invalid:
        return None if invalid.faults else pytest.fail("refused without a fault")


@unhurried
@given(JSON)
def test_any_json_is_an_event_or_faults(data: object) -> None:
    answered(admitted, data)
    answered(admitted, data, importing=True)


@unhurried
@given(st.sampled_from(sorted(full())), JSON)
def test_any_value_in_any_field_is_an_event_or_faults(field: str, value: object) -> None:
    answered(admitted, {**full(), field: value})


@unhurried
@given(st.data())
def test_any_value_deep_inside_is_an_event_or_faults(data: st.DataObject) -> None:
    whole = full()
    target: Any = whole
    while True:
        steps = list(target) if isinstance(target, dict) else list(range(len(target)))
        step = data.draw(st.sampled_from(steps))
        if not isinstance(target[step], dict | list) or not target[step] or data.draw(st.booleans()):
            break
        target = target[step]
    target[step] = data.draw(JSON)
    answered(admitted, whole)


@unhurried
@given(JSON)
def test_any_patch_is_an_event_or_faults(patch: object) -> None:
    event = answered(patched, admitted(full()), patch, known(), now=NOW)
    assert event is None or isinstance(event, Event)


@unhurried
@given(JSON)
def test_any_json_is_a_registration_or_faults(data: object) -> None:
    answered(new_registration, data, known(), admitted(full()))
    if isinstance(data, dict):
        answered(new_registration, {"name": "Ana", "email": "a@example.org", **data}, known(), admitted(full()))


@unhurried
@given(JSON)
def test_any_json_is_an_institution_or_faults(data: object) -> None:
    answered(new_institution, data, known(), now=NOW)
    if isinstance(data, dict):
        answered(new_institution, {"key": "x", "name": "X", "country": "BE", **data}, known(), now=NOW)


@unhurried
@given(VALID)
def test_what_was_let_in_is_given_back_the_same(data: dict[str, Any]) -> None:
    event = answered(admitted, data)
    if event is None:
        return
    assert replaced(event, as_input(event), known(), now=NOW) == event
    assert patched(event, {}, known(), now=NOW) == event
    assert admitted(as_input(event)) == event


@unhurried
@given(VALID)
def test_every_event_that_was_let_in_has_dates_that_begin_before_they_end(data: dict[str, Any]) -> None:
    event = answered(admitted, data)
    if event is None:
        return
    dates = occurrences_of(event)
    assert dates[0].start_at < dates[0].end_at
    assert [one.position for one in dates] == list(range(len(dates)))
    assert all(one.start_at < one.end_at for one in dates)
