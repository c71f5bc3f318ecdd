"""`enspired doctor` finds what is wrong, and says what to do."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.cli import checks_machine
from scheduler.clock import tzdata_version
from scheduler.config import load
from scheduler.mail.probe import objection
from scheduler.mail.smtp import Relay
from tests.scheduler.command import Ran, inside
from tests.scheduler.test_inbox_imap import PASSWORD, USER, Mailbox
from tests.service import Service, free_port
from tests.smtp import SmtpSink


def doctor(data: Path, **env: str) -> tuple[Ran, dict[str, dict[str, Any]]]:
    """What it says, by check."""
    ran = inside("doctor", "--json", "--data", data, env=env)
    return ran, {row["check"]: row for row in json.loads(ran.out)}


def test_a_sound_installation_has_no_problem(tmp_path: Path) -> None:
    assert inside("migrate", "--data", tmp_path).code == 0
    (tmp_path / "enspired.sqlite3").chmod(0o600)
    ran, found = doctor(tmp_path)
    assert ran.code == 0
    assert {row["state"] for row in found.values()} == {"ok", "note"}
    assert found.keys() >= {"configuration", "disk", "clock", "time zones", "secrets", "database", "SQLite",
                            "integrity", "schema", "waiting mails", "mail", "public address"}  # fmt: skip
    assert all(row["fix"] for row in found.values() if row["state"] != "ok")


def test_before_the_first_start_it_changes_nothing(tmp_path: Path) -> None:
    ran, found = doctor(tmp_path / "none")
    assert (ran.code, found["database"]["state"]) == (0, "note")
    assert not (tmp_path / "none").exists()


def test_people_get_signs_and_lines(tmp_path: Path) -> None:
    ran = inside("doctor", "--data", tmp_path / "none")
    assert {row[0] for row in ran.rows} == {"✓", "!"}


def test_a_broken_configuration_is_all_it_needs_to_see(tmp_path: Path) -> None:
    ran, found = doctor(tmp_path, ENSPIRED_SERVER__PORT="many")
    assert (ran.code, list(found)) == (3, ["configuration"])
    assert "ENSPIRED_SERVER__PORT" in found["configuration"]["detail"]


def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "enspired.sqlite3").write_text("no database at all, but a text\n" * 50)
    ran, found = doctor(tmp_path)
    assert (ran.code, found["database"]["state"]) == (3, "problem")


def test_an_empty_database_lacks_its_schema(tmp_path: Path) -> None:
    (tmp_path / "enspired.sqlite3").touch(mode=0o600)
    ran, found = doctor(tmp_path)
    assert (ran.code, found["schema"]["fix"]) == (3, "enspired migrate")


def test_a_database_that_others_can_read_is_a_problem(tmp_path: Path) -> None:
    assert inside("migrate", "--data", tmp_path).code == 0
    tmp_path.chmod(0o755)
    (tmp_path / "enspired.sqlite3").chmod(0o644)
    ran, found = doctor(tmp_path)
    assert (ran.code, found["secrets"]["state"]) == (3, "problem")
    assert found["secrets"]["fix"].startswith("chmod 600 ")


def test_a_password_in_a_file_that_others_can_read_is_a_problem(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = tmp_path / "mine.toml"
    file.write_text('[security]\nsecret_key = "0123456789abcdef0123456789abcdef"\n')
    file.chmod(0o644)
    ran = inside("doctor", "--json", "--config", file, "--data", tmp_path / "none")
    assert ran.code == 3
    assert f"chmod 600 {file}" in ran.out


def test_an_smtp_server_that_is_away_is_a_problem_and_one_that_answers_is_none(
    tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    settings = {
        "ENSPIRED_MAIL__TRANSPORT": "smtp",
        "ENSPIRED_MAIL__HOST": "127.0.0.1",
        "ENSPIRED_MAIL__SECURITY": "none",
        "ENSPIRED_MAIL__FROM_ADDRESS": "agenda@example.org",
    }
    ran, found = doctor(tmp_path / "none", ENSPIRED_MAIL__PORT=str(free_port()), **settings)
    assert (ran.code, found["mail"]["state"]) == (3, "problem")
    ran, found = doctor(tmp_path / "none", ENSPIRED_MAIL__PORT=str(smtp_sink.port), **settings)
    assert (ran.code, found["mail"]["state"]) == (0, "ok")
    assert smtp_sink.received == []


async def test_a_server_without_encryption_is_no_relay_for_starttls(smtp_sink: SmtpSink) -> None:
    relay = Relay(host="127.0.0.1", port=smtp_sink.port, security="starttls")
    assert "STARTTLS" in await objection(relay, "agenda@example.org")


def test_a_public_address_that_leads_elsewhere_is_a_problem_while_the_service_runs(service: Service) -> None:
    service.start()
    env = {"ENSPIRED_SERVER__PUBLIC_URL": f"http://127.0.0.1:{free_port()}"}
    ran, found = doctor(service.data, **env)
    assert (ran.code, found["public address"]["state"]) == (3, "problem")
    ran, found = doctor(service.data, ENSPIRED_SERVER__PUBLIC_URL=service.url)
    assert (ran.code, found["public address"]["state"]) == (0, "note")


def test_a_clock_that_went_back_is_seen_by_the_database(tmp_path: Path) -> None:
    assert inside("migrate", "--data", tmp_path).code == 0
    later = time.monotonic() + datetime(2099, 1, 1, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "enspired.sqlite3", (later, later))
    ran, found = doctor(tmp_path)
    assert (ran.code, found["clock"]["state"]) == (3, "problem")


@pytest.mark.parametrize(("years", "state"), [(-10, "problem"), (0, "ok")])
def test_a_clock_before_our_time_zone_data_is_wrong(tmp_path: Path, years: int, state: str) -> None:
    config = load(environ={}, options={"database.url": f"sqlite:///{tmp_path}/x"})
    year = int(tzdata_version()[:4])
    found = {one.check: one for one in checks_machine.check_machine(config, datetime(year + years, 6, 1, tzinfo=UTC))}
    assert found["clock"].state == state


@pytest.mark.parametrize(("days", "state"), [(0, "ok"), (500, "note"), (1200, "problem")])
def test_old_time_zone_data_are_noticed(tmp_path: Path, days: int, state: str) -> None:
    config = load(environ={}, options={"database.url": f"sqlite:///{tmp_path}/x"})
    now = datetime(int(tzdata_version()[:4]), 6, 1, tzinfo=UTC) + timedelta(days=days)
    found = {one.check: one for one in checks_machine.check_machine(config, now)}
    assert found["time zones"].state == state


def mailbox_settings(port: int, **more: str) -> dict[str, str]:
    """A mailbox on this machine that answers are fetched from."""
    values = {"mode": "imap", "address": "agenda+{token}@reply.example.org", "host": "127.0.0.1", "port": str(port),
              "security": "none", "username": USER, "password": PASSWORD, **more}  # fmt: skip
    return {f"ENSPIRED_REPLIES__{name.upper()}": value for name, value in values.items()}


def test_the_mailbox_of_answers_is_tried_and_nothing_in_it_is_touched(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as mailbox:
        mailbox.start()
        mailbox.put(b"Subject: one\r\n\r\nbody\r\n")
        _, found = doctor(tmp_path / "none", **mailbox_settings(mailbox.port))
        assert found["answers"]["state"] == "ok"
        assert f"port {mailbox.port}: the folder INBOX of agenda can be read" in found["answers"]["detail"]
        assert len(mailbox.found("UNSEEN")) == 1
        for wrong, words in (
            ({"password": "another"}, "the name or the password is not accepted"),
            ({"folder": "Elsewhere"}, "there is no such folder"),
            ({"security": "tls"}, "no connection: SSLError"),
        ):
            ran, found = doctor(tmp_path / "none", **mailbox_settings(mailbox.port, **wrong))
            assert (ran.code, found["answers"]["state"]) == (3, "problem")
            assert words in found["answers"]["detail"]
            assert "[replies] host, port" in found["answers"]["fix"]
            assert PASSWORD not in ran.out


def test_a_mailbox_that_nobody_serves_is_a_problem(tmp_path: Path) -> None:
    ran, found = doctor(tmp_path / "none", **mailbox_settings(free_port()))
    assert (ran.code, found["answers"]["state"]) == (3, "problem")
    assert "no connection: ConnectionRefusedError" in found["answers"]["detail"]
