"""Mails made from a form are, octet by octet, those made the long way."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scheduler.mail.compose import Mail, envelope
from scheduler.mail.conversation import stuffed
from scheduler.mail.letter import Letter
from scheduler.mail.press import Press
from scheduler.mail.writer import Writer
from scheduler.texts import load_catalogues
from tests.scheduler.letters import letter, visit_letter

WRITER = Writer(load_catalogues())
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=120)
BOUNCES = "agenda+b.1@bounce.example.org"


def the_long_way(one: Letter, return_path: str = "") -> object:
    return envelope(replace(WRITER.write(one), return_path=return_path))


def the_press(press: Press, one: Letter, return_path: str = "") -> object:
    """The press's mail; how it says that it travels is how it has to."""
    made = press.envelope(one, return_path)
    assert made.stuffed in {b"", stuffed(made.data)}
    return replace(made, stuffed=b"")


def to(one: Letter, number: int, **changes: object) -> Letter:
    """The same letter to somebody else, with links of another length."""
    manage = f"https://agenda.example.org/r/{number * 7919:x}{'.' * (number % 3)}"
    own = {
        name: f"{manage}/{name}"
        for name in one.links.__struct_fields__
        if name not in {"event", "sign_in"} and getattr(one.links, name)
    }
    assert one.registration
    registration = replace(
        one.registration, id=f"{number}", name=f"Person {number}", email=f"p{number}@example.org", **changes
    )
    return replace(
        one,
        recipient=f"p{number}@example.org",
        message_id=f"<{number}@agenda.example.org>",
        date=one.date + timedelta(minutes=number),
        links=replace(one.links, sign_in="", **own),
        registration=registration,
    )


class Counting:
    """Wording, and how often it was asked for."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, one: Letter) -> Mail:
        self.count += 1
        return WRITER.write(one)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_form_gives_the_octets_of_the_long_way_for_any_letter(data: st.DataObject) -> None:
    press = Press(WRITER.write)
    make = data.draw(st.sampled_from([letter, visit_letter]))
    one = make(data.draw(st.sampled_from(["reminder", "follow-up"])), data.draw(st.sampled_from(["en", "nl", "fr"])))
    assert one.event
    event = replace(
        one.event, title={"en": data.draw(TEXT)}, place=replace(one.event.place, room=data.draw(TEXT | st.just("")))
    )
    one = replace(one, event=event, facts=data.draw(st.sampled_from([{}, {"waiting": "1"}, {"waiting": "9"}])))
    for number in range(3):
        mode = data.draw(st.sampled_from(["online", "on-site"]))
        zone = data.draw(st.sampled_from(["", "Africa/Nairobi", "America/Guayaquil"]))
        asked = replace(to(one, number, mode=mode, vouched=data.draw(st.booleans())), timezone=zone)
        for _ in range(2):
            assert the_press(press, asked, BOUNCES) == the_long_way(asked, BOUNCES)


@pytest.mark.parametrize("cause", ["reminder", "follow-up"])
def test_a_crowd_is_worded_once_for_each_kind_of_reader(cause: str) -> None:
    counting = Counting()
    press = Press(counting)
    kinds = [(mode, zone) for mode in ("online", "on-site") for zone in ("Europe/Brussels", "Africa/Nairobi")]
    base = letter(cause, "nl")  # type: ignore[arg-type]
    for number in range(200):
        mode, zone = kinds[number % 4]
        press.envelope(replace(to(base, number, mode=mode), timezone=zone))
    assert counting.count <= 4 * 2  # once the long way, once as a form


def test_dots_that_come_to_stand_first_in_a_line_are_told_of() -> None:
    press = Press(WRITER.write)
    base = letter("reminder", "en")
    for filling in ("x" * 150, "." * 150, "x" * 150):
        manage = f"https://agenda.example.org/r/{filling}"
        one = to(base, 1)
        one = replace(one, links=replace(one.links, **dict.fromkeys(("manage", "withdraw", "stop_all"), manage)))
        for _ in range(2):
            assert the_press(press, one) == the_long_way(one)
        assert bool(press.envelope(one).stuffed) == (filling[0] == "x")


def test_dots_that_stand_first_in_a_line_for_everybody_are_doubled_once() -> None:
    press = Press(WRITER.write)
    base = letter("reminder", "en")
    assert base.event
    one = to(replace(base, event=replace(base.event, title={"en": "." * 200})), 1)
    for _ in range(2):
        assert the_press(press, one) == the_long_way(one)
    made = press.envelope(one)
    assert b"\n..." in made.stuffed
    assert made.stuffed != made.data + b".\r\n"


def test_a_change_told_to_a_waiting_list_is_worded_once() -> None:
    counting = Counting()
    press = Press(counting)
    base = replace(letter("update", "es"), calendar=None)
    for number in range(20):
        asked = to(base, number, state="waiting")
        assert the_press(press, asked) == the_long_way(asked)
    assert counting.count == 2  # once the long way, once as a form


def test_whatever_the_words_hang_on_makes_another_form() -> None:
    press = Press(WRITER.write)
    base = letter("reminder", "en")
    assert base.event
    moved = replace(base, event=replace(base.event, title={"en": "Another title"}))
    later = replace(base, now=base.now - timedelta(days=3))
    seated = to(base, 4, mode="on-site")
    for one in (to(base, 1), to(moved, 2), to(later, 3), seated, to(replace(base, reply_to=""), 5), to(base, 6)):
        assert the_press(press, one) == the_long_way(one)


def test_what_fits_no_form_goes_the_long_way() -> None:
    press = Press(WRITER.write)
    base = to(letter("reminder", "en"), 1)
    strange = [
        replace(
            base, recipient="o'neill.with.a.very.long.name.that.nobody.has.but.who.knows@a-long-domain.example.org"
        ),
        replace(base, links=replace(base.links, manage='https://agenda.example.org/?a=1&b="2"')),
        replace(base, registration=None),
        to(letter("cancellation", "fr"), 2),
    ]
    press.envelope(base)
    for one in strange:
        assert the_press(press, one) == the_long_way(one)
