"""An attendee, from the form on an event's page to giving the place back, with a browser without script."""

import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.arrivals import A_FEW_SECONDS, full_minute, wait_until
from tests.organiser import Organiser, starting
from tests.proofs.relaying import ALWAYS_REMIND
from tests.service import Service
from tests.sink import arrival
from tests.visitor import Mailbox, Page, Visitor, personal_link, words_of

MINUTE = timedelta(minutes=1)


class Place(Struct, frozen=True):
    """A running service with everybody who has to do with it."""

    organiser: Organiser
    visitor: Visitor
    mailbox: Mailbox

    def sign_up(self, found: dict[str, Any], email: str, language: str = "en", **typed: str) -> Page:
        """Open an event's page in a language, fill in its form and send it."""
        page = self.visitor.open(f"/{language}/events/{found['id']}")
        return self.visitor.submit(page, "/register", name="Amal Haddad", email=email, **typed)

    def confirmed(self, found: dict[str, Any], email: str) -> str:
        """Sign up and confirm; the address of the attendee's own page."""
        self.sign_up(found, email)
        link = personal_link(self.mailbox.wait_for(email, "confirm-address"))
        self.visitor.submit(self.visitor.open(link), "/confirm")
        return link

    def states(self, found: dict[str, Any]) -> list[str]:
        """The states of an event's registrations, in the order in which people came."""
        items = self.organiser.send("GET", f"/api/v1/events/{found['id']}/registrations")["items"]
        return [item["state"] for item in items]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service that writes its mails into a folder, as it does until it is given a mail server."""
    folder: Path = tmp_path_factory.mktemp("attendee")
    with Service(folder / "data", env=ALWAYS_REMIND) as service:
        key = service.new_key()
        service.start()
        with Organiser(service.url, key) as organiser, Visitor(service.url) as visitor:
            yield Place(organiser, visitor, Mailbox(service.data / "mail"))


@pytest.mark.proof
def test_from_the_form_over_the_link_and_the_reminder_to_giving_the_place_back(place: Place) -> None:
    due = full_minute(arrival() + timedelta(seconds=15))
    found = place.organiser.create(**starting(due + MINUTE), reminders=["PT1M"], seats={"on_site": 1})
    email = "amal@example.org"

    thanks = place.sign_up(found, email)
    assert thanks.status == 200
    assert thanks.url.endswith("/registered")
    mail = place.mailbox.wait_for(email, "confirm-address")
    link = personal_link(mail)

    for _ in range(2):  # as the scanner of a mail server does
        assert place.visitor.open(link).status == 200
        assert place.visitor.http.head(link).status_code == 200
    assert place.states(found) == ["pending"]
    assert len(place.mailbox.mails(email)) == 1

    place.visitor.submit(place.visitor.open(link), "/confirm")
    assert place.states(found) == ["confirmed"]
    confirmation = place.mailbox.wait_for(email, "confirmation")
    assert arrival() < due, "this machine was too slow to register before the instant"
    assert personal_link(confirmation) == link

    wait_until(due)
    reminder = place.mailbox.wait_for(email, "reminder", A_FEW_SECONDS.total_seconds())
    assert personal_link(reminder) == link
    assert found["title"]["en"] in words_of(reminder)

    asked = place.visitor.open(f"{link}/withdraw")
    assert place.states(found) == ["confirmed"]
    gone = place.visitor.submit(asked, "/withdraw")
    assert gone.status == 200
    assert place.states(found) == ["cancelled"]
    place.mailbox.wait_for(email, "withdrawal")
    causes = [str(one["X-Enspired-Cause"]) for one in place.mailbox.mails(email)]
    assert causes == ["confirm-address", "confirmation", "reminder", "withdrawal"]


def test_confirming_twice_registers_once_and_mails_once(place: Place) -> None:
    found = place.organiser.create()
    place.sign_up(found, "twice@example.org")
    link = personal_link(place.mailbox.wait_for("twice@example.org", "confirm-address"))
    page = place.visitor.open(link)
    for _ in range(2):
        assert place.visitor.submit(page, "/confirm").status == 200
    assert place.states(found) == ["confirmed"]
    place.mailbox.wait_for("twice@example.org", "confirmation")


def test_a_form_that_is_sent_again_and_again_mails_once_and_answers_alike(place: Place) -> None:
    found = place.organiser.create()
    answers = {place.sign_up(found, "often@example.org").html for _ in range(4)}
    assert len(answers) == 1
    assert place.states(found) == ["pending"]
    place.mailbox.wait_for("often@example.org", "confirm-address")


def test_who_is_registered_already_is_not_told_on_by_the_form(place: Place) -> None:
    found = place.organiser.create()
    place.confirmed(found, "known@example.org")
    known = place.sign_up(found, "known@example.org")
    unknown = place.sign_up(found, "unknown@example.org")
    assert known.html == unknown.html


def test_a_wrong_form_is_shown_again_with_what_was_typed(place: Place) -> None:
    found = place.organiser.create()
    page = place.visitor.open(f"/en/events/{found['id']}")
    again = place.visitor.submit(page, "/register", name="Amal Haddad", email="amal at example.org")
    assert again.status == 422
    fields = dict(again.form("/register").fields)
    assert (fields["name"], fields["email"]) == ("Amal Haddad", "amal at example.org")
    assert place.states(found) == []


@pytest.mark.parametrize("language", ["en", "nl", "fr", "es"])
def test_mails_speak_the_language_of_the_page(place: Place, language: str) -> None:
    found = place.organiser.create()
    email = f"{language}@example.org"
    place.sign_up(found, email, language)
    mail = place.mailbox.wait_for(email, "confirm-address")
    assert mail["Content-Language"] == language
    assert f'lang="{language}"' in place.visitor.open(personal_link(mail)).html


def test_the_next_in_line_moves_up_when_a_place_comes_free(place: Place) -> None:
    found = place.organiser.create(seats={"on_site": 1})
    first = place.confirmed(found, "first@example.org")
    second = place.confirmed(found, "second@example.org")
    assert place.states(found) == ["confirmed", "waiting"]
    place.mailbox.wait_for("second@example.org", "waiting")
    place.visitor.submit(place.visitor.open(f"{first}/withdraw"), "/withdraw")
    assert place.states(found) == ["cancelled", "confirmed"]
    place.mailbox.wait_for("second@example.org", "place-free")
    assert place.visitor.open(second).status == 200


def test_reminders_stop_with_one_click_from_a_mail_program_without_cookies(place: Place) -> None:
    found = place.organiser.create()
    link = place.confirmed(found, "quiet@example.org")
    mail = place.mailbox.wait_for("quiet@example.org", "confirmation")
    address = str(mail["List-Unsubscribe"] or f"<{link}/unsubscribe>").strip("<>")
    for _ in range(2):
        request = urllib.request.Request(address, data=b"List-Unsubscribe=One-Click", method="POST")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
    (row,) = place.organiser.send("GET", f"/api/v1/events/{found['id']}/registrations")["items"]
    assert (row["state"], row["reminders"]) == ("confirmed", "none")


def test_the_joining_link_is_for_who_is_confirmed(place: Place) -> None:
    canary = "https://meet.example.org/kanarie"
    found = place.organiser.create(format="online", online={"url": canary})
    place.sign_up(found, "online@example.org")
    mail = place.mailbox.wait_for("online@example.org", "confirm-address")
    link = personal_link(mail)
    assert canary not in words_of(mail)
    assert canary not in place.visitor.open(link).html
    assert canary not in place.visitor.open(f"/en/events/{found['id']}").html
    place.visitor.submit(place.visitor.open(link), "/confirm")
    assert canary in words_of(place.mailbox.wait_for("online@example.org", "confirmation"))
    assert canary in place.visitor.open(link).html


def test_a_link_that_is_not_ours_opens_nothing(place: Place) -> None:
    found = place.organiser.create()
    link = place.confirmed(found, "mine@example.org")
    forged = link[:-9] + ("A" if link[-9] != "A" else "B") + link[-8:]
    assert place.visitor.open(forged).status == 404
    assert place.visitor.http.post(f"{forged}/withdraw").status_code == 404
    assert place.states(found) == ["confirmed"]


def test_after_a_cancellation_nobody_registers_and_everybody_knows(place: Place) -> None:
    found = place.organiser.create()
    link = place.confirmed(found, "told@example.org")
    place.sign_up(found, "undecided@example.org")
    pending = personal_link(place.mailbox.wait_for("undecided@example.org", "confirm-address"))
    place.organiser.cancel(found, "The school is closed")
    told = place.mailbox.wait_for("told@example.org", "cancellation")
    assert "The school is closed" in words_of(told)
    assert "The school is closed" in place.visitor.open(link).text
    page = place.visitor.open(f"/en/events/{found['id']}")
    assert [form for form in page.forms if form.action.endswith("/register")] == []
    assert place.visitor.http.post(f"{pending}/confirm").status_code == 409
    assert place.mailbox.mails("undecided@example.org", "confirmation") == []
