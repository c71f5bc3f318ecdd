"""What goes where, and in which shape."""

import errno
import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from scheduler.cli import failure
from scheduler.cli.output import text_of
from scheduler.errors import ConfigurationError, Fault, Invalid, Problem, Unavailable
from tests.floors import ROOT
from tests.scheduler.command import COMMAND, environment, inside, process


def on_a_terminal(*arguments: str, **settings: str) -> str:
    """What a command prints on a real terminal of 120 columns."""
    ours, theirs = pty.openpty()
    env = environment(**{"TERM": "xterm-256color", "COLUMNS": "120"} | settings)
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=env, cwd=ROOT
    ):
        os.close(theirs)
        printed = b""
        while True:
            try:
                some = os.read(ours, 65536)
            except OSError:  # Linux says EIO when the last writer is gone
                break
            if not some:
                break
            printed += some
    os.close(ours)
    return printed.decode()


def test_a_list_is_a_table_with_headings_on_a_terminal() -> None:
    printed = on_a_terminal("config", "show", "server")
    assert "Setting" in printed
    assert "\x1b[1m" in printed
    assert "\t" not in printed


def test_a_terminal_that_understands_nothing_gets_plain_text() -> None:
    printed = on_a_terminal("config", "show", "server", TERM="dumb")
    assert "Setting" in printed
    assert "\x1b" not in printed


def test_no_color_is_honoured() -> None:
    printed = on_a_terminal("config", "show", "server", NO_COLOR="1")
    assert re.findall(r"\x1b\[(?:3\d|4\d|38;.*?|9\d)m", printed) == []


def test_a_list_is_tab_separated_lines_in_a_pipe_without_colour() -> None:
    shown = process("config", "show", "server")
    assert shown.rows[:2] == [["server.host", "127.0.0.1", "default"], ["server.port", "8000", "default"]]
    assert "\x1b" not in shown.out
    assert shown.err == ""


def test_json_stands_before_or_after_the_command() -> None:
    before, after = inside("--json", "version"), inside("version", "--json")
    assert before.out == after.out
    assert json.loads(before.out).keys() == {"version", "python", "tzdata", "database"}


def test_text_of_strangers_cannot_steer_the_terminal_or_the_columns() -> None:
    assert text_of("a\x1b[2Jb\tc\nd\u202ee\x00") == "a\\u001b[2Jb c d\\u202ee\\u0000"
    assert text_of("Thuistalen · ☾ – “Ghent”") == "Thuistalen · ☾ – “Ghent”"
    assert text_of(["a", True, None]) == "a, yes, "


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "config", "show", "kinds"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(20) in {0, 1}


# ---- Failures


def said(error: BaseException, capsys: pytest.CaptureFixture[str], *, debug: bool = False) -> tuple[int, list[str]]:
    code = failure.report(error, debug=debug)
    printed = capsys.readouterr()
    assert printed.out == ""
    return code, printed.err.splitlines()


def test_a_failure_says_what_and_what_next(capsys: pytest.CaptureFixture[str]) -> None:
    error = failure.CommandFailed("Port 8000 is in use.", "--port 8001")
    assert said(error, capsys) == (1, ["✕ Port 8000 is in use.", "  Next: --port 8001"])


def test_all_faults_of_an_input_are_listed_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    fault = Fault("/start", "This is no time.", "2027-03-16T14:30")
    code, lines = said(Invalid((fault, replace(fault, pointer="/end", example=None))), capsys)
    assert code == 1
    assert lines[1:] == ["  /start: This is no time. For example: 2027-03-16T14:30", "  /end: This is no time."]


def test_all_problems_of_a_configuration_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    problems = (Problem("server.port", "is no number.", "a.toml"), Problem("mail.host", "is empty.", "a.toml"))
    code, lines = said(ConfigurationError(problems), capsys)
    assert (code, len(lines)) == (1, 3)
    assert "2 problems" in lines[0]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), "/data/x: Permission denied"),
        (Unavailable("The database is busy."), "The database is busy."),
    ],
)
def test_what_the_system_refuses_is_one_sentence(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = said(error, capsys)
    assert (code, len(lines)) == (1, 1)
    assert words in lines[0]


def test_the_unexpected_is_one_line_and_debug_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise KeyError("lost")
    except KeyError as caught:
        error = caught
    assert said(error, capsys) == (
        1,
        ["✕ Something unexpected went wrong (KeyError: 'lost'). --debug shows where."],
    )
    _, lines = said(error, capsys, debug=True)
    assert any("Traceback" in line for line in lines)


def test_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(KeyboardInterrupt(), capsys) == (130, ["Stopped."])


# ---- Configuration


def test_a_missing_named_file_fails_the_start_and_is_found_by_the_check(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    started = inside("serve", "--config", missing)
    assert (started.code, started.out) == (1, "")
    assert "there is no such file" in started.err
    checked = inside("config", "check", "--config", missing, "--json")
    assert checked.code == 3
    assert [one["place"] for one in json.loads(checked.out)] == [str(missing)]


def test_every_mistake_in_a_file_is_listed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[server]\nprot = 1\nport = "x"\n[mail]\ntransport = "pigeon"\n')
    checked = inside("config", "check", "--config", path)
    assert checked.code == 3
    assert len(checked.rows) == 3
    assert "Did you mean “port”?" in checked.out
    assert inside("keys", "list", "--config", path).code == 1


def test_a_good_configuration_passes_and_shows_sources_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[security]\nsecret_key = "0123456789abcdef0123456789abcdef"\n')
    assert inside("config", "check", "--config", path).code == 0
    shown = inside("config", "show", "security", "--config", path)
    assert ["security.secret_key", "••••", "file"] in shown.rows
    assert "0123456789abcdef" not in inside("config", "show", "--json", "--config", path).out


def test_the_public_address_follows_the_port_unless_it_is_configured() -> None:
    def shown(**env: str) -> str:
        values: dict[str, dict[str, str]] = json.loads(inside("config", "show", "--json", env=env).out)
        return values["server.public_url"]["value"]

    assert shown(ENSPIRED_SERVER__PORT="8123") == "http://127.0.0.1:8123"
    assert shown(ENSPIRED_SERVER__PORT="8123", ENSPIRED_SERVER__HOST="0.0.0.0") == "http://127.0.0.1:8123"
    assert shown(ENSPIRED_SERVER__PORT="8123", ENSPIRED_SERVER__HOST="::1") == "http://[::1]:8123"
    configured = {"ENSPIRED_SERVER__PORT": "8123", "ENSPIRED_SERVER__PUBLIC_URL": "https://agenda.example.org"}
    assert shown(**configured) == "https://agenda.example.org"


def test_data_names_the_folder_of_the_database_and_the_mails(tmp_path: Path) -> None:
    shown = json.loads(inside("config", "show", "--json", "--data", tmp_path).out)
    assert shown["database.url"]["value"] == f"sqlite:///{tmp_path / 'enspired.sqlite3'}"
    assert shown["mail.folder"]["value"] == str(tmp_path / "mail")
