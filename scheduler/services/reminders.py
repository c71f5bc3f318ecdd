"""The reminder ledger: plan due rows when an event changes, fan out what fell due into the outbox.

A row's `due_at` never changes. A change of time makes a new row with the next `timing_revision` and supersedes the
old one; who already got the old reminder gets the new one only when it lies more than 24 hours later.
"""

from datetime import datetime, time

from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.model.event import Event, Occurrence
from scheduler.model.ids import new_id
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder, begins_at, due_at
from scheduler.services import cases, outbox
from scheduler.store import events, messages, registrations
from scheduler.store import reminders as store

_OPEN = {"planned", "releasing"}
_PER_TICK = 20


def plan(conn: Connection, event: Event, dates: list[Occurrence], *, config: Config, now: datetime) -> None:
    """Makes the ledger fit an event as it now is; called in the transaction of every change of it."""
    wanted = {date.id: date for date in dates if date.alive} if event.alive else {}
    rules = rules_of(event, config) if wanted else ()
    latest = _latest(store.of_event(conn, event.id))
    for (date_id, rule), old in latest.items():
        if date_id not in wanted or rule not in rules:
            _retire(conn, old, "silenced", "the event was cancelled" if not event.alive else "no longer planned")
    for date in wanted.values():
        for rule in rules:
            _plan_one(conn, event, date, rule, latest.get((date.id, rule)), config=config, now=now)


def rules_of(event: Event, config: Config) -> tuple[str, ...]:
    """The reminder rules of an event: its own, else those of its kind or programme, else the default."""
    return event.reminders if event.reminders is not None else config.reminders_for(event.programme, event.kind)


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
    conn: Connection, event: Event, date: Occurrence, rule: str, old: Reminder | None, *, config: Config, now: datetime
) -> None:
    due = due_at(date, event.timezone, rule, _day_starts(config))
    if old is not None and old.due_at == due and old.state in {*_OPEN, "released"}:
        return
    overdue = old is not None and old.due_at <= now and old.state in {*_OPEN, "released"}
    if old is not None:
        _retire(conn, old, "superseded", "the event was moved")
    if due <= now and not (overdue and begins_at(date, event.timezone, _day_starts(config)) > now):
        return
    row = Reminder(
        id=new_id(now),
        event_id=event.id,
        occurrence_id=date.id,
        rule=rule,
        timing_revision=old.timing_revision + 1 if old else 1,
        due_at=due,
        created_at=now,
    )
    store.add(conn, row)


def _retire(conn: Connection, old: Reminder, state: str, reason: str) -> None:
    if old.state in {"superseded", "silenced"}:
        return
    store.mark(conn, old.id, "superseded" if state == "superseded" else "silenced")
    messages.drop_waiting(conn, reason, messages.for_reminder(old.id))


def _release(conn: Connection, reminder: Reminder, *, config: Config, now: datetime) -> int:
    event = events.get(conn, reminder.event_id)
    date = events.date(conn, reminder.occurrence_id)
    if event is None or date is None or not event.alive or not date.alive:
        store.mark(conn, reminder.id, "silenced")
        return 0
    begins = begins_at(date, event.timezone, _day_starts(config))
    if begins <= now:
        store.mark(conn, reminder.id, "expired")
        return 0
    people = registrations.slice_after(conn, event.id, reminder.cursor, config.reminders.release_slice)
    written = sum(
        _write(conn, event, date, reminder, person, expires_at=begins, config=config, now=now)
        for person in people
        if _concerns(reminder, date, person)
    )
    if len(people) < config.reminders.release_slice:
        store.mark(conn, reminder.id, "released", released_at=now)
    else:
        store.mark(conn, reminder.id, "releasing", cursor=people[-1].id)
    return written


def _concerns(reminder: Reminder, date: Occurrence, person: Registration) -> bool:
    """True unless the person came after the due instant, or chose other dates or no mails."""
    if person.confirmed_at is None or person.confirmed_at > reminder.due_at:
        return False
    return person.reminders and person.attends(date.id)


def _write(
    conn: Connection,
    event: Event,
    date: Occurrence,
    reminder: Reminder,
    person: Registration,
    *,
    expires_at: datetime,
    config: Config,
    now: datetime,
) -> bool:
    """Writes one person's message, unless they had it before the event was moved.

    While that earlier one is on its way nobody can know: this one waits until its lease is over, and is judged again
    when it is claimed.
    """
    earlier = cases.before_the_move(conn, person, reminder)
    if cases.had(earlier, reminder):
        return False
    leases = [row.lease_until for row in earlier if row.state == "sending" and row.lease_until]
    return outbox.write(
        conn,
        "reminder",
        config=config,
        now=now,
        address=person.email,
        language=person.language,
        event=event,
        date=date,
        registration=person,
        reminder=reminder,
        expires_at=expires_at,
        not_before=max([now, *leases]),
    )


def _latest(rows: list[Reminder]) -> dict[tuple[str, str], Reminder]:
    return {(row.occurrence_id, row.rule): row for row in sorted(rows, key=lambda row: row.timing_revision)}


def _day_starts(config: Config) -> time:
    return time.fromisoformat(config.reminders.all_day_hour)
