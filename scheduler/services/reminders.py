"""The reminder ledger: plan due rows when an event changes, fan out what fell due into the outbox.

A row's `due_at` never changes. A change of time makes a new row with the next `timing_revision` and supersedes the
old one; who already got the old reminder gets the new one only when it lies more than 24 hours later. A rule with a
clock time at the recipient's place has a row for each zone that recipients are in.
"""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Literal

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.ids import new_id
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder, due_at, follows_up, is_at_the_door, is_zoned, pointless_from
from scheduler.services.recipients import Release, parties, write_to_parties, write_to_people, zone_of
from scheduler.store import events, messages, registrations
from scheduler.store import reminders as store

Key = tuple[str, str, str | None]
"""The id of a date, a rule, a zone: what has one row at a time."""
_OPEN = {"planned", "releasing"}
_UNDER_WAY = {*_OPEN, "released"}
_PER_TICK = 20


def plan(conn: Connection, event: Event, dates: list[Occurrence], *, config: Config, now: datetime) -> None:
    """Makes the ledger fit an event as it now is; called in the transaction of every change of it."""
    wanted = {date.id: date for date in dates if date.alive} if event.alive else {}
    rules = rules_of(event, config) if wanted else ()
    keys = _keys(wanted, rules, _zones(conn, event, rules, config))
    latest = _latest(store.of_event(conn, event.id))
    elsewhere: dict[tuple[str, str], Reminder] = {}
    for key, old in latest.items():
        if key not in keys:
            _retire(conn, old, "silenced", "the event was cancelled" if not event.alive else "no longer planned")
            elsewhere[key[:2]] = old
    for key in keys:
        own, date = latest.get(key), wanted[key[0]]
        _plan_one(conn, event, date, key, own, elsewhere=elsewhere.get(key[:2]), config=config, now=now)


def welcome(conn: Connection, event: Event, person: Registration, *, config: Config, now: datetime) -> None:
    """Makes the rows that somebody needs who is the first from their zone; called when they get their place."""
    rules = tuple(rule for rule in rules_of(event, config) if is_zoned(rule))
    if not rules or not event.alive:
        return
    dates = {date.id: date for date in events.dates_of(conn, event.id) if date.alive}
    latest = _latest(store.of_event(conn, event.id))
    for key in _keys(dates, rules, [zone_of(person, event)]):
        _plan_one(conn, event, dates[key[0]], key, latest.get(key), config=config, now=now)


def rules_of(event: Event, config: Config) -> tuple[str, ...]:
    """The reminder rules of an event: its own, else those of its kind or programme, else the default.

    Of the defaults, those shortly before the start are for who takes part online.
    """
    if event.reminders is not None:
        return event.reminders
    rules = config.reminders_for(event.programme, event.kind)
    return tuple(rule for rule in rules if event.format != "on-site" or not is_at_the_door(rule))


def release_due(conn: Connection, *, config: Config, now: datetime) -> int:
    """Fans out reminders that fell due, a slice of recipients at a time; gives how many messages were written.

    Call it again while it gives more than nothing: each call is one transaction.
    """
    written = 0
    for reminder in store.due(conn, now, _PER_TICK):
        written += _release(conn, reminder, config=config, now=now)
        if written >= config.reminders.release_slice:
            break
    return written


def _plan_one(
    conn: Connection,
    event: Event,
    date: Occurrence,
    key: Key,
    own: Reminder | None,
    *,
    elsewhere: Reminder | None = None,
    config: Config,
    now: datetime,
) -> None:
    """`elsewhere` is the row of the same rule for another zone that nobody is in any more, since the event changed."""
    _, rule, zone = key
    due = due_at(date, event.timezone, rule, _day_starts(config), zone or "")
    if own is not None and own.due_at == due and own.state in _UNDER_WAY:
        return
    old = own or elsewhere
    overdue = old is not None and old.due_at <= now and old.state in _UNDER_WAY
    if own is not None:
        _retire(conn, own, "superseded", "the event was moved")
    until = pointless_from(date, event.timezone, rule, _day_starts(config), due)
    if due <= now and not (overdue and until > now):
        return
    row = Reminder(
        id=new_id(now),
        event_id=event.id,
        occurrence_id=date.id,
        rule=rule,
        zone=zone,
        timing_revision=old.timing_revision + 1 if old else 1,
        due_at=due,
        created_at=now,
    )
    store.add(conn, row)


def _retire(conn: Connection, old: Reminder, state: Literal["superseded", "silenced"], reason: str) -> None:
    if old.state in {"superseded", "silenced"}:
        return
    store.mark(conn, old.id, state)
    messages.drop_waiting(conn, reason, messages.for_reminder(old.id))


def _release(conn: Connection, reminder: Reminder, *, config: Config, now: datetime) -> int:
    event = events.get(conn, reminder.event_id)
    date = events.date(conn, reminder.occurrence_id)
    if event is None or date is None or not event.alive or not date.alive:
        store.mark(conn, reminder.id, "silenced")
        return 0
    until = pointless_from(date, event.timezone, reminder.rule, _day_starts(config), reminder.due_at)
    if until <= now:
        store.mark(conn, reminder.id, "expired")
        return 0
    later = _later(conn, reminder)
    release = Release(reminder=reminder, event=event, date=date, until=until, later=later, config=config, now=now)
    written = write_to_parties(conn, release) if not reminder.cursor else 0
    people = registrations.slice_after(conn, event.id, reminder.cursor, config.reminders.release_slice)
    written += write_to_people(conn, release, people)
    if len(people) < config.reminders.release_slice:
        store.mark(conn, reminder.id, "released", released_at=now)
    else:
        store.mark(conn, reminder.id, "releasing", cursor=people[-1].id)
    return written


def _later(conn: Connection, reminder: Reminder) -> tuple[Reminder, ...]:
    """The reminders before the same date that fall due after this one."""
    return tuple(
        row
        for row in store.of_date(conn, reminder.event_id, reminder.occurrence_id)
        if row.state in _UNDER_WAY
        and not follows_up(row.rule)
        and (row.due_at, row.id) > (reminder.due_at, reminder.id)
    )


def _keys(dates: Iterable[str], rules: tuple[str, ...], zones: Iterable[str]) -> list[Key]:
    listed = list(zones)
    return [(date, rule, zone) for date in dates for rule in rules for zone in (listed if is_zoned(rule) else (None,))]


def _zones(conn: Connection, event: Event, rules: tuple[str, ...], config: Config) -> list[str]:
    """The zones that recipients of an event are in, the event's own among them; none where no rule asks."""
    if not any(is_zoned(rule) for rule in rules):
        return []
    there = {zone or event.timezone for zone in registrations.zones(conn, event.id)}
    return sorted({event.timezone, *there, *(party.timezone for party in parties(event, config))})


def _latest(rows: list[Reminder]) -> dict[Key, Reminder]:
    ordered = sorted(rows, key=lambda row: row.timing_revision)
    return {(row.occurrence_id, row.rule, row.zone): row for row in ordered}


def _day_starts(config: Config) -> time:
    return time.fromisoformat(config.reminders.all_day_hour)
