"""Mistakes in the configuration: each named with its place, its key and a right value, all of them at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scheduler.config import Config, load
from scheduler.config.layers import read_toml
from scheduler.config.rules import is_rule
from scheduler.errors import ConfigurationError
from tests.scheduler.configuration import Write, only_problem, problems


def test_unknown_names_are_refused_with_the_likely_one(write_config: Write) -> None:
    found = problems(
        write_config('[server]\nprot = 1\n[sever]\n[[kinds]]\nkey = "webinar"\nshap = "circle"\n'),
        {"ENSPIRED_SERVER__PRT": "1", "ENSPIRED_MAIL_HOST": "x"},
    )
    text = "\n".join(found)
    assert len(found) == 5
    assert "server.prot: is not a setting of [server]. Did you mean “port”?" in text
    assert "sever: is not a section. Did you mean “server”?" in text
    assert "kinds.webinar.shap: is not a field of [[kinds]]. Did you mean “shape”?" in text
    assert "ENSPIRED_SERVER__PRT: is not a setting. Did you mean “ENSPIRED_SERVER__PORT”?" in text
    assert "ENSPIRED_MAIL_HOST: is not a setting. Did you mean “ENSPIRED_MAIL__HOST”?" in text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[server]\nport = '80'", 'server.port: has to be a whole number from 1 to 65535, not text in quotes: "80"'),
        ("[server]\nport = 70000", "For example: port = 8000"),
        ("[server]\nport = true", "not true or false: true"),
        ("[mail]\nsecurity = 'ssl'", 'mail.security: has to be one of "none", "starttls", "tls"'),
        ("[reminders]\nretry_minutes = ['a']", "a list, each item a whole number from 1 to 1000000, not"),
        ("[reminders]\nall_day_hour = 09:00:00", "a time of day as HH:MM, not a date or time"),
        ("[[kinds]]\nkey = 'webinar'\ntransparent = 1", "kinds.webinar.transparent: has to be true or false"),
        ("[[kinds]]\nkey = 'Web inar'\nnames = {en='x'}", "lower-case letters and digits with hyphens"),
        ("[[kinds]]\nnames = {en='x'}", "kinds: entry 1 needs a key"),
        ("[[kinds]]\nkey = 'new'", "kinds.new: lacks names."),
        ("[[kinds]]\nkey = 'new'\nnames = {}", "kinds.new: has no name in “en”"),
        ("[[kinds]]\nkey = 'new'\nnames = {EN='x', en='y'}", "“EN” is not a language tag"),
        ("[[kinds]]\nkey = 'webinar'\n[[kinds]]\nkey = 'webinar'", "kinds.webinar: stands here twice"),
        ("[[levels]]\nkey = 'primry'\nremove = true", "Did you mean “primary”?"),
        ("server = 1", "server: is a section of settings. For example: [server]"),
        ("[kinds]\nkey = 'x'", "kinds: is a list of tables. For example: [[kinds]]"),
        ("[[countries]]\nkey = 'NL'\nregion = 'europ'\nzones = ['Europe/Amsterdam']", "Did you mean “europe”?"),
        ("[[countries]]\nkey = 'NL'\nregion = 'europe'\nzones = []", "a list of IANA time zones"),
        ("[[countries]]\nkey = 'NL'\nregion = 'europe'\nzones = ['Europe/Amsterdm']", "“Europe/Amsterdam”?"),
        ("[[communities]]\nkey = 'XX-A'\ncountry = 'XX'\nnames = {en='x'}", "“XX” is not in [[countries]]"),
        ("[[programmes]]\nkey = 'enspired'\nreminders = ['P1M']", "“P1M” is not a duration"),
        ("[reminders]\ndefault = ['P1D', 'P1D']", "names the same reminder twice"),
        ("[reminders]\nquiet_from = '8 pm'", "a time of day as HH:MM, or “off”"),
        ("[reminders]\nquiet_until = '20:00'", "the same as quiet_from"),
        ("[reminders]\nlease_seconds = 30", "longer than mail.timeout_seconds (30)"),
        ("[languages]\ndefault = 'pt'", "“pt” is not among the offered ones (en, nl, fr, es)"),
        ("[languages]\noffered = ['en', 'xx-YY']", "“xx-YY” is not a language"),
        ("[operator]\ntimezone = 'Brussels'", "is not an IANA time zone. Did you mean “"),
        ("[operator]\ncontact = 'a@b, c@d'", "operator.contact: is not one plain mail address"),
        ("[mail]\nfrom_address = 'no-reply'", "mail.from_address: is not one plain mail address"),
        ('[mail]\nfrom_name = "a\\r\\nBcc: x@y"', "mail.from_name: holds a line break or a control character"),
        ("[server]\npublic_url = 'http://0.0.0.0:8000'", "0.0.0.0 is no address that others can open"),
        ("[server]\npublic_url = 'agenda.example.org'", "has to begin with http:// or https://"),
        ("[server]\npublic_url = 'https://x.org/agenda'", "no path, query or user name"),
        ("[server]\npublic_url = 'http://[::1'", "server.public_url: is not an address"),
        ("[server]\ntrusted_proxies = ['proxy']", "“proxy” is neither an IP address nor a network"),
        ("[server]\nworkers = 2", "2 workers need PostgreSQL"),
        ("[database]\nurl = 'mysql://x/y'", "is not a SQLite file or a PostgreSQL database"),
        ("[database]\nurl = 'sqlite:///:memory:'", "a database in memory forgets"),
        ("[security]\nsecret_key = 'short'", "is shorter than 32 characters"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_a_right_one(write_config: Write, text: str, problem: str) -> None:
    path = write_config(text)
    found = only_problem(path)
    assert problem in found
    assert found.startswith(str(path))


def test_a_default_that_does_not_go_with_the_rest_is_told_without_a_place(write_config: Write) -> None:
    problem = only_problem(write_config("[mail]\ntransport = 'smtp'\nhost = 'mx.example.org'\n"))
    assert problem.startswith("mail.from_address: nobody can answer or trust this sender")


REPLIES = "[replies]\nmode = '{}'\naddress = '{}'\n"
GOOD = "agenda+{token}@reply.example.org"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (REPLIES.format("lmtp", ""), "replies.address: is no mail address with {token} before its @."),
        (REPLIES.format("lmtp", "agenda@example.org"), "replies.address: is no mail address with {token}"),
        (REPLIES.format("lmtp", "a@{token}.example.org"), "replies.address: is no mail address with {token}"),
        (REPLIES.format("lmtp", "{token}{token}@x.org"), "replies.address: is no mail address with {token}"),
        (REPLIES.format("lmtp", "a b+{token}@x.org"), "replies.address: holds a sign"),
        (REPLIES.format("lmtp", "twenty-two-characters+{token}@x.org"), "more than 21 characters beside {token}"),
        (REPLIES.format("lmtp", GOOD) + "listen = '8024'", "replies.listen: is neither host:port"),
        (REPLIES.format("lmtp", GOOD) + "listen = 'x:70000'", "replies.listen: is neither host:port"),
        (REPLIES.format("lmtp", GOOD) + "listen = '127.0.0.1:25'", "replies.listen: port 25 is for SMTP"),
        (REPLIES.format("imap", GOOD), "replies.username: a mailbox needs a username and a password."),
        (
            REPLIES.format("imap", GOOD) + "username='a'\npassword='b'\nhost='x.org'\nsecurity='none'",
            "replies.security: the password would travel unprotected.",
        ),
        (REPLIES.format("imap", GOOD) + "username='a'\npassword='b'\nfolder='a\"b'", "replies.folder: is no name"),
    ],
)
def test_replies_need_an_address_with_a_token_and_a_place(write_config: Write, text: str, problem: str) -> None:
    assert problem in only_problem(write_config(text))


def test_replies_that_are_set_up_right_are_read_and_those_that_are_off_are_not_judged(write_config: Write) -> None:
    for right in ("", "listen = '[::1]:8024'", "listen = '/run/enspired/lmtp'"):
        assert load(write_config(REPLIES.format("lmtp", GOOD) + right), {}).replies.pattern == GOOD
    assert load(write_config("[replies]\naddress = 'nonsense'\n"), {}).replies.pattern == ""


def test_a_password_does_not_travel_unprotected(write_config: Write) -> None:
    smtp = "[mail]\ntransport='smtp'\nhost='{}'\nsecurity='none'\nusername='a'\npassword='b'\nfrom_address='a@x.org'\n"
    assert "unprotected" in only_problem(write_config(smtp.format("mx.example.org")))
    assert load(write_config(smtp.format("localhost")), {}).mail.security == "none"


def test_all_problems_of_file_and_environment_are_told_at_once(write_config: Write) -> None:
    path = write_config("[server]\nport = 'x'\npublic_url = 'x'\n[mial]\n[[kinds]]\nkey = 'new'\n")
    found = problems(path, {"ENSPIRED_FEEDS__PAST_DAYS": "", "ENSPIRED_NO__SUCH": "1"})
    assert len(found) == 6
    assert "ENSPIRED_FEEDS__PAST_DAYS: feeds.past_days" in "\n".join(found)


def test_an_unreadable_file_does_not_hide_mistakes_in_the_environment(tmp_path: Path) -> None:
    found = problems(tmp_path / "none.toml", {"ENSPIRED_SERVER__PORT": "x"})
    assert len(found) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x7fELF\x02\x01\xff\xfe", "the file is not UTF-8 text (byte 7)"),
        (b"[server]\nport = \n", "is not TOML: Invalid value (at line 2, column 8)"),
        (b"a = " + b"[" * 100_000, "is nested too deeply"),
        (b"a = " + b"9" * 10_000, "cannot be used"),
        (b"#" * 1_000_001, "the file is larger than 1000000 bytes"),
    ],
)
def test_a_file_that_is_no_configuration_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    problem = only_problem(path)
    assert problem.startswith(f"{path}: ")
    assert reason in problem


def test_a_missing_file_a_folder_and_a_device_are_told(tmp_path: Path) -> None:
    assert only_problem(tmp_path / "none.toml").endswith("none.toml: cannot be used: there is no such file.")
    assert "this is a folder" in only_problem(tmp_path)
    assert "not an ordinary file" in only_problem(Path("/dev/null"))
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be" in only_problem(tmp_path / "loop")


@contextmanager
def powerless() -> Iterator[None]:
    """Root reads everything; tests that run as root step down for a moment."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_without_permission_is_told(write_config: Write) -> None:
    path = write_config("")
    path.chmod(0)
    with powerless(), pytest.raises(ConfigurationError, match="Permission denied"):
        read_toml(path)


def test_a_file_with_the_mark_that_windows_editors_leave_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbf[server]\r\nport = 81\r\n")
    assert load(path, {}).server.port == 81


def test_an_empty_file_changes_nothing(write_config: Write, shipped: Config) -> None:
    assert load(write_config(""), {}).shown() == shipped.shown()


RULES = "P7D P1D PT1H PT90M P1DT12H P2W PT168H PT1M P1W2D P366D P1D@17:00 P0D@08:00 +PT2H +P1D +P1D@10:00 +P0D@18:00"
NO_RULES = (
    "P PT P1DT P1M P1Y PT0S PT0M P0D -P1D 1D PT30S P367D P60W P1.5D p1d P１D P1D@ P1D@24:00 P1D@9:00 P1D@17 @17:00 "
    "PT1H@17:00 P1DT2H@17:00 P1D@17:00@18:00 ++P1D + +P P1D+ P1D@1７:00"
)


@pytest.mark.parametrize("text", RULES.split())
def test_a_reminder_is_so_long_before_or_after_perhaps_at_a_clock_time(text: str) -> None:
    assert is_rule(text)


@pytest.mark.parametrize("text", [*NO_RULES.split(), "", "P1D\n", "P1D @17:00", " P1D", "P1D@17:00 "])
def test_anything_else_is_no_rule_for_a_reminder(text: str) -> None:
    assert not is_rule(text)
