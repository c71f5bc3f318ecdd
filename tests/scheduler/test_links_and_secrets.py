"""Links that act for somebody, and secrets: none can be made up, none is stored as it is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.model.ids import first_id, new_id
from scheduler.model.links import Links
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
