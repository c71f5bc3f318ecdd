"""An answer to an invitation is read exactly, or refused by name; nothing that a stranger sends is more than that."""

import time
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from feeds.entry import Attendee, Entry
from feeds.invite import request
from feeds.reply import MOST_BYTES, Reply, UnreadableReply, Why, read_reply

STAMP = "20261123T115800Z"
NAMES = set(get_args(Why))
LINES = (
    "BEGIN:VCALENDAR",
    "METHOD:REPLY",
    "VERSION:2.0",
    "BEGIN:VEVENT",
    "UID:e1@agenda.example.org",
    f"DTSTAMP:{STAMP}",
    "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.org",
    "END:VEVENT",
    "END:VCALENDAR",
)


def answer(*more: str, without: str = "", instead: tuple[str, str] = ("", "")) -> bytes:
    """A plain answer with `more` lines in its event, `without` lines that begin so, with a piece of text replaced."""
    lines = [line for line in LINES if not without or not line.startswith(without)]
    lines[-2:-2] = more
    return "".join(f"{line.replace(*instead) if instead[0] else line}\r\n" for line in lines).encode()


def one(data: bytes) -> Reply:
    """The only answer in it."""
    (found,) = read_reply(data)
    return found


def why(data: bytes) -> str:
    """The name of the reason why it is no answer."""
    with pytest.raises(UnreadableReply) as caught:
        read_reply(data)
    return caught.value.why


def named(data: bytes) -> set[str]:
    """The name of the refusal; nothing for an answer. Whatever else is raised fails the test."""
    try:
        read_reply(data)
    except UnreadableReply as error:
        return {error.why}
    return set()


def test_an_answer_says_who_what_when_and_for_which_event() -> None:
    assert one(answer("SEQUENCE:3", "COMMENT:Ziek\\, sorry\\nTot later")) == Reply(
        uid="e1@agenda.example.org",
        address="ana@example.org",
        answer="declined",
        stamp=datetime(2026, 11, 23, 11, 58, tzinfo=UTC),
        sequence=3,
        comment="Ziek, sorry Tot later",
    )


def test_an_answer_made_from_our_own_invitation_by_another_library_is_read() -> None:
    start = datetime(2027, 3, 16, 14, 30)  # noqa: DTZ001  # wall time
    entry = Entry(
        uid="e1@agenda.example.org", sequence=2, stamp=datetime(2026, 11, 23, tzinfo=UTC), summary="Klassen",
        modified=datetime(2026, 11, 23, tzinfo=UTC), start=start, end=start.replace(hour=16), zone="Europe/Brussels",
    )  # fmt: skip
    invited = Attendee(address="ana@example.org", name="Pérez; Ana", reply_wanted=True)
    theirs = Calendar.from_ical(request(entry, Attendee(address="agenda+x@reply.example.org", name="A"), invited))
    theirs["METHOD"] = "REPLY"
    for event in theirs.walk("VEVENT"):
        event["ATTENDEE"].params["PARTSTAT"] = "TENTATIVE"
        event.add("COMMENT", "Misschien, we zien wel")
    found = one(theirs.to_ical())
    assert (found.uid, found.address, found.answer) == (entry.uid, "ana@example.org", "tentative")
    assert (found.sequence, found.comment) == (2, "Misschien, we zien wel")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("RECURRENCE-ID:20270316T133000Z", datetime(2027, 3, 16, 13, 30, tzinfo=UTC)),
        ("RECURRENCE-ID;TZID=Europe/Brussels:20270316T143000", datetime(2027, 3, 16, 13, 30, tzinfo=UTC)),
        ("RECURRENCE-ID;TZID=Romance Standard Time:20270716T143000", datetime(2027, 7, 16, 12, 30, tzinfo=UTC)),
        ("RECURRENCE-ID;VALUE=DATE:20270316", date(2027, 3, 16)),
    ],
)
def test_an_answer_about_one_date_of_a_series_says_which(line: str, wanted: datetime | date) -> None:
    assert one(answer(line)).date == wanted


def test_one_mail_may_answer_about_several_dates() -> None:
    event = b"".join(answer("RECURRENCE-ID:20270323T133000Z").splitlines(keepends=True)[3:-1])
    two = answer("RECURRENCE-ID:20270316T133000Z").replace(b"END:VCALENDAR", event + b"END:VCALENDAR")
    assert [reply.date for reply in read_reply(two)] == [
        datetime(2027, 3, 16, 13, 30, tzinfo=UTC),
        datetime(2027, 3, 23, 13, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "attendee",
    [
        "ATTENDEE;PARTSTAT=DECLINED:MAILTO:Ana@Example.ORG",
        'ATTENDEE;PARTSTAT=declined;CN="Pérez, Ana":mailto:ana@example.org ',
        'ATTENDEE;PARTSTAT=DECLINED:"mailto:ana@example.org"',
        "ATTENDEE;PARTSTAT=DECLINED:mailto:ana%40example.org",
        "ATTENDEE;PARTSTAT=DECLINED;EMAIL=ana@example.org:urn:uuid:4e1f",
    ],
)
def test_the_attendee_is_found_however_programs_write_the_address(attendee: str) -> None:
    assert one(answer(attendee, without="ATTENDEE")).address == "ana@example.org"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", "no-calendar"),
        (b"<!doctype html><p>Hello", "no-calendar"),
        (answer(without="METHOD"), "not-a-reply"),
        (answer(instead=("METHOD:REPLY", "METHOD:REQUEST")), "not-a-reply"),
        (answer(instead=("METHOD:REPLY", "METHOD:COUNTER")), "not-a-reply"),
        (answer(instead=("VEVENT", "VTODO")), "no-event"),
        (answer(without="UID"), "no-uid"),
        (answer(f"UID:{'x' * 256}", without="UID"), "no-uid"),
        (answer(without="ATTENDEE"), "no-attendee"),
        (answer("ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org"), "several-attendees"),
        (answer("ATTENDEE;PARTSTAT=DECLINED:tel:+32", without="ATTENDEE"), "no-attendee"),
        (answer("ATTENDEE;PARTSTAT=DECLINED:mailto:ana%0D%0ARCPT@x", without="ATTENDEE"), "no-attendee"),
        (answer(instead=("DECLINED", "NEEDS-ACTION")), "no-answer"),
        (answer(instead=("DECLINED", "DELEGATED")), "no-answer"),
        (answer(instead=(";PARTSTAT=DECLINED", "")), "no-answer"),
        (answer(without="DTSTAMP"), "no-stamp"),
        (answer("DTSTAMP:yesterday", without="DTSTAMP"), "no-stamp"),
        (answer("RECURRENCE-ID:20270316T133000"), "unreadable-date"),
        (answer("RECURRENCE-ID;TZID=Nowhere/At_All:20270316T133000"), "unreadable-date"),
        (answer("RECURRENCE-ID;RANGE=THISANDFUTURE:20270316T133000Z"), "unreadable-date"),
        (answer() + answer(instead=("e1@", "e2@")), ""),
        (b"x" * (MOST_BYTES + 1), "too-large"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X-A\r\n" * 10_000, "too-large"),
        (b"BEGIN:VCALENDAR\r\n" + b"A:1\r\n" * 10_000, "too-large"),
        (answer(*["BEGIN:VEVENT", "END:VEVENT"] * 60), "too-large"),
    ],
)
def test_everything_else_is_refused_by_name(data: bytes, wanted: str) -> None:
    if not wanted:
        assert one(data).uid == "e1@agenda.example.org"  # the first calendar counts, a second one is not looked at
        return
    assert why(data) == wanted
    assert wanted in NAMES


def test_answers_about_two_events_or_of_two_people_are_refused() -> None:
    event = b"".join(answer().splitlines(keepends=True)[3:-1])
    for old, new, reason in ((b"e1@", b"e2@", "several-uids"), (b"ana@", b"bob@", "several-attendees")):
        both = answer().replace(b"END:VCALENDAR", event.replace(old, new) + b"END:VCALENDAR")
        assert why(both) == reason


def test_a_comment_is_short_and_printable_whatever_was_sent() -> None:
    comment = one(answer("COMMENT:" + "a\u0000\u202eb\x07 " * 2000)).comment
    assert 0 < len(comment) <= 500
    assert comment.isprintable()


@given(st.binary(max_size=2000))
def test_no_octets_raise_anything_but_the_named_refusal(data: bytes) -> None:
    assert named(data) <= NAMES
    assert named(answer().replace(b"DECLINED", data)) <= NAMES


@given(
    st.lists(st.sampled_from([*LINES, 'RECURRENCE-ID;TZID="', "SEQUENCE:-1", "UID:", ";;;:", "DTSTAMP:0"]), max_size=40)
)
def test_no_order_of_lines_raises_anything_but_the_named_refusal(lines: list[str]) -> None:
    assert named("\r\n".join(lines).encode()) <= NAMES


@pytest.mark.parametrize("sign", [";", ":", "\\", '"', ",", " ", "\r\n ", "^", "=", "%41"])
def test_hostile_signs_cost_time_in_proportion_only(sign: str) -> None:
    body = sign * (60_000 // len(sign))
    before = time.process_time()
    for name in ("ATTENDEE", "ATTENDEE;PARTSTAT=", "UID", "COMMENT", "RECURRENCE-ID;TZID=", "DTSTAMP"):
        try:
            read_reply(answer(f"{name}{body}", f"{name}:{body}"))
        except UnreadableReply:
            continue
    assert time.process_time() - before < 2
