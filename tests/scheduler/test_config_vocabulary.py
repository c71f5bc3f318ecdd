"""The words of the programmes: every one there, every one named in four languages, and asked for in the right way."""

import tomllib

import msgspec
import pytest

from scheduler.config import TABLES, Config, load
from scheduler.config.layers import shipped_file
from scheduler.config.settings import SECTIONS
from scheduler.errors import NotFound
from tests.scheduler.configuration import Write

LANGUAGES = ("en", "nl", "fr", "es")


def test_the_shipped_file_names_every_setting_and_agrees_with_the_defaults_in_code() -> None:
    raw = tomllib.loads(shipped_file().read_text("utf-8"))
    assert set(raw) == {*SECTIONS, *TABLES}
    for section, struct in SECTIONS.items():
        assert msgspec.convert(raw[section], struct) == struct()
        assert set(raw[section]) == set(struct.__struct_fields__)


def test_every_setting_in_the_shipped_file_is_explained_unless_its_name_says_it_all() -> None:
    settings = shipped_file().read_text("utf-8").partition("# ---- Programmes")[0].splitlines()
    bare = {line.split(" =")[0] for line in settings if " = " in line and "#" not in line}
    assert bare == {"port", "folder", "names", "username", "password", "from_name", "secret_key_file"}


@pytest.mark.parametrize("table", [table for table in TABLES if table != "countries"])
def test_every_entry_of_a_vocabulary_has_a_name_in_four_languages(shipped: Config, table: str) -> None:
    for key, entry in shipped.table(table).items():
        assert set(entry.names) == set(LANGUAGES), key
        for name in entry.names.values():
            assert name.isprintable()
            assert name == name.strip()
            assert name[0].isupper() or name == "eNSPIRED"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_has_a_name_in_four_languages(shipped: Config, language: str) -> None:
    names = {code: shipped.name("countries", code, language) for code in shipped.countries}
    assert all(name != code for code, name in names.items())


@pytest.mark.parametrize(
    ("table", "terms"),
    [
        ("programmes", "enspired schoollinks educaid"),
        (
            "kinds",
            (
                "guest-lecture exchange-visit travel school-visit meeting workshop social webinar training-day"
                " working-group learning-week coil-series study-day job-shadowing internship conference"
                " webinar-series policy-dialogue study-visit"
            ),
        ),
        ("levels", "early-childhood primary general-secondary secondary-tvet tertiary"),
        (
            "key_areas",
            (
                "initial-teacher-education continuous-professional-development school-leadership-development"
                " advocacy-agenda-setting-capacity-building"
            ),
        ),
        (
            "audiences",
            (
                "student-teacher teacher-educator teacher school-leader pedagogical-counsellor ngo-staff"
                " policy-maker researcher learner school-community internationalisation-coordinator"
            ),
        ),
        (
            "themes",
            (
                "multilingual-education equity global-citizenship sustainability digital-learning decolonisation"
                " parental-engagement gender tvet intercultural-pedagogy play-based-learning"
                " professional-learning-communities school-to-work climate education-in-emergencies"
                " education-financing school-leadership"
            ),
        ),
        ("regions", "africa asia south-america europe"),
        ("countries", "BE ZA UG KE CD ZM RW KH EC VN SR TZ GH"),
        ("communities", "BE-NL BE-FR BE-DE BE-BRU"),
        ("markers", "gender disability good-governance climate-mitigation digital-for-development"),
        (
            "institution_types",
            (
                "university-college haute-ecole university school ngo platform pedagogical-counselling-service"
                " ministry network other"
            ),
        ),
        ("interpretation_types", "simultaneous consecutive captions whispered"),
        (
            "registration_modes",
            (
                "host-institution-course nominated-by-school nominated-by-institution open-form members-only"
                " per-session-form course-enrolment invitation open-form-once-per-series none"
            ),
        ),
    ],
)
def test_the_words_that_real_events_use_are_there(shipped: Config, table: str, terms: str) -> None:
    assert set(terms.split()) <= set(shipped.table(table))


def test_only_open_forms_are_open_to_everybody(shipped: Config) -> None:
    assert {key for key, mode in shipped.registration_modes.items() if mode.public_form} == {
        "open-form",
        "per-session-form",
        "open-form-once-per-series",
    }
    assert not shipped.registration_mode("none").takes_registrations


def test_an_internship_does_not_make_people_busy_and_travel_is_only_an_item(shipped: Config) -> None:
    assert shipped.kind("internship").transparent
    assert shipped.kind("travel").item_only
    assert not shipped.kind("exchange-visit").transparent


def test_two_countries_have_two_zones(shipped: Config) -> None:
    assert shipped.country("CD").zones == ("Africa/Kinshasa", "Africa/Lubumbashi")
    assert {code for code, country in shipped.countries.items() if len(country.zones) > 1} == {"CD", "EC"}


@pytest.mark.parametrize(
    ("table", "key", "language", "name"),
    [
        ("kinds", "guest-lecture", "nl", "Gastcollege"),
        ("kinds", "guest-lecture", "nl-BE", "Gastcollege"),
        ("kinds", "guest-lecture", "pt", "Guest lecture"),
        ("kinds", "no-longer-there", "nl", "no-longer-there"),
        ("countries", "CD", "fr", "RD Congo"),
        ("countries", "KH", "es", "Camboya"),
        ("countries", "NL", "fr", "Pays-Bas"),
        ("countries", "BE", "../../etc", "Belgium"),
    ],
)
def test_a_name_falls_back_step_by_step(shipped: Config, table: str, key: str, language: str, name: str) -> None:
    assert shipped.name(table, key, language) == name


def test_a_name_falls_back_to_the_default_language_before_english(write_config: Write) -> None:
    config = load(write_config('[languages]\ndefault = "nl"\n'), {})
    assert config.name("kinds", "guest-lecture", "pt") == "Gastcollege"


def test_any_country_of_the_world_is_a_country_and_a_union_is_not(shipped: Config) -> None:
    assert [code for code in ("BE", "NL", "DK", "EU", "ZZ", "be", "B", "") if shipped.is_country(code)] == [
        "BE",
        "NL",
        "DK",
    ]


def test_an_unknown_key_is_not_found(shipped: Config) -> None:
    for lookup in (shipped.kind, shipped.programme, shipped.country, shipped.registration_mode):
        with pytest.raises(NotFound, match="no-such"):
            lookup("no-such")
    with pytest.raises(KeyError):
        shipped.table("server")


def test_reminders_come_from_the_kind_then_the_programme_then_the_default(write_config: Write) -> None:
    config = load(write_config('[[programmes]]\nkey = "educaid"\nreminders = ["P3D"]\n'), {})
    assert config.reminders_for("educaid", "webinar") == ("P1D", "PT1H")
    assert config.reminders_for("educaid", "conference") == ("P3D",)
    assert config.reminders_for("enspired", "conference") == ("P7D", "P1D")
    assert config.reminders_for("educaid", "rest") == ()
