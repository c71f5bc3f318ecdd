"""The catalogues: complete for mails in four languages, and values that cannot reach into anything."""

from typing import get_args

import pytest
from markupsafe import Markup

from scheduler.model.message import Cause
from scheduler.texts import CATEGORIES, MissingText, load_catalogues, placeholders

TEXTS = load_catalogues()
MAIL_KEYS = sorted(key for key in TEXTS.by_language["en"] if key.startswith(("mail.", "dates.")))


@pytest.mark.parametrize("language", ["nl", "fr", "es"])
def test_every_mail_text_exists_with_the_same_values(language: str) -> None:
    own, english = TEXTS.by_language[language], TEXTS.by_language["en"]
    wanted = [key for key in MAIL_KEYS if not key.startswith("dates.city.")]
    assert [key for key in wanted if key not in own] == []
    differing = [key for key in wanted if placeholders(own[key]) != placeholders(english[key])]
    assert differing == []


@pytest.mark.parametrize("language", ["nl", "fr", "es"])
def test_no_text_exists_that_english_lacks(language: str) -> None:
    unknown = set(TEXTS.by_language[language]) - set(TEXTS.by_language["en"])
    assert {key for key in unknown if not key.endswith("_first") and not key.startswith("dates.city.")} == set()


def test_every_kind_of_mail_has_a_name_in_the_list_of_sent_mails() -> None:
    missing = [one for one in get_args(Cause) if f"pages.cause.{one.replace('-', '_')}" not in TEXTS.by_language["en"]]
    assert missing == []


def test_plural_forms_are_those_of_the_language() -> None:
    for language, catalogue in TEXTS.by_language.items():
        t = TEXTS.translator(language)
        for key, entry in catalogue.items():
            if isinstance(entry, dict):
                assert entry.keys() <= CATEGORIES
                assert entry.keys() <= {t.locale.plural_form(n) for n in (0, 1, 2, 5, 1_000_000)} | {"other"}, key


def test_a_count_of_one_reads_differently() -> None:
    t = TEXTS.translator("en")
    assert [t.plural("dates.days", n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert TEXTS.translator("fr").plural("dates.days", 0) == "0 jour"


@pytest.mark.parametrize("hostile", ["{0.__class__}", "{title.__init__}", "{{7*7}}", "{x!r:>999999999}", "{when}"])
def test_a_value_is_never_read_as_a_placeholder(hostile: str) -> None:
    t = TEXTS.translator("en")
    assert t("mail.reminder.subject", when="now", title=hostile) == f"now: {hostile}"


def test_html_escapes_values_and_keeps_markup() -> None:
    t = TEXTS.translator("en")
    assert t.html("mail.reminder.subject", when="<b>", title=Markup("<i>x</i>")) == Markup("&lt;b&gt;: <i>x</i>")


def test_what_is_missing_is_named() -> None:
    t = TEXTS.translator("nl")
    with pytest.raises(MissingText, match="title"):
        t("mail.reminder.subject", when="nu")
    with pytest.raises(MissingText, match=r"mail\.nothing"):
        t("mail.nothing")
    with pytest.raises(MissingText, match="plural"):
        t("dates.days")


@pytest.mark.parametrize(("tag", "language", "locale"), [
    ("nl-BE", "nl", "nl_BE"), ("NL", "nl", "nl_BE"), ("en-US", "en", "en_US"), ("sw", "en", "en_GB"),
    ("", "en", "en_GB"),
    ("es-EC", "es", "es_EC"), ("fr_XX", "fr", "fr_BE"), ("../../etc", "en", "en_GB"),
])  # fmt: skip
def test_any_tag_finds_a_language(tag: str, language: str, locale: str) -> None:
    t = TEXTS.translator(tag)
    assert (t.language, str(t.locale)) == (language, locale)


def test_french_double_marks_do_not_stand_alone_on_a_line() -> None:
    for key, entry in TEXTS.by_language["fr"].items():
        for text in [entry] if isinstance(entry, str) else entry.values():
            assert not any(f" {mark}" in text for mark in ":;!?»"), key
