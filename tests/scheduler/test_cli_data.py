"""Keys, people, events, registrations and mails from the command line, with and without a running service."""

import json
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from tests.scheduler.command import Ran, inside, process
from tests.service import Service

EVENT = {
    "title": {"en": "Climate data in the classroom", "nl": "Klimaatdata in de klas"},
    "programme": "enspired",
    "kind": "workshop",
    "start": "2040-03-16T14:30",
    "end": "2040-03-16T16:00",
    "timezone": "Europe/Brussels",
}


def add(data: Path, *options: str, **fields: Any) -> Ran:
    """Add an event from standard input."""
    return inside("events", "add", "-", "--data", data, "--json", *options, stdin=json.dumps({**EVENT, **fields}))


def event_id(data: Path, **fields: Any) -> str:
    made = add(data, **fields)
    assert made.code == 0, made.err
    found: str = json.loads(made.out)["id"]
    return found


# ---- No service runs


def test_reading_before_there_is_a_database_says_what_to_do(tmp_path: Path) -> None:
    for words in (["keys", "list"], ["events", "list"], ["mail", "queue"], ["people", "list"]):
        shown = inside(*words, "--data", tmp_path / "none")
        assert (shown.code, shown.out) == (1, "")
        assert "There is no database" in shown.err
        assert "Next: enspired serve" in shown.err
    assert not (tmp_path / "none").exists()


def test_a_key_is_shown_once_listed_by_its_prefix_and_revoked(tmp_path: Path) -> None:
    made = inside("keys", "create", "--programme", "enspired", "--label", "planning", "--data", tmp_path)
    secret = made.out.strip()
    assert re.fullmatch(r"enspired_key_[0-9a-f]{8}_\S+", secret)
    prefix = secret.split("_")[2]
    listed = inside("keys", "list", "--data", tmp_path)
    assert [row[:6] for row in listed.rows] == [[prefix, "organiser", "yes", "enspired", "", "planning"]]
    assert secret not in listed.out
    assert inside("keys", "revoke", prefix, "--data", tmp_path).code == 0
    assert inside("keys", "list", "--data", tmp_path).rows == []
    assert len(inside("keys", "list", "--all", "--data", tmp_path).rows) == 1
    again = inside("keys", "revoke", "ffffffff", "--data", tmp_path)
    assert (again.code, again.err) == (1, "✕ There is no such key.\n")


def test_a_key_needs_the_reach_of_its_role(tmp_path: Path) -> None:
    for options, pointer in (
        ([], "/programmes"),
        (["--role", "host"], "/institutions"),
        (["--programme", "nope"], "/programmes/0"),
        (["--role", "host", "--institution", "nope"], "/institutions/0"),
    ):
        refused = inside("keys", "create", *options, "--data", tmp_path)
        assert (refused.code, refused.out) == (1, "")
        assert f"  {pointer}: " in refused.err


def test_a_key_for_reading_cannot_write(tmp_path: Path) -> None:
    made = inside("keys", "create", "--role", "admin", "--read-only", "--json", "--data", tmp_path)
    assert json.loads(made.out)["writes"] is False


def test_people_are_added_listed_and_given_a_link(tmp_path: Path) -> None:
    added = inside("people", "add", "Olga@Example.org", "--role", "admin", "--name", "Olga", "--data", tmp_path)
    assert added.code == 0
    assert inside("people", "list", "--data", tmp_path).rows[0][:3] == ["olga@example.org", "Olga", "admin"]
    link = inside("people", "sign-in-link", "olga@example.org", "--data", tmp_path)
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/console/sign-in/\S{43}\n", link.out)
    assert inside("people", "add", "olga@example.org", "--role", "admin", "--data", tmp_path).code == 1
    assert inside("people", "sign-in-link", "nobody@example.org", "--data", tmp_path).code == 1
    assert inside("people", "add", "a@example.org,b@example.org", "--role", "admin", "--data", tmp_path).code == 1
    assert inside("people", "add", "a@example.org", "--language", "xx", "--data", tmp_path).code == 2


def test_an_event_is_added_published_and_listed(tmp_path: Path) -> None:
    key = event_id(tmp_path)
    assert inside("events", "list", "--data", tmp_path).rows == [
        [
            "Friday 16 March 2040 · 14:30–16:00 Brussels · UTC+1",
            "workshop",
            "Climate data in the classroom",
            "0 on-site",
            "draft",
            key,
        ]
    ]
    published = inside("events", "publish", key, "--json", "--data", tmp_path)
    assert json.loads(published.out)["status"] == "confirmed"
    (row,) = json.loads(inside("events", "list", "--json", "--data", tmp_path).out)
    assert (row["status"], row["start"], row["timezone"]) == ("confirmed", "2040-03-16T14:30", "Europe/Brussels")


def test_a_dry_run_says_what_would_happen_and_changes_nothing(tmp_path: Path) -> None:
    rehearsed = add(tmp_path, "--dry-run")
    assert rehearsed.code == 0
    assert json.loads(rehearsed.out)["dates"] == ["2040-03-16T13:30:00Z"]
    assert inside("events", "list", "--data", tmp_path).rows == []


def test_all_faults_of_an_event_are_listed(tmp_path: Path) -> None:
    refused = add(tmp_path, kind="worksop", start="2027-03-28T02:30", frobnicate=1)
    assert refused.code == 1
    for words in ("/kind: ", "/start: ", "/frobnicate: ", "Did you mean “workshop”?"):
        assert words in refused.err


@pytest.mark.parametrize("text", ["nonsense", "[1]", "[" * 100_000, "\x00", "{" + " " * 1_048_576])
def test_what_is_no_event_is_a_sentence(tmp_path: Path, text: str) -> None:
    refused = inside("events", "add", "-", "--data", tmp_path, stdin=text)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("✕ The file ")
    assert len(refused.err) < 300


def test_events_are_filtered_by_the_grammar_of_the_agenda(tmp_path: Path) -> None:
    event_id(tmp_path)
    online = event_id(tmp_path, kind="webinar", format="online", start="2040-05-02T14:30", end="2040-05-02T15:30")

    def ids(*options: str) -> list[str]:
        return [row[-1] for row in inside("events", "list", *options, "--data", tmp_path).rows]

    assert ids("--kind", "webinar") == [online]
    assert ids("--format", "online", "--from", "2040-05-01") == [online]
    assert len(ids("--kind", "webinar,workshop")) == 2
    assert len(ids("--kind", "webinar", "--kind", "workshop")) == 2
    assert ids("--to", "2040-01-01") == []
    assert len(ids("--q", "klimaatdata")) == 2
    refused = inside("events", "list", "--kind", "webinnar", "--from", "x", "--data", tmp_path)
    assert refused.code == 1
    assert "Did you mean webinar" in refused.err
    assert "/from: " in refused.err


def test_a_cancellation_asks_first_or_wants_yes(tmp_path: Path) -> None:
    key = event_id(tmp_path, status="confirmed")
    asked = inside("events", "cancel", key, "--data", tmp_path)
    assert asked.code == 1
    assert "add --yes" in asked.err
    rehearsed = inside("events", "cancel", key, "--dry-run", "--json", "--data", tmp_path)
    assert json.loads(rehearsed.out)["status"] == "cancelled"
    assert "confirmed" in inside("events", "list", "--data", tmp_path).out
    assert inside("events", "cancel", key, "--yes", "--reason", "Ill", "--data", tmp_path).code == 0
    assert "cancelled" in inside("events", "list", "--data", tmp_path).out


@pytest.mark.parametrize("words", [["publish"], ["cancel", "--yes"]])
def test_an_unknown_event_is_a_sentence(tmp_path: Path, words: list[str]) -> None:
    refused = inside("events", *words, "nope", "--data", tmp_path)
    assert (refused.code, refused.err) == (1, "✕ There is no such event.\n")


@pytest.mark.parametrize("lang", ["en", "nl", "fr", "es"])
def test_every_mail_can_be_looked_at_in_every_language(tmp_path: Path, lang: str) -> None:
    key = event_id(tmp_path, status="confirmed")
    for cause in ("confirm-address", "confirmation", "waiting", "place-free", "reminder", "cancellation", "withdrawal"):
        shown = inside("mail", "preview", key, "--cause", cause, "--lang", lang, "--data", tmp_path)
        assert shown.code == 0, shown.err
        assert shown.out.startswith("Subject: ")
        assert "Klimaatdata" in shown.out or "Climate data" in shown.out


def test_a_preview_has_both_clocks_and_comes_as_html_or_as_a_message(tmp_path: Path) -> None:
    key = event_id(tmp_path, status="confirmed")
    options = ("mail", "preview", key, "--zone", "Africa/Nairobi", "--data", tmp_path)
    assert "14:30–16:00 Brussels · UTC+1" in inside(*options).out
    assert "16:30–18:00 Nairobi · UTC+3" in inside(*options).out
    assert "<html" in inside(*options, "--html").out
    message = message_from_bytes(inside(*options, "--eml").out.encode(), policy=default)
    assert message["X-Enspired-Cause"] == "reminder"
    assert message["To"] == "attendee@example.org"
    assert json.loads(inside(*options, "--json").out).keys() == {"subject", "text", "html"}
    assert inside("mail", "queue", "--data", tmp_path).rows == []


def test_a_preview_of_what_there_is_not_is_a_sentence(tmp_path: Path) -> None:
    key = event_id(tmp_path)
    assert "There is no event" in inside("mail", "preview", "nope", "--data", tmp_path).err
    refused = inside("mail", "preview", key, "--lang", "xx", "--zone", "Mars/Olympus", "--data", tmp_path)
    assert (refused.code, len(refused.err.splitlines())) == (1, 3)


def test_retrying_when_nothing_was_given_up_is_harmless(tmp_path: Path) -> None:
    inside("migrate", "--data", tmp_path)
    assert json.loads(inside("mail", "retry", "--json", "--data", tmp_path).out) == {"retried": 0}
    assert inside("mail", "retry", "nope", "--data", tmp_path).code == 1
    assert inside("mail", "queue", "--failed", "--data", tmp_path).err == "No mail was given up.\n"


# ---- A service runs


def test_writes_go_to_the_running_service_and_are_there_at_once(service: Service) -> None:
    service.start()
    data = service.data
    secret = inside("keys", "create", "--role", "admin", "--data", data).out.strip()
    assert service.ask("GET", "/api/v1/events", key=secret)[0] == 200
    key = event_id(data, status="confirmed")
    assert service.ask("GET", f"/api/v1/events/{key}")[0] == 200
    link = inside("people", "add", "olga@example.org", "--role", "admin", "--data", data)
    assert link.code == 0
    link = inside("people", "sign-in-link", "olga@example.org", "--data", data)
    assert link.out.startswith(f"{service.url}/console/sign-in/")
    assert inside("keys", "revoke", secret.split("_")[2], "--data", data).code == 0
    assert service.ask("GET", "/api/v1/events", key=secret)[0] == 401


def test_registrations_are_listed_without_names_unless_asked_for(service: Service) -> None:
    service.start()
    data = service.data
    secret = inside("keys", "create", "--role", "admin", "--data", data).out.strip()
    key = event_id(data, status="confirmed")
    person = {"name": "Amina Otieno", "email": "amina@example.org", "language": "en"}
    assert service.ask("POST", f"/api/v1/events/{key}/registrations", person, secret)[0] == 201
    listed = inside("registrations", "list", key, "--data", data)
    assert listed.rows[0][1:5] == ["confirmed", "on-site", "1", "en"]
    assert "mina" not in listed.out
    assert "amina@example.org" in inside("registrations", "list", key, "--names", "--data", data).out
    assert inside("registrations", "list", "nope", "--data", data).code == 1
    told = inside("events", "cancel", key, "--dry-run", "--json", "--data", data)
    assert json.loads(told.out)["mails"] == {"cancellation": 1}


def test_a_full_queue_of_writers_beside_the_service_loses_nothing(service: Service) -> None:
    service.start()
    made = [process("keys", "create", "--role", "admin", "--data", service.data) for _ in range(3)]
    assert {one.code for one in made} == {0}
    assert len(inside("keys", "list", "--data", service.data).rows) == 3
