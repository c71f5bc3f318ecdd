"""The day programme of a visit, before and after somebody changed it."""

from datetime import UTC, datetime

from msgspec.structs import replace

from scheduler.model.day_programme import items_changed, noted_items
from scheduler.model.digest import Listed
from scheduler.model.event import Event, Occurrence, Place
from scheduler.model.notices import to_text


def _item(visit: Event, key: str, title: dict[str, str], start: str, end: str, room: str) -> Listed:
    event = replace(
        visit,
        id=key,
        uid=f"{key}@agenda.example.org",
        kind="workshop",
        status="confirmed",
        title=title,
        start=start,
        end=end,
        part_of=visit.id,
        place=Place(city={"en": "Quito"}, country="EC", room=room),
    )
    hours = [datetime.fromisoformat(f"{text}:00-05:00").astimezone(UTC) for text in (start, end)]
    date = Occurrence(id=f"{key}.0", event_id=key, position=0, start=start, end=end, start_at=hours[0], end_at=hours[1])
    return Listed(kind="item", event=event, date=date)


WELCOME, LESSON = {"en": "Welcome", "nl": "Onthaal", "fr": "Accueil", "es": "Bienvenida"}, {"es": "Clase de ciencias"}
CIRCLE, MARKET = {"en": "Study circle with mentors"}, {"en": "Walk to the market"}


def items_of(visit: Event) -> tuple[Listed, ...]:
    """What takes place now: a welcome, a lesson, and a study circle that was added."""
    return (
        _item(visit, "01welcome", WELCOME, "2027-04-19T09:00", "2027-04-19T10:00", "Aula Magna"),
        _item(visit, "01lesson", LESSON, "2027-04-20T10:30", "2027-04-20T12:00", "Aula 4"),
        _item(visit, "01circle", CIRCLE, "2027-04-21T14:00", "2027-04-21T16:00", "Biblioteca"),
    )


def facts_of(visit: Event, language: str) -> dict[str, str]:
    """The notice after the lesson moved to another hour and room, the circle was added and a walk was cancelled."""
    welcome, lesson, _ = items_of(visit)
    was = (
        welcome,
        _item(visit, lesson.event.id, LESSON, "2027-04-20T08:00", "2027-04-20T09:30", "Aula 2"),
        _item(visit, "01walk", MARKET, "2027-04-22T09:00", "2027-04-22T11:00", "Plaza"),
    )
    return {"before": to_text(items_changed(noted_items(was), noted_items(items_of(visit)), language))}
