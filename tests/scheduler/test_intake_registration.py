"""The doors for registrations and institutions."""

from typing import Any

import pytest

from scheduler.errors import Fault, Invalid
from scheduler.model.event import Event
from scheduler.model.institution import Institution
from scheduler.model.intake_institution import institution_as_input, new_institution, replaced_institution
from scheduler.model.intake_registration import RegistrationInput, new_registration
from tests.scheduler.inputs import ID, NOW, admitted, known, small

SERIES = {"rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=3", "cancelled": [{"date": "2027-03-23T14:30"}]}

ADDRESSES = {
    "it has a line break": "ana@example.org\r\nBcc: eve@example.org",
    "it ends in a line feed": "ana@example.org\n",
    "it has a NUL": "ana\x00@example.org",
    "it has a line separator": "ana@example.org\u2028",
    "it is a list with a comma": "ana@example.org, eve@example.org",
    "it is a list with a semicolon": "ana@example.org;eve@example.org",
    "it has a name around it": "Ana <ana@example.org>",
    "its local part is quoted": '"ana perez"@example.org',
    "it has a closing bracket and a command": "ana@example.org>\r\nRCPT TO:<eve@example.org",
    "it has no @": "example.org",
    "it has two @": "ana@eve@example.org",
    "its local part is empty": "@example.org",
    "its local part has two dots": "ana..perez@example.org",
    "its local part is too long": f"{'a' * 65}@example.org",
    "its domain is empty": "ana@",
    "its domain has no dot": "ana@localhost",
    "its domain is a number": "ana@[192.0.2.1]",
    "its domain has an empty label": "ana@example..org",
    "it is too long": f"ana@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.org",
    "it has more than 320 characters": "a" * 5_000 + "@example.org",
    "it is blank": " ",
    "its domain would be somebody else's": "ana@straße.example",
}
NAMES = {
    "it is blank": "  ",
    "it is too long": "x" * 81,
    "it is a link": "https://evil.example/login",
    "it has a link without a scheme": "Win at www.evil.example",
    "it has a link in other letters": "ｗｗｗ．evil.example",
    "it has the beginning of a link": "<a href=//evil.example>Click</a>",
    "it has a line break": "Ana\nBcc: eve@example.org",
    "it has a NUL": "Ana\x00",
    "it is turned around": "Ana\u202ezereP",
    "it has no letter": "***",
}
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "the name is missing": ({"name": None}, "/name", "required"),
    "the address is missing": ({"email": None}, "/email", "required"),
    "the address is a number": ({"email": 3}, "/email", "wrong-type"),
    "a field is unknown": ({"e_mail": "x"}, "/e_mail", "unknown-field"),
    "a language is not one of ours": ({"language": "pt"}, "/language", "unknown-value"),
    "a language is no language": ({"language": "xx"}, "/language", "language-tag"),
    "a zone is unknown": ({"timezone": "Brussels"}, "/timezone", "unknown-zone"),
    "an institution is unknown": ({"institution": "vivez"}, "/institution", "unknown-value"),
    "a role is unknown": ({"role": "techer"}, "/role", "unknown-value"),
    "no seat is wanted": ({"seats": 0}, "/seats", "out-of-range"),
    "too many seats are wanted": ({"seats": 101}, "/seats", "out-of-range"),
    "seats are a word": ({"seats": "two"}, "/seats", "wrong-type"),
    "a way to take part is not offered": ({"mode": "online"}, "/mode", "contradiction"),
    "reminders are a word": ({"reminders": "yes"}, "/reminders", "unknown-value"),
    "a date is not one of the event": ({"occurrences": [f"{ID}.9"]}, "/occurrences/0", "unknown-value"),
    "a date was cancelled": ({"occurrences": [f"{ID}.1"]}, "/occurrences/0", "cancelled"),
    "a date is named twice": ({"occurrences": [f"{ID}.0", f"{ID}.0"]}, "/occurrences/1", "repeated"),
}


def event(**fields: Any) -> Event:
    mode = next(key for key, mode in known().registration_modes.items() if mode.dates == "chosen")
    return admitted(small(recurrence=SERIES, registration={"mode": mode}, **fields))


def asked(data: dict[str, Any], to: Event | None = None, **named: Any) -> RegistrationInput:
    given = {"name": "Ana Pérez", "email": "ana@example.org", **data}
    return new_registration(
        {key: value for key, value in given.items() if value is not None}, known(), to or event(), **named
    )


def faults_of(data: dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(Invalid) as caught:
        asked(data)
    return caught.value.faults


@pytest.mark.parametrize("case", ADDRESSES)
def test_an_address_is_refused_when(case: str) -> None:
    found = faults_of({"email": ADDRESSES[case]})
    assert [(fault.pointer, fault.code) for fault in found] == [("/email", "invalid-address")]
    assert asked({"email": found[0].example}).email == found[0].example
    assert "eve" not in found[0].detail


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_refused_when(case: str) -> None:
    found = faults_of({"name": NAMES[case]})
    assert [fault.pointer for fault in found] == ["/name"]
    assert asked({"name": found[0].example}).name == found[0].example
    assert "evil" not in found[0].detail


@pytest.mark.parametrize("case", FAULTS)
def test_a_registration_is_refused_when(case: str) -> None:
    sent, pointer, code = FAULTS[case]
    found = faults_of(sent)
    assert [(fault.pointer, fault.code) for fault in found] == [(pointer, code)]


def test_all_faults_of_a_registration_come_at_once() -> None:
    found = faults_of({"name": "www.x", "email": "x", "language": "q", "seats": -1, "mode": "both", "extra": 1})
    assert [fault.pointer for fault in found] == ["/email", "/extra", "/language", "/mode", "/name", "/seats"]


def test_what_is_left_out_has_its_default() -> None:
    assert asked({}) == RegistrationInput(name="Ana Pérez", email="ana@example.org", language="en")
    assert asked({}, page_language="nl-BE").language == "nl"
    assert asked({"language": "fr"}, page_language="nl").language == "fr"


def test_everything_is_taken_over() -> None:
    sent = {
        "language": "nl-BE",
        "timezone": "Africa/Nairobi",
        "institution": "kemi",
        "role": "teacher",
        "mode": "on-site",
        "seats": 3,
        "occurrences": [f"{ID}.2", f"{ID}.0"],
        "reminders": False,
    }
    assert asked(sent) == RegistrationInput(
        name="Ana Pérez",
        email="ana@example.org",
        language="nl",
        timezone="Africa/Nairobi",
        institution="kemi",
        role="teacher",
        mode="on-site",
        seats=3,
        occurrences=(f"{ID}.2", f"{ID}.0"),
        reminders="none",
    )


def test_an_international_domain_becomes_one_that_every_server_understands() -> None:
    assert asked({"email": "Ana@Bücher.Example"}).email == "Ana@xn--bcher-kva.example"


def test_a_name_is_kept_as_it_is_written() -> None:
    for name in ("Ngũgĩ wa Thiong’o", "Nguyễn Thị <b>Hoa</b>", "សុខា", "J. R. O'Neil-De Smet, PhD", "{0.__class__}"):
        assert asked({"name": name}).name == name


@pytest.mark.parametrize(
    ("format_", "seats", "mode"),
    [
        ("on-site", {}, "on-site"),
        ("online", {}, "online"),
        ("hybrid", {}, "on-site"),
        ("hybrid", {"on_site": 0}, "online"),
    ],
)
def test_people_take_part_in_the_way_that_is_offered(format_: str, seats: dict[str, Any], mode: str) -> None:
    assert asked({}, event(format=format_, seats=seats)).mode == mode


def test_dates_cannot_be_chosen_where_a_registration_covers_all() -> None:
    whole = next(key for key, mode in known().registration_modes.items() if mode.dates == "all")
    series = admitted(small(recurrence=SERIES, registration={"mode": whole}))
    with pytest.raises(Invalid) as caught:
        asked({"occurrences": [f"{ID}.0"]}, series)
    assert [fault.pointer for fault in caught.value.faults] == ["/occurrences"]
    assert asked({"occurrences": []}, series).occurrences == ()


def institution(**fields: Any) -> Institution:
    return new_institution({"key": "upn", "name": "UPN", "country": "BE", **fields}, known(), now=NOW)


INSTITUTIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a key has capitals": ({"key": "UPN"}, "/key", "pattern"),
    "a name is blank": ({"name": ""}, "/name", "required"),
    "a country is unknown": ({"country": "Belgium"}, "/country", "unknown-value"),
    "a kind is unknown": ({"kind": "hogeschool?"}, "/kind", "unknown-value"),
    "a community is unknown": ({"community": "BE-XX"}, "/community", "unknown-value"),
    "a community is another country's": ({"country": "KE", "community": "BE-NL"}, "/community", "contradiction"),
    "a zone is unknown": ({"timezone": "CET+1"}, "/timezone", "unknown-zone"),
    "a country has several zones": ({"country": "CD"}, "/timezone", "required"),
    "a country is not configured and no zone given": ({"country": "JP"}, "/timezone", "required"),
    "a language is unknown": ({"languages": ["xx"]}, "/languages/0", "language-tag"),
    "a website is a script": ({"website": "javascript:alert(1)"}, "/website", "url"),
    "a field that the service sets is given": ({"revision": 2}, "/revision", "read-only"),
}


@pytest.mark.parametrize("case", INSTITUTIONS)
def test_an_institution_is_refused_when(case: str) -> None:
    sent, pointer, code = INSTITUTIONS[case]
    with pytest.raises(Invalid) as caught:
        institution(**sent)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [(pointer, code)]


def test_an_institution_has_the_only_zone_of_its_country() -> None:
    assert institution().timezone == "Europe/Brussels"
    assert institution(country="CD", timezone="Africa/Kinshasa").timezone == "Africa/Kinshasa"


def test_an_institution_keeps_its_key() -> None:
    first = institution(city={"en": "Antwerp", "nl": "Antwerpen"}, community="BE-NL", languages=["nl", "fr"])
    assert replaced_institution(first, institution_as_input(first), known()) == first
    assert replaced_institution(first, {"name": "X", "country": "BE"}, known()).key == "upn"
    with pytest.raises(Invalid) as caught:
        replaced_institution(first, {"key": "other", "name": "X", "country": "BE"}, known())
    assert [fault.pointer for fault in caught.value.faults] == ["/key"]
