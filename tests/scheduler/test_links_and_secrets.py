"""Links that act for somebody, and secrets: none can be made up, none is stored as it is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.config.replies import LONGEST_PREFIX
from scheduler.model.address import normal_address
from scheduler.model.ids import first_id, new_id
from scheduler.model.links import Links
from scheduler.model.machine_addresses import MachineAddresses
from scheduler.model.secret import hashed, new_secret, new_token

LINKS = Links("https://agenda.example.org/", "a secret of the service")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def token(registration_id: str, links: Links = LINKS) -> str:
    return links.attendee(registration_id).rpartition("/")[2]


def test_an_attendees_link_leads_back_to_the_registration() -> None:
    key = new_id(NOW)
    assert LINKS.attendee(key).startswith("https://agenda.example.org/r/")
    assert LINKS.registration_of(token(key)) == key


@given(st.text(max_size=60))
def test_no_other_text_opens_a_registration(text: str) -> None:
    assert LINKS.registration_of(text) is None


def test_a_changed_link_or_one_of_another_service_opens_nothing() -> None:
    good = token("01abc")
    for place in range(len(good)):
        wrong = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        assert LINKS.registration_of(wrong) is None, place
    assert LINKS.registration_of(token("01abc", Links("https://agenda.example.org", "another secret"))) is None


MACHINE = Links("https://agenda.example.org", "a secret of the service", replies="Agenda+{token}@Reply.example.org")


def test_an_address_that_a_machine_reads_leads_back_in_whatever_case_and_fits_a_mail_server() -> None:
    key = new_id(NOW)
    for address, back in (
        (MACHINE.reply_address(key), MACHINE.registration_of_reply),
        (MACHINE.bounce_address(key), MACHINE.message_of_bounce),
    ):
        assert back(address) == back(address.upper()) == key
        assert normal_address(address) == address
        longest = MachineAddresses("x" * LONGEST_PREFIX + "{token}@example.org", "secret").make("reply", key)
        assert len(longest.partition("@")[0]) == 64
    assert MACHINE.reply_address(key) != MACHINE.bounce_address(key)
    assert MACHINE.machine.found_in(f"Ana <{MACHINE.reply_address(key).upper()}>, x@y") == (MACHINE.reply_address(key),)


def test_no_other_address_is_read_by_the_machine() -> None:
    key, other = new_id(NOW), new_id(NOW)
    good = MACHINE.reply_address(key)
    elsewhere = Links("https://agenda.example.org", "another secret", replies=MACHINE.machine.pattern)
    forged = [
        good.replace(key, other),
        good.replace("+r", "+b"),
        good[: good.index("@") - 1] + ("a" if good[good.index("@") - 1] != "a" else "b") + good[good.index("@") :],
        good + ".evil.example",
        "x" + good,
        good.replace("@", "@evil.example@"),
        elsewhere.reply_address(key),
        "",
        "agenda+@reply.example.org",
    ]
    for address in forged:
        assert MACHINE.registration_of_reply(address) is None, address
        assert not MACHINE.machine.ours(address), address
    assert MACHINE.message_of_bounce(good) is None
    assert MACHINE.registration_of_reply(MACHINE.bounce_address(key)) is None


def test_where_no_mail_is_read_there_are_no_such_addresses() -> None:
    key = new_id(NOW)
    assert (LINKS.reply_address(key), LINKS.bounce_address(key)) == ("", "")
    assert LINKS.registration_of_reply(MACHINE.reply_address(key)) is None
    kept = Links("https://agenda.example.org", "a secret", replies=MACHINE.machine.pattern, bounces=False)
    assert kept.reply_address(key)
    assert kept.bounce_address(key) == ""


@given(st.text(max_size=80))
def test_no_text_is_an_address_of_the_machine(text: str) -> None:
    assert not MACHINE.machine.ours(text)
    assert not MACHINE.machine.ours(f"agenda+{text}@reply.example.org")


@pytest.mark.parametrize("strange", ["a/b", "a?b#c", "../x", "é"])
def test_a_token_cannot_leave_its_place_in_the_address(strange: str) -> None:
    address = LINKS.sign_in(strange)
    assert address.startswith("https://agenda.example.org/console/sign-in/")
    assert not set("/?#") & set(address.removeprefix("https://agenda.example.org/console/sign-in/"))


def test_secrets_are_random_and_only_their_hash_is_kept() -> None:
    secret, prefix, kept = new_secret("key")
    assert secret.startswith(f"enspired_key_{prefix}_")
    assert kept == hashed(secret)
    assert secret[-43:] not in kept
    assert len({new_secret("key")[0] for _ in range(100)} | {new_token() for _ in range(100)}) == 200
    assert len(new_token()) >= 43  # 256 bits


def test_ids_sort_by_time_and_never_repeat() -> None:
    made = [new_id(NOW + timedelta(milliseconds=step)) for step in range(100)]
    assert made == sorted(made)
    assert len({new_id(NOW) for _ in range(1000)}) == 1000
    assert new_id(NOW - timedelta(milliseconds=1)) < first_id(NOW) <= new_id(NOW)
    assert all(len(one) == 26 for one in made)
