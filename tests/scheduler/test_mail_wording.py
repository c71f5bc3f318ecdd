"""The words of every mail, in every language, against golden files that people have read.

After a deliberate change: `GOLDEN=write pytest tests/scheduler/test_mail_wording.py`, then read the difference.
"""

import os
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from scheduler.mail.letter import Letter
from scheduler.mail.writer import Writer
from scheduler.model.message import Cause
from scheduler.model.party import PartyKind
from scheduler.texts import load_catalogues
from tests.scheduler.letters import (
    changed_letter,
    follow_up_letter,
    letter,
    party_letter,
    party_news_letter,
    series_letter,
    visit_letter,
)

GOLDEN = Path(__file__).parent / "golden_mails"
LANGUAGES = ("en", "nl", "fr", "es")
CAUSES: tuple[Cause, ...] = get_args(Cause)
KINDS: tuple[PartyKind, ...] = get_args(PartyKind)
WRITER = Writer(load_catalogues())


def on_site_letter(cause: Cause, language: str) -> Letter:
    """The lecture for somebody who comes to the room."""
    one = letter(cause, language)
    assert one.registration
    return replace(one, timezone="Europe/Brussels", registration=replace(one.registration, mode="on-site"))


CASES: dict[str, tuple[Letter, str]] = {}
for _language in LANGUAGES:
    for _cause in CAUSES:
        CASES[f"{_cause}.{_language}"] = (letter(_cause, _language), _language)
    CASES[f"update-online.{_language}"] = (changed_letter("update", _language), _language)
    CASES[f"update-on-site.{_language}"] = (changed_letter("update", _language, online=False), _language)
    CASES[f"update-series.{_language}"] = (series_letter(_language), _language)
    CASES[f"reminder-changed.{_language}"] = (changed_letter("reminder", _language, online=False), _language)
    CASES[f"reminder-speaker.{_language}"] = (party_letter("speaker", _language), _language)
    CASES[f"reminder-host.{_language}"] = (party_letter("host", _language), _language)
    for _kind in KINDS:
        CASES[f"update-{_kind}.{_language}"] = (party_news_letter("update", _kind, _language), _language)
        CASES[f"cancellation-{_kind}.{_language}"] = (party_news_letter("cancellation", _kind, _language), _language)
    CASES[f"follow-up-materials.{_language}"] = (follow_up_letter(_language), _language)
    CASES[f"reminder-on-site.{_language}"] = (on_site_letter("reminder", _language), _language)
    CASES[f"confirmation-answered.{_language}"] = (replace(letter("confirmation", _language), rsvp=True), _language)
    for _cause in ("cancellation", "withdrawal"):
        CASES[f"{_cause}-uninvited.{_language}"] = (replace(letter(_cause, _language), calendar=None), _language)
    CASES[f"confirmation-visit.{_language}"] = (visit_letter("confirmation", _language), _language)


@pytest.mark.parametrize("name", CASES)
def test_each_mail_reads_as_it_was_approved(name: str) -> None:
    mail = WRITER.write(CASES[name][0])
    text = f"Subject: {mail.subject}\n\n{mail.text}"
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{name} changed; see the head of this file"
