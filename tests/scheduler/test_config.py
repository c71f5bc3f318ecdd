"""What overrides what in the configuration, where secrets come from, and what is shown of them."""

from pathlib import Path

import pytest

from scheduler.config import load
from tests.scheduler.configuration import Write, only_problem


def test_file_environment_and_options_override_in_that_order(write_config: Write) -> None:
    path = write_config("[server]\nport = 1\nworkers = 1\nmax_body_bytes = 2048\nhost = '::1'\n")
    environ = {"ENSPIRED_SERVER__PORT": "2", "ENSPIRED_SERVER__MAX_BODY_BYTES": "4096"}
    config = load(path, environ, {"server.port": 3})
    assert (config.server.port, config.server.max_body_bytes, config.server.host) == (3, 4096, "::1")
    assert {key: config.sources[f"server.{key}"] for key in ("port", "max_body_bytes", "host", "public_url")} == {
        "port": "option",
        "max_body_bytes": "environment",
        "host": "file",
        "public_url": "default",
    }
    assert config.file == path


def test_the_environment_carries_numbers_lists_tables_and_empty_text() -> None:
    config = load(
        environ={
            "ENSPIRED_REMINDERS__DEFAULT": '["P2D"]',
            "ENSPIRED_REMINDERS__RETRY_MINUTES": "[2, 4]",
            "ENSPIRED_FEEDS__NAMES": '{ nl = "Onze agenda" }',
            "ENSPIRED_FEEDS__PAST_DAYS": " 7 ",
            "ENSPIRED_MAIL__FROM_NAME": "",
            "ENSPIRED_OPERATOR__NAME": "123",
            "ENSPIRED_CONFIG": "ignored: another program's or the command's own",
            "HOME": "/",
        }
    )
    assert config.reminders.default == ("P2D",)
    assert config.reminders.retry_minutes == (2, 4)
    assert config.feeds.names["nl"] == "Onze agenda"
    assert config.feeds.names["en"] == "eNSPIRED agenda"
    assert config.feeds.past_days == 7
    assert config.mail.from_name == ""
    assert config.operator.name == "123"


def test_a_table_entry_is_merged_field_by_field_added_or_removed(write_config: Write) -> None:
    text = """
[[kinds]]
key = "webinar"
names = { nl = "Webinarie" }
[[kinds]]
key = "hackathon"
names = { en = "Hackathon" }
[[kinds]]
key = "seminar"
remove = true
"""
    config = load(write_config(text), {})
    assert config.kind("webinar").names["nl"] == "Webinarie"
    assert config.kind("webinar").names["fr"] == "Webinaire"
    assert config.kind("webinar").reminders == ("P1D", "PT1H")
    assert config.name("kinds", "hackathon", "nl") == "Hackathon"
    assert "seminar" not in config.kinds
    assert config.sources["kinds.webinar"] == "file"
    assert config.sources["kinds.workshop"] == "default"
    assert "kinds.seminar" not in config.sources


def test_relative_paths_start_from_the_file_that_names_them(write_config: Write, tmp_path: Path) -> None:
    path = write_config("[mail]\nfolder = 'post'\n[database]\nurl = 'sqlite:///a/b.sqlite3'\n")
    config = load(path, {})
    assert config.mail.folder == str(tmp_path / "post")
    assert config.database.url == f"sqlite:///{tmp_path}/a/b.sqlite3"


def test_other_relative_paths_start_from_the_working_directory(
    write_config: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = load(write_config(""), {"ENSPIRED_MAIL__FOLDER": "post"})
    assert config.mail.folder == str(tmp_path / "elsewhere" / "post")
    assert config.database.url == f"sqlite:///{tmp_path}/elsewhere/data/enspired.sqlite3"


def test_an_absolute_path_and_the_short_name_of_postgresql_are_understood() -> None:
    assert load(environ={"ENSPIRED_DATABASE__URL": "sqlite:////srv/x.db"}).database.url == "sqlite:////srv/x.db"
    config = load(environ={"ENSPIRED_DATABASE__URL": "postgres://u@h/d"})
    assert config.database.url == "postgresql://u@h/d"
    assert not config.database.is_sqlite
    config = load(environ={"ENSPIRED_DATABASE__URL": "postgresql+asyncpg://u@/d?host=/run/socket"})
    assert config.database.url == "postgresql://u@/d?host=/run/socket"


def test_a_secret_is_read_from_its_file_without_the_line_break(write_config: Write, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret \n", encoding="utf-8")
    config = load(write_config("[mail]\nusername = 'me'\npassword_file = 'password'\n"), {})
    assert config.mail.password == "s3cret "
    assert config.sources["mail.password"] == "file"


def test_a_secret_and_its_file_together_are_refused(write_config: Write, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("one", encoding="utf-8")
    path = write_config("[mail]\npassword_file = 'password'\n")
    problem = only_problem(path, {"ENSPIRED_MAIL__PASSWORD": "geheim"})
    assert "mail.password_file: stands beside password (ENSPIRED_MAIL__PASSWORD)" in problem
    assert "geheim" not in problem


@pytest.mark.parametrize(("content", "reason"), [(None, "there is no such file"), ("\n", "is empty")])
def test_a_secret_file_that_is_missing_or_empty_is_told(
    write_config: Write, tmp_path: Path, content: str | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content, encoding="utf-8")
    assert reason in only_problem(write_config("[security]\nsecret_key_file = 'key'\n"))


def test_what_is_shown_masks_every_secret() -> None:
    config = load(
        environ={
            "ENSPIRED_DATABASE__URL": "postgresql://ann:geheim@db/enspired?password=geheim&x=1",
            "ENSPIRED_MAIL__PASSWORD": "geheim",
            "ENSPIRED_SECURITY__SECRET_KEY": "geheim" * 6,
        }
    )
    shown = config.shown()
    assert "geheim" not in str(shown)
    assert shown["database"]["url"] == "postgresql://ann:••••@db/enspired?password=••••&x=1"
    assert shown["mail"]["password"] == shown["security"]["secret_key"] == "••••"
    assert shown["server"]["port"] == 8000
    assert shown["kinds"][0]["key"] == "guest-lecture"


def test_a_secret_of_the_wrong_type_is_not_repeated(write_config: Write) -> None:
    assert "424242" not in only_problem(write_config("[mail]\npassword = 424242\n"))
