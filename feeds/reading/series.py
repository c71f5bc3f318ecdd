"""VEVENTs of one UID to one entry: the newest version, its dates, its overrides (RFC 5545 section 3.8.4.4)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import msgspec
from msgspec import Struct

from feeds.entry import Entry, When, instant
from feeds.errors import InvalidRule
from feeds.expansion import Meter, rule_days
from feeds.kept import Kept
from feeds.reading.components import Component
from feeds.reading.event import Draft, read_event, uid_of
from feeds.reading.findings import Caution, Limits, Refusal, Unreadable
from feeds.reading.ranges import Override, apply_ranges
from feeds.reading.repeats import in_terms_of, read_series
from feeds.reading.times import read_time
from feeds.reading.zones import Zones
from feeds.rules import basic


class Read(Struct, frozen=True, kw_only=True):
    """One entry as it was read, from the component that begins on `line`.

    `kept` is what the entry does not carry, for the entry and then for each of its overrides (feeds.kept);
    `warnings` name what was repaired, none for an entry that was read whole. `floating`: the file gave no time zone,
    the times are in the calendar's own or the reader's. `private`: CLASS is PRIVATE or CONFIDENTIAL.
    """

    line: int
    entry: Entry
    kept: tuple[Kept, ...]
    warnings: tuple[Caution, ...] = ()
    floating: bool = False
    private: bool = False


class Assembly:
    """Collects what becomes of the drafts of a file: `entries`, and `refused`."""

    def __init__(self, limits: Limits, meter: Meter) -> None:
        self.entries: list[Read] = []
        self.refused: list[Refusal] = []
        self._limits = limits
        self._meter = meter
        self._drafts: dict[str, list[Draft]] = {}
        self._lost: dict[str, int] = {}

    def take(self, component: Component, zones: Zones, *, cancelled: bool) -> None:
        """The next VEVENT; `cancelled` says that its calendar's METHOD is CANCEL. Raises TooLarge."""
        try:
            draft = read_event(component, zones, cancelled=cancelled)
        except Unreadable as fault:
            uid = uid_of(component)
            self.refused.append(fault.refusal(uid))
            if uid and component.first("RECURRENCE-ID") is None:
                self._lost.setdefault(uid, component.line)
            return
        self._drafts.setdefault(draft.entry.uid, []).append(draft)

    def finish(self) -> None:
        """Put together what belongs together, after the last VEVENT."""
        for uid, drafts in self._drafts.items():
            self._together(uid, drafts, self._lost.get(uid))

    def _together(self, uid: str, drafts: list[Draft], lost: int | None) -> None:
        """All drafts of one UID; `lost` is the line of its series when that was refused already."""
        masters = [draft for draft in drafts if draft.original is None]
        overrides = [draft for draft in drafts if draft.original is not None]
        if not masters:
            self._orphans(overrides, "its series is not in this calendar", lost)
            return
        if not overrides and _namesakes(masters):
            self._apart(masters)
            return
        master = self._newest(masters)
        try:
            self._series(master, overrides)
        except Unreadable as fault:
            self.refused.append(fault.refusal(uid))
            self._orphans(overrides, "", master.component.line)

    def _apart(self, masters: list[Draft]) -> None:
        """Different events under one UID: all are read, all but the first under a UID of their own."""
        for draft in masters:
            if draft is masters[0]:
                self._together(draft.entry.uid, [draft], None)
                continue
            entry = msgspec.structs.replace(draft.entry, uid=f"{draft.entry.uid}-{basic(draft.entry.start)}")
            words = f"its UID is that of the event on line {masters[0].component.line:,}: its start was added to it"
            draft.notes.add(draft.component.line, "same-uid", words)
            self._together(entry.uid, [msgspec.structs.replace(draft, entry=entry)], None)

    def _series(self, master: Draft, drafts: list[Draft]) -> None:
        series = read_series(master, self._limits)
        if series is None:
            self._single(master)
            self._orphans(drafts, f"the event on line {master.component.line:,} is no series", None)
            return
        if len(drafts) > self._limits.overrides:
            words = f"the series has {len(drafts):,} changed dates, more than {self._limits.overrides:,}"
            raise Unreadable(master.component.line, "too-large", words)
        entry = msgspec.structs.replace(master.entry, recurrence=series.recurrence)
        self._check_start(entry, master)
        overrides = self._overrides(master, drafts)
        self._check_dates(entry, overrides, master)
        for when, end in series.unusual:
            if when not in {override.original for override in overrides}:
                changed = msgspec.structs.replace(master.entry, start=when, end=end, recurrence_id=when)
                overrides.append(Override(when, changed, master.kept, master, False))
        for part in apply_ranges(entry, overrides, self._limits, self._meter):
            changes = sorted(part.overrides, key=lambda override: basic(override.original))
            drafts_in = [master, *(override.draft for override in changes)]
            self.entries.append(
                Read(
                    line=master.component.line,
                    entry=msgspec.structs.replace(part.entry, overrides=tuple(one.entry for one in changes)),
                    kept=(part.kept or master.kept, *(one.kept for one in changes)),
                    warnings=_cautions(drafts_in),
                    floating=any(draft.start.form == "floating" for draft in drafts_in),
                    private=any(draft.private for draft in drafts_in),
                )
            )

    def _single(self, draft: Draft, entry: Entry | None = None) -> None:
        self.entries.append(
            Read(
                line=draft.component.line,
                entry=entry or draft.entry,
                kept=(draft.kept,),
                warnings=draft.notes.all(),
                floating=draft.start.form == "floating",
                private=draft.private,
            )
        )

    def _orphans(self, drafts: list[Draft], why: str, lost: int | None) -> None:
        """Changed dates without a series: each stands alone, unless its series was refused."""
        seen: dict[When, list[Draft]] = {}
        for draft in drafts:
            line = draft.original
            if line is None:
                continue
            if lost is not None:
                words = f"it changes a date of the series on line {lost:,}, which could not be read"
                self.refused.append(Refusal(draft.component.line, draft.entry.uid, "series-refused", words))
                continue
            try:
                time = read_time(line, draft.zones, draft.notes, beside=draft.start)
            except Unreadable as fault:
                self.refused.append(fault.refusal(draft.entry.uid))
                continue
            draft.notes.add(line.number, "orphan", f"it changes one date of a series, but {why}: it stands alone")
            seen.setdefault(in_terms_of(draft.start, time, line, draft.zones, draft.notes), []).append(draft)
        for when, versions in seen.items():
            draft = self._newest(versions)
            if draft.original and draft.original.parameter("RANGE"):
                draft.notes.add(draft.original.number, "range", "RANGE was left out: the later dates are not here")
            self._single(draft, msgspec.structs.replace(draft.entry, recurrence_id=when))

    def _overrides(self, master: Draft, drafts: list[Draft]) -> list[Override]:
        """The newest version of each changed date, with its original start as the series says it."""
        found: dict[When, list[Draft]] = {}
        for draft in drafts:
            line = draft.original
            if line is None:
                continue
            try:
                time = read_time(line, draft.zones, draft.notes, beside=master.start)
            except Unreadable as fault:
                self.refused.append(fault.refusal(draft.entry.uid))
                words = f"a changed date on line {draft.component.line:,} could not be read: the series has the old one"
                master.notes.add(draft.component.line, "override-refused", words)
                continue
            original = in_terms_of(master.start, time, line, draft.zones, draft.notes)
            found.setdefault(original, []).append(draft)
        return [self._override(master, original, self._newest(versions)) for original, versions in found.items()]

    def _override(self, master: Draft, original: When, draft: Draft) -> Override:
        entry = msgspec.structs.replace(draft.entry, recurrence_id=original)
        if draft.borrowed:
            length = master.entry.end - master.entry.start
            entry = msgspec.structs.replace(entry, start=original, end=original + length, zone=master.entry.zone)
        reach = draft.original.parameter("RANGE").upper() if draft.original else ""
        if reach and reach != "THISANDFUTURE" and draft.original:
            words = f"RANGE={reach[:20]} is not supported: the change was read for its own date only"
            draft.notes.add(draft.original.number, "range", words)
        return Override(original, entry, draft.kept, draft, reach == "THISANDFUTURE")

    def _newest(self, versions: list[Draft]) -> Draft:
        """The version with the highest SEQUENCE, then the latest change, then the last in the file."""
        order = sorted(versions, key=lambda draft: (draft.entry.sequence, draft.entry.modified, draft.entry.stamp))
        best = order[-1]
        for draft in versions:
            if draft is best:
                continue
            line = draft.component.line
            if list(draft.component.text()) == list(best.component.text()):
                best.notes.add(line, "repeated", f"the same event stands again on line {line:,}")
                continue
            words = f"its UID and date stand again on line {best.component.line:,}, in a version that is newer"
            self.refused.append(Refusal(line, draft.entry.uid, "older-version", words))
            best.notes.add(line, "older-version", f"another version on line {line:,} was left out")
        return best

    def _check_start(self, entry: Entry, master: Draft) -> None:
        rule, line = entry.recurrence.rule if entry.recurrence else None, master.component.first("RRULE")
        if rule is None or line is None:
            return
        day = _day(entry.start)
        late = entry.start if isinstance(rule.until, datetime) else day
        if rule.until is not None and _at(late, entry.zone) > _at(rule.until, entry.zone):
            words = "RRULE ends before DTSTART, which is the only date all the same"
            master.notes.add(line.number, "until-before-start", words)
        try:
            self._meter.take(400 if rule.by_week_number or rule.by_year_day else 1)
            if day in rule_days(rule, day, day, self._meter):
                return
        except InvalidRule:
            return
        words = "DTSTART is no date of RRULE: it counts as the first one all the same"
        master.notes.add(line.number, "start-not-in-rule", words)

    def _check_dates(self, entry: Entry, overrides: list[Override], master: Draft) -> None:
        """Changed and excluded dates that are none of the series, or both at once."""
        excluded = set(entry.recurrence.excluded if entry.recurrence else ())
        # Only these can be wrong, and looking costs.
        odd = {when for when in excluded if isinstance(when, datetime) and when.time() != _clock(entry.start)}
        if not (overrides or odd):
            return
        try:
            last = max(map(_day, (*odd, *(override.original for override in overrides))))
            starts = _starts(entry, last, self._meter)
        except InvalidRule:
            return
        for override in overrides:
            line = override.draft.original
            if override.original in excluded:
                words = "it changes a date that EXDATE takes out: the change counts"
                override.draft.notes.add(line.number if line else 0, "excluded-too", words)
            elif override.original not in starts:
                words = "it changes a date that the series does not have: it was added to it"
                override.draft.notes.add(line.number if line else 0, "not-in-series", words)
        line = master.component.first("EXDATE")
        if line and {_day(when) for when in odd - starts} & set(map(_day, starts)):
            words = "EXDATE has another time than the series has on that day: it takes nothing out"
            master.notes.add(line.number, "excludes-nothing", words)


def _namesakes(drafts: list[Draft]) -> bool:
    """True for several events that cannot be versions of one: equal in number and change, each at another time."""
    versions = {(draft.entry.sequence, draft.entry.modified, draft.entry.stamp) for draft in drafts}
    return 1 < len(drafts) == len({basic(draft.entry.start) for draft in drafts}) and len(versions) == 1


def _starts(entry: Entry, stop: date, meter: Meter) -> set[When]:
    """The starts of a series up to a day, before exclusions. Raises InvalidRule when the meter is used up."""
    if entry.recurrence is None:
        return {entry.start}
    rule, start = entry.recurrence.rule, entry.start
    if rule.until is not None:
        stop = min(stop, _day(rule.until) + timedelta(days=1))
    found = {start, *entry.recurrence.added}
    given = 1
    for day in rule_days(rule, _day(start), stop, meter):
        if rule.count is not None and given >= rule.count:
            break
        if day != _day(start):
            found.add(datetime.combine(day, start.time()) if isinstance(start, datetime) else day)
            given += 1
    return found


def _cautions(drafts: Iterable[Draft]) -> tuple[Caution, ...]:
    found = (caution for draft in drafts for caution in draft.notes.all())
    return tuple(sorted(dict.fromkeys(found), key=lambda caution: caution.line))


def _clock(when: When) -> time | None:
    return when.time() if isinstance(when, datetime) else None


def _at(when: When, zone: str | None) -> datetime:
    return when if isinstance(when, datetime) and when.tzinfo else instant(when, zone)


def _day(when: When) -> date:
    return when.date() if isinstance(when, datetime) else when
