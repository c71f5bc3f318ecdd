"""The door for events: PUT, PATCH, import, and what comes back."""

from typing import Any

import pytest

from scheduler.errors import Invalid
from scheduler.model.intake import as_input, cancellation, new_event, patched, replaced
from tests.scheduler.inputs import ID, NOW, OTHER_ID, admitted, full, known, small


def test_everything_that_an_event_can_have_is_taken_over() -> None:
    event = admitted(full())
    defaults = admitted(small())
    same = [
        name
        for name in event.__struct_fields__
        if getattr(event, name) == getattr(defaults, name) and name not in {"start", "end", "timezone"}
    ]
    assert sorted(same) == [
        "cancellation_reason", "cancelled_at", "created_at", "created_by", "id", "kind", "modified_at", "moved_from",
        "programme", "public_revision", "revision", "sequence", "timing_revision", "uid",
    ]  # fmt: skip


def test_input_and_event_are_each_others_inverse() -> None:
    event = admitted(full())
    assert replaced(event, as_input(event), known(), now=NOW) == event
    assert admitted(as_input(event, importing=True), importing=True) == event


def test_an_import_may_bring_a_whole_history() -> None:
    event = admitted(
        small(
            status="cancelled",
            cancellation_reason="Visa not issued in time",
            moved_from={"start": "2027-03-09T14:30", "end": "2027-03-09T16:00", "reason": "Half-term"},
        ),
        importing=True,
    )
    assert (event.status, event.cancelled_at, event.cancellation_reason) == (
        "cancelled",
        NOW,
        "Visa not issued in time",
    )
    assert event.moved_from is not None
    assert (event.moved_from.start, event.moved_from.at) == ("2027-03-09T14:30", NOW)
    assert admitted(as_input(event, importing=True), importing=True) == event
    assert replaced(event, as_input(event), known(), now=NOW) == event


def test_replacing_keeps_history_and_resets_what_is_left_out() -> None:
    event = admitted(full())
    new = replaced(event, small(title="New"), known(), now=NOW)
    assert (new.id, new.uid, new.created_by, new.status) == (event.id, event.uid, "test", "confirmed")
    assert (new.title, new.speakers, new.recurrence, new.reminders) == ({"en": "New"}, (), None, None)


def test_what_was_read_may_be_sent_back_whole_but_the_services_fields_not_changed() -> None:
    event = admitted(full())
    whole = {**as_input(event), "id": event.id, "revision": 1, "created_at": "2026-11-23T12:00:00Z"}
    assert replaced(event, whole, known(), now=NOW) == event
    with pytest.raises(Invalid) as caught:
        replaced(event, {**whole, "revision": 7}, known(), now=NOW)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/revision", "read-only")]


@pytest.mark.parametrize(
    ("first", "then"), [("confirmed", "draft"), ("confirmed", "cancelled"), ("draft", "cancelled")]
)
def test_a_status_does_not_go(first: str, then: str) -> None:
    with pytest.raises(Invalid) as caught:
        patched(admitted(small(status=first)), {"status": then}, known(), now=NOW)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/status", "status")]


def test_a_cancelled_event_can_be_corrected_but_does_not_come_back() -> None:
    event = admitted(small(status="cancelled"), importing=True)
    assert patched(event, {"notes": "Refund sent"}, known(), now=NOW).status == "cancelled"
    with pytest.raises(Invalid):
        patched(event, {"status": "confirmed"}, known(), now=NOW)


def test_a_patch_changes_what_it_names_and_null_takes_away() -> None:
    event = admitted(full())
    new = patched(
        event, {"title": {"nl-BE": None, "fr": "Classes"}, "place": {"room": "C.1"}, "ects": None}, known(), now=NOW
    )
    assert new.title == {"en": "Multilingual classrooms", "fr": "Classes"}
    assert (new.place.room, new.place.city, new.ects) == ("C.1", event.place.city, None)
    assert patched(event, {}, known(), now=NOW) == event


def test_a_patch_of_the_start_and_a_duration_moves_the_end() -> None:
    event = patched(admitted(small()), {"start": "2027-03-17T09:00", "duration": "PT2H"}, known(), now=NOW)
    assert (event.start, event.end) == ("2027-03-17T09:00", "2027-03-17T11:00")


def test_a_patch_that_leaves_contradictions_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        patched(admitted(full()), {"start": "2027-03-17T14:30", "tilte": None}, known(), now=NOW)
    assert [fault.pointer for fault in caught.value.faults] == ["/end", "/tilte"]


def test_a_patch_as_deep_as_a_well_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"place": deep}
    with pytest.raises(Invalid):
        patched(admitted(small()), deep, known(), now=NOW)


def test_the_reason_of_a_cancellation_passes_the_door() -> None:
    assert (cancellation(None), cancellation({}), cancellation({"reason": " Strike "})) == ("", "", "Strike")
    for wrong, pointer in (
        ({"reason": "a\x00b"}, "/reason"),
        ({"reason": 3}, "/reason"),
        ({"why": "x"}, "/why"),
        ([], ""),
    ):
        with pytest.raises(Invalid) as caught:
            cancellation(wrong)
        assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_a_published_event_says_since_when() -> None:
    assert admitted(small()).published_at is None
    assert admitted(small(status="tentative")).published_at == NOW


def test_the_ids_are_those_that_were_given() -> None:
    event = new_event(small(part_of=OTHER_ID), known(), id=ID, uid="u@x", now=NOW, created_by="key:1")
    assert (event.id, event.uid, event.created_by, event.created_at, event.revision) == (ID, "u@x", "key:1", NOW, 1)
