"""What organisers see of their events, of the people who come, and of the mails that went out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from scheduler.config.rules import parse_rule
from scheduler.dates import Here, date_text, moment
from scheduler.model.access import Actor, may_see_attendee
from scheduler.model.event import Event, Occurrence
from scheduler.model.message import Message
from scheduler.model.reading import Institutions, Reading
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.services.resending import may_be_resent
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_event import shown_date
from scheduler.web.pages.words import Mark, Taken, marks, named, place_words, seat_counts, when_words


class Fill(Struct, frozen=True):
    """Seats of one way to attend, in numbers."""

    mode: str
    words: str
    waiting: int


class Line(Struct, frozen=True, kw_only=True):
    """One event in the console's list."""

    id: str
    date: str
    time: str
    kind: str
    shape: str
    title: Reading
    place: str
    state: str
    marks: tuple[Mark, ...]
    fill: tuple[Fill, ...]
    draft: bool


class Attendee(Struct, frozen=True, kw_only=True):
    """One registration; `name` and `email` are empty for who may not see them.

    `answers` say in words what their calendar program answered, and what they wrote beside it.
    """

    name: str
    email: str
    hidden: bool
    state: str
    mode: str
    seats: int
    institution: str
    role: str
    language: str
    since: str
    place: int
    answers: tuple[str, ...] = ()


class MailLine(Struct, frozen=True, kw_only=True):
    """One message of the ledger in words."""

    what: str
    state: str
    tone: str
    to: str
    at: str
    note: str
    title: Reading | None = None
    event_id: str = ""
    id: str = ""
    again: bool = False


class ReminderLine(Struct, frozen=True):
    """One reminder that is planned."""

    due: str
    rule: str
    state: str


def line_of(
    event: Event, dates: Sequence[Occurrence], taken: Taken, institutions: Institutions, voice: Voice, *, now: datetime
) -> Line:
    """One event in the list."""
    date = shown_date(dates, now)
    words = when_words(event, date, institutions, voice)
    state = voice.t(f"pages.status.{event.status}")
    return Line(
        id=event.id,
        date=words.date,
        time=str(words.clock) if words.clock else "",
        kind=voice.name("kinds", event.kind),
        shape=voice.shape(event.kind),
        title=voice.read(event.title),
        place=place_words(event, institutions, voice),
        state=state,
        marks=tuple(mark for mark in marks(event, date, voice) if mark.text != state),
        fill=fill_of(event, taken, voice),
        draft=event.status == "draft",
    )


def fill_of(event: Event, taken: Taken, voice: Voice) -> tuple[Fill, ...]:
    """`12 of 40`, or how many there are where nothing limits them; exact numbers, for organisers."""
    found = []
    for mode, count in seat_counts(event, taken).items():
        if count.limit == 0 and not count.taken:
            continue
        known = count.limit is not None
        words = (
            voice.t("pages.console.of", taken=count.taken, limit=count.limit)
            if known
            else voice.t.plural("pages.console.registered", count.taken)
        )
        found.append(Fill(voice.t(f"pages.format.{mode}"), words, count.waiting))
    return tuple(found)


def attendees_of(
    rows: Sequence[Registration],
    line: Sequence[str],
    event: Event,
    *,
    actor: Actor,
    institutions: Institutions,
    voice: Voice,
) -> tuple[Attendee, ...]:
    """Everybody who registered, with names and addresses as far as the actor may see them."""
    return tuple(_attendee(row, line, event, actor=actor, institutions=institutions, voice=voice) for row in rows)


def mail_line(message: Message, to: str, voice: Voice, event: Event | None = None, zone: str = "") -> MailLine:
    """A message in words; `to` is what may be shown of the recipient. Instants on the clock of `zone` (IANA)."""
    state = ("bounced" if message.bounced_at else "late") if message.bounce else message.state
    tone = {"sent": "good", "failed": "bad", "bounced": "bad", "dropped": "plain"}.get(state, "warn")
    ready = max(message.next_attempt_at, message.not_before)
    at = message.sent_at or (ready if message.state == "waiting" else message.created_at)
    return MailLine(
        what=voice.t(f"pages.cause.{message.cause.replace('-', '_')}"),
        state=voice.t(f"pages.message.{state}"),
        tone=tone,
        to=to,
        at=instant_words(at, voice, zone),
        note=message.bounce or message.last_error,
        title=voice.read(event.title) if event else None,
        event_id=event.id if event else "",
        id=message.id,
        again=may_be_resent(message),
    )


def reminder_line(reminder: Reminder, voice: Voice) -> ReminderLine:
    """A planned reminder in words."""
    return ReminderLine(
        instant_words(reminder.due_at, voice),
        rule_words(reminder.rule, voice),
        voice.t(f"pages.reminder.{reminder.state}"),
    )


def rule_words(rule: str, voice: Voice) -> str:
    """A reminder rule in words: “1 day before, at 17:00 where people are”; a mixed one stays as it is."""
    wanted = parse_rule(rule)
    days, minutes = wanted.offset.days, int(wanted.offset.exact.total_seconds() // 60)
    if days and minutes:
        return rule
    side = "_after" if wanted.after else ""
    if wanted.clock is not None:
        day = voice.t.plural(f"pages.rule.days{side}", days) if days else voice.t("pages.rule.same_day")
        return voice.t("pages.rule.clock", day=day, clock=wanted.clock.isoformat("minutes"))
    if days:
        return voice.t.plural(f"pages.rule.days{side}", days)
    hours, rest = divmod(minutes, 60)
    unit, count = ("minutes", minutes) if rest else ("hours", hours)
    return voice.t.plural(f"pages.rule.{unit}{side}", count)


def instant_words(at: datetime, voice: Voice, zone: str = "") -> str:
    """An instant on a zone's clock, by default the operator's: `Tue 16 Mar, 14:30 Brussels`."""
    zone = zone or voice.config.operator.timezone
    return f"{date_text(at.astimezone(ZoneInfo(zone)).date(), voice.t, 'short')}, {moment(at, Here(zone), voice.t)}"


def _attendee(
    row: Registration, line: Sequence[str], event: Event, *, actor: Actor, institutions: Institutions, voice: Voice
) -> Attendee:
    seen = may_see_attendee(actor, event, row)
    return Attendee(
        name=row.name if seen else "",
        email=row.email if seen else "",
        hidden=not seen,
        state=voice.t(f"pages.registration.{row.state}"),
        mode=voice.t(f"pages.format.{row.mode}"),
        seats=row.seats,
        institution=str(named(row.institution, institutions, voice)) if row.institution else "",
        role=voice.name("audiences", row.role) if row.role else "",
        language=voice.language_name(row.language) if seen else "",
        since=instant_words(row.created_at, voice),
        place=line.index(row.id) + 1 if row.id in line else 0,
        answers=tuple(answer_words(row, voice, comments=seen)),
    )


def answer_words(row: Registration, voice: Voice, *, comments: bool) -> Iterator[str]:
    """What somebody's calendar answered, in words; with `comments` also what they wrote beside it."""
    whole = row.answers.get("")
    if whole is not None:
        yield voice.t(f"pages.answer.{(whole.note or whole.answer).replace('-', '_')}")
    declined = sum(answer.answer == "declined" for date, answer in row.answers.items() if date)
    if declined:
        yield voice.t.plural("pages.answer.dates", declined)
    if comments:
        yield from (f"“{answer.comment}”" for answer in row.answers.values() if answer.comment)
