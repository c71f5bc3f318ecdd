"""What differs, in words: how the event was when the reader last heard, beside how it is now."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from scheduler.mail.letters.parts import About, brief_on_both_clocks, language_lines, where_lines
from scheduler.model.event import Event, Occurrence
from scheduler.model.notices import LANGUAGES, PLACE, TITLE, NotedDate, as_it_was, dates_in
from scheduler.model.reading import Reading, read, when


class DateThen(Struct, frozen=True):
    """One date of the event: how it was (None where there was none, or it was cancelled), and how it is now."""

    was: Occurrence | None
    now: Occurrence | None
    zone: str = ""
    """The zone that `was` is written in."""


class Differences(Struct, frozen=True, kw_only=True):
    """All that differs for one reader. `then` is the event as it was, dates aside."""

    before: Mapping[str, str]
    then: Event
    moved: tuple[DateThen, ...] = ()
    cancelled: tuple[DateThen, ...] = ()
    added: tuple[DateThen, ...] = ()

    @property
    def dated(self) -> bool:
        """True when some date differs."""
        return bool(self.moved or self.cancelled or self.added)


def differences_of(a: About, before: Mapping[str, str]) -> Differences:
    """What differs between how it was noted and how it is; dates that are over by now are left out."""
    present = {date.position: date for date in (*a.letter.dates, a.occurrence) if date.event_id == a.event.id}
    pairs = [_date_then(a, position, was, present.get(position)) for position, was in dates_in(before).items()]
    ahead = [pair for pair in pairs if any(date and date.end_at > a.letter.now for date in (pair.was, pair.now))]
    return Differences(
        before=before,
        then=as_it_was(a.event, before),
        moved=tuple(pair for pair in ahead if pair.was and pair.now),
        cancelled=tuple(pair for pair in ahead if pair.was and not pair.now),
        added=tuple(pair for pair in ahead if pair.now and not pair.was),
    )


def _date_then(a: About, position: int, was: NotedDate | None, now: Occurrence | None) -> DateThen:
    old = None
    if was is not None and was.alive:
        start_at, end_at = was.instants
        old = Occurrence(
            id=f"{a.event.id}.{position}",
            event_id=a.event.id,
            position=position,
            start=was.start,
            end=was.end,
            start_at=start_at,
            end_at=end_at,
            reason=now.reason if now else "",
        )
    return DateThen(old, now if now and now.alive else None, was.timezone if was else "")


def as_then(a: About, differences: Differences, pair: DateThen) -> About:
    """The letter about the date as it was, on the clock that it was on."""
    zone = pair.zone or a.event.timezone
    return replace(a, event=replace(differences.then, timezone=zone), occurrence=pair.was or a.occurrence)


def old_brief(a: About, differences: Differences, pair: DateThen) -> str:
    """A date as it was, in a few words, on both clocks."""
    then = as_then(a, differences, pair)
    return brief_on_both_clocks(then, then.occurrence)


def old_when(a: About, differences: Differences, pair: DateThen) -> tuple[str, ...]:
    """A date as it was, in full."""
    then = as_then(a, differences, pair)
    return when(then.event, then.occurrence, a.letter.institutions, a.t, a.letter.timezone).lines


def old_place(a: About, differences: Differences) -> list[Reading]:
    """Where it was, as far as it is not there any more; nothing when the words are the same."""
    if PLACE not in differences.before:
        return []
    here = where_lines(a)
    return [line for line in where_lines(replace(a, event=differences.then)) if line not in here]


def old_languages(a: About, differences: Differences) -> list[str]:
    """In which languages it was, as far as it is not any more."""
    if LANGUAGES not in differences.before:
        return []
    present = language_lines(a)
    return [line for line in language_lines(replace(a, event=differences.then)) if line not in present]


def old_title(a: About, differences: Differences) -> Reading:
    """The title as it was; empty when it did not change."""
    return read(differences.then.title, a.t.language) if TITLE in differences.before else Reading("")
