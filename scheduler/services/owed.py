"""What a notice to a speaker, a host or a visitor still has to tell; nothing is looked up.

Such a notice keeps what differs as its reader last knew it, and, where nobody knows whether an earlier notice arrived,
also as they know it if that one did not. What is one way under both and was told is told; what may be new is told too.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from scheduler.model.day_programme import PresentProgramme, noted_items
from scheduler.model.message import Message
from scheduler.model.notices import Noted, ahead, from_text, near, noted, still
from scheduler.services.cases import Case
from scheduler.services.told import BEFORE

OTHERWISE = "otherwise"
"""The name of the fact that says how everything was for somebody whom the earlier notice did not reach."""


class Present(Protocol):
    """How everything is now, and what that leaves of noted differences."""

    def still(self, before: Mapping[str, str]) -> Noted:
        """Those that were not undone."""

    def ahead(self, before: Mapping[str, str], instant: datetime) -> Noted:
        """Those that can still help somebody at a UTC instant."""

    def near(self, before: Mapping[str, str], instant: datetime, within: timedelta) -> bool:
        """True when one of them is about what begins soon."""


class PresentEvent(Struct, frozen=True):
    """An event as its speakers and hosts plan by it, read in a language."""

    noted: Noted
    language: str

    def still(self, before: Mapping[str, str]) -> Noted:
        """Those that were not undone."""
        return still(before, self.noted, self.language)

    def ahead(self, before: Mapping[str, str], instant: datetime) -> Noted:
        """Those that can still help somebody at a UTC instant."""
        return ahead(before, self.noted, instant)

    def near(self, before: Mapping[str, str], instant: datetime, within: timedelta) -> bool:
        """True when one of them is about what begins soon."""
        return near(before, self.noted, instant, within)


def present_of(case: Case) -> Present | None:
    """How that is now which a notice is about; None for any other message, and for who has nothing to do with it."""
    if case.message.cause == "update" and case.event is not None and case.party is not None:
        return PresentEvent(noted(case.event, case.dates, case.party), case.message.language)
    if case.message.cause == "day-programme" and case.registration is not None:
        return PresentProgramme(noted_items(case.listed), case.message.language)
    return None


def owed(case: Case) -> Noted:
    """What a notice has to tell now, as its reader last knew it; empty when nothing is left of it."""
    present = present_of(case)
    return left(case.message, present) if present is not None else {}


def left(notice: Message, present: Present) -> Noted:
    """What is left of a notice's news; of what its reader may know in two ways, the likelier."""
    known, otherwise = (from_text(notice.facts.get(name, "")) for name in (BEFORE, OTHERWISE))
    return {**present.still(otherwise), **present.still(known)}
