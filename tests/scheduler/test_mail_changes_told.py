"""What a mail about a change says to whom it does not concern as it does most: who waits, who has no date left."""

import pytest
from msgspec.structs import replace

from scheduler.mail.compose import Mail
from scheduler.mail.letter import Letter
from scheduler.mail.writer import Writer
from scheduler.model.notices import changed, noted, to_text
from scheduler.texts import load_catalogues
from tests.scheduler.letters import LECTURE, LECTURE_DATE, MORNING, letter, noted_before

CATALOGUES = load_catalogues()
WRITER = Writer(CATALOGUES)
LANGUAGES = ("en", "nl", "fr", "es")


def written(one: Letter) -> tuple[Mail, str]:
    """The mail, and its text on one line."""
    mail = WRITER.write(one)
    return mail, " ".join(mail.text.split())


def waiting_letter(language: str) -> Letter:
    """The lecture was moved; Ana is in the line for a place."""
    one = letter("update", language)
    assert one.registration
    person = replace(one.registration, state="waiting")
    return replace(one, registration=person, calendar=None, facts={"before": noted_before(LECTURE, MORNING, person)})


def dateless_letter(language: str) -> Letter:
    """The only date that Ana chose does not take place any more."""
    one = letter("update", language)
    assert one.registration
    person = replace(one.registration, occurrences=(LECTURE_DATE.id,))
    gone = replace(LECTURE_DATE, status="cancelled")
    before = changed(noted(LECTURE, (LECTURE_DATE,), person), noted(LECTURE, (gone,), person), language)
    return replace(one, registration=person, occurrence=gone, dates=(gone,), facts={"before": to_text(before)})


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_waits_is_not_asked_to_free_a_place_that_they_do_not_have(language: str) -> None:
    t = CATALOGUES.translator(language)
    _, text = written(waiting_letter(language))
    assert t("mail.update.free") not in text
    assert t("mail.waiting.manage") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_no_date_left_is_not_asked_whether_they_can_come(language: str) -> None:
    t = CATALOGUES.translator(language)
    _, text = written(dateless_letter(language))
    assert t("mail.update.free") not in text
    assert t("mail.common.manage") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_subject_of_a_cancelled_date_has_no_brackets_in_brackets(language: str) -> None:
    mail, text = written(dateless_letter(language))
    assert mail.subject.count("(") == 1
    assert "Bogot" in text  # the reader's own clock stands in the mail
