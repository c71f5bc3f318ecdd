"""The comparisons that are too long for every run: all time zones, and as many random rules as you have patience for.

`rules` are those that our events may have, `legal` all that RFC 5545 allows (with dateutil alone).
`python -m tests.feeds.long_runs zones|rules|legal [--count N] [--seed S]`. Differences go to stdout, progress to
stderr; ends with 1 when there is a difference. ical.js takes part when Node.js and it are here (docs/interop.md).
"""

import argparse
import sys
import time
import zoneinfo
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO

from dateutil.tz import tzical

from feeds.entry import Entry
from feeds.recurrence import rule_text
from feeds.timezones import is_zone
from tests.feeds.entries import calendar_of
from tests.feeds.ical_js import IcalJs, find_ical_js
from tests.feeds.legal_rules import difference
from tests.feeds.readers import Seen, seen_by_recurring, seen_by_us
from tests.feeds.test_readers import as_seen, random_series
from tests.feeds.test_timezones import expected, instants, wrapped

_BATCH = 250
_SHOWN = 100
_YEARS = (2026, 2027, 2028)
_ZONES = ("Europe/Brussels", "America/Guayaquil")


def zone_differences(zone: str, reader: IcalJs | None) -> list[str]:
    """Where dateutil or ical.js reads another offset from our VTIMEZONE of 2020-2040 than the tz database has."""
    calendar = wrapped(zone)
    told = [(at, *expected(zone, at)) for at in instants(zone)]
    tz = tzical(StringIO(calendar.decode())).get(zone)
    wrong = [
        f"{zone} dateutil {at:%Y-%m-%dT%H:%M:%SZ}: not {offset}"
        for at, local, offset in told
        if local.replace(tzinfo=tz).utcoffset() != offset
    ]
    if reader is None:
        return wrong
    # ical.js has no word for the first pass of a double hour and always takes the second.
    plain = [(at, local, offset) for at, local, offset in told if _once(local)]
    offsets = reader.offsets(calendar, [local for _, local, _ in plain])
    return wrong + [
        f"{zone} ical.js {at:%Y-%m-%dT%H:%M:%SZ}: {timedelta(seconds=seen)}, not {offset}"
        for (at, _, offset), seen in zip(plain, offsets, strict=True)
        if timedelta(seconds=seen) != offset
    ]


def rule_differences(seeds: Sequence[int], year: int, reader: IcalJs | None) -> Iterator[str]:
    """Rules that begin in `year` of which recurring-ical-events or ical.js finds other dates in the next than we do."""
    span = datetime(year + 1, 1, 1, tzinfo=UTC), datetime(year + 2, 1, 1, tzinfo=UTC)
    entries = [random_series(seed, _ZONES[seed % 2], year) for seed in seeds]
    theirs: dict[str, list[Seen]] = defaultdict(list)
    for seen in seen_by_recurring(calendar_of(*entries), *span):
        theirs[seen[0]].append(seen)
    for one in entries:
        yield from _difference("recurring-ical-events", one, theirs[one.uid], span)
    if reader is not None:
        answers = reader.occurrences([calendar_of(one) for one in entries], *span)
        for one, found in zip(entries, answers, strict=True):
            if not explained(one):
                yield from _difference("ical.js", one, as_seen(found), span)


def explained(one: Entry) -> bool:
    """True where ical.js is known to give 1 March for 29 February, and nothing that we could write tells it better."""
    rule = one.recurrence.rule if one.recurrence else None
    if rule is None or rule.frequency != "yearly" or rule.interval == 1 or rule.by_day or rule.by_year_day:
        return False
    return one.start.day > 28 and not rule.by_month_day and rule.by_month not in {(), (one.start.month,)}


def _difference(program: str, one: Entry, seen: list[Seen], span: tuple[datetime, datetime]) -> Iterator[str]:
    ours = seen_by_us([one], *span)
    if seen != ours and one.recurrence:
        text = rule_text(one.recurrence.rule)
        yield f"{program} seed {one.uid.removesuffix('@x')} {one.start} {text}: {seen[:3]}, ours {ours[:3]}"


def _once(local: datetime) -> bool:
    """True for a wall time that comes once."""
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def _zones(reader: IcalJs | None) -> tuple[int, list[str]]:
    names = sorted(name for name in zoneinfo.available_timezones() if is_zone(name))
    found: list[str] = []
    for index, name in enumerate(names, 1):
        found += zone_differences(name, reader)
        _progress(index, len(names), "zones", len(found))
    return len(names), found


def _rules(count: int, seed: int, reader: IcalJs | None) -> tuple[int, list[str]]:
    found: list[str] = []
    for first in range(seed, seed + count, _BATCH):
        last = min(first + _BATCH, seed + count)
        found += rule_differences(range(first, last), _YEARS[first // _BATCH % len(_YEARS)], reader)
        _progress(last - seed, count, "rules", len(found))
    return count, found


def _legal(count: int, seed: int) -> tuple[int, list[str]]:
    found: list[str] = []
    for done, one in enumerate(range(seed, seed + count), 1):
        found += filter(None, [difference(one)])
        if done % 1_000 == 0:
            _progress(done, count, "legal rules", len(found))
    return count, found


def _progress(done: int, of: int, what: str, differences: int) -> None:
    if done == of or done % 50 == 0:
        print(f"{done:,} of {of:,} {what}, {differences:,} differences", file=sys.stderr, flush=True)


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.feeds.long_runs", description=__doc__)
    parser.add_argument("what", choices=("zones", "rules", "legal"))
    parser.add_argument("--count", type=int, default=100_000, help="how many random rules")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first rule")
    asked = parser.parse_args()
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    reader, began = find_ical_js(), time.monotonic()
    if asked.what == "legal":
        reader = None
        done, found = _legal(asked.count, asked.seed)
    else:
        done, found = _zones(reader) if asked.what == "zones" else _rules(asked.count, asked.seed, reader)
    for told in found[:_SHOWN]:
        print(told)
    if len(found) > _SHOWN:
        print(f"... and {len(found) - _SHOWN:,} more")
    with_what = "with ical.js" if reader else "without ical.js"
    print(f"{done:,} {asked.what}, {len(found):,} differences, {with_what}, {time.monotonic() - began:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
