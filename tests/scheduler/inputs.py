"""Input that the door accepts, and what it needs to know for that. Used by the tests of the doors."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from scheduler.config import load
from scheduler.errors import Fault, Invalid
from scheduler.model.event import Event
from scheduler.model.institution import Institution
from scheduler.model.intake import new_event
from scheduler.model.intake_known import Known, known_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ID = "01kaw3v8q4c7k2m9n5p6r8s1t0"
OTHER_ID = "01kaw3v8q4c7k2m9n5p6r8s1t1"


def institution(key: str, timezone: str, country: str) -> Institution:
    """An institution with nothing but what an event can refer to."""
    return Institution(key=key, name={"en": key.upper()}, country=country, timezone=timezone, created_at=NOW)


@cache
def known() -> Known:
    """The shipped vocabulary and three institutions."""
    hosts = (
        institution("vives", "Europe/Brussels", "BE"),
        institution("unae", "America/Guayaquil", "EC"),
        institution("kemi", "Africa/Nairobi", "KE"),
    )
    return known_of(load(environ={}), {host.key: host for host in hosts})


def small(**fields: Any) -> dict[str, Any]:
    """The least that makes an event, and `fields`; a field that is None is left out."""
    data = {
        "title": {"en": "Multilingual classrooms"},
        "programme": "enspired",
        "kind": "workshop",
        "start": "2027-03-16T14:30",
        "end": "2027-03-16T16:00",
        "timezone": "Europe/Brussels",
        **fields,
    }
    return {name: value for name, value in data.items() if value is not None}


def full(**fields: Any) -> dict[str, Any]:
    """An event that uses every field, and `fields`."""
    return small(
        **{
            "external_id": {"source": "sis", "id": "2027-0316"},
            "status": "confirmed",
            "visibility": "institutions",
            "title": {"en": "Multilingual classrooms", "nl-BE": "Meertalige klassen"},
            "summary": "Home languages in the first years",
            "description": {"en": "Line one\nline two\twith a tab"},
            "notes": "Ask the host about the beamer",
            "recurrence": {
                "rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=6",
                "excluded": ["2027-03-30T14:30"],
                "moved": [
                    {
                        "date": "2027-03-23T14:30",
                        "start": "2027-03-24T14:30",
                        "end": "2027-03-24T16:00",
                        "reason": "Room taken",
                    }
                ],
                "cancelled": [{"date": "2027-04-06T14:30", "reason": "Strike"}],
            },
            "transparent": True,
            "part_of": OTHER_ID,
            "related": [OTHER_ID],
            "host": "vives",
            "co_hosts": ["unae"],
            "partners": ["kemi"],
            "sender": "unae",
            "countries": ["BE", "EC"],
            "direction": "both",
            "format": "hybrid",
            "place": {
                "room": "B.201",
                "address": "Xaverianenstraat 10\n8200 Brugge",
                "city": {"en": "Bruges", "nl": "Brugge"},
                "country": "BE",
                "access": {"en": "Step-free entrance at the back"},
            },
            "online": {
                "platform": "BigBlueButton",
                "url": "https://meet.example.org/room?x=1",
                "visibility": "public",
                "dial_in": "+32 2 123 45 67",
                "low_bandwidth": "Audio only",
            },
            "contact": "agenda@example.org",
            "speakers": [
                {
                    "role": {"en": "Subject adviser"},
                    "name": "Ana Pérez",
                    "affiliation": "UNAE",
                    "country": "EC",
                    "mode": "online",
                    "timezone": "America/Guayaquil",
                }
            ],
            "languages": ["en", "nl"],
            "interpretation": [{"from": "en", "to": "nl", "kind": "simultaneous"}],
            "language_note": {"en": "Everybody speaks their own language"},
            "audiences": ["student-teacher"],
            "levels": ["primary"],
            "key_areas": ["initial-teacher-education"],
            "themes": ["gender", "climate"],
            "sdg_targets": ["4", "4.c", "17.17"],
            "markers": {"gender": 1},
            "seats": {"on_site": 30, "online": 100, "waiting_list": False},
            "registration": {
                "mode": "open-form",
                "opens": "2027-02-01",
                "closes": "2027-03-15T12:00",
                "note": {"en": "The link follows by mail"},
                "url": "https://forms.example.org/1",
                "fee": 4500,
            },
            "development": {"hours": 1.5, "half_days": 1, "certificate": True},
            "ects": {"credits": 3, "hours_per_credit": "25-30", "in_course": True},
            "travel": {"travellers": 4, "visa": "Schengen short-stay", "per_diem": True},
            "funding": {"source": "SchoolLinks action plan", "ceiling": 4000},
            "materials": ["slides (pdf)", "https://example.org/toolkit.pdf"],
            "evaluation": {"form": "Exit ticket", "response_rate": 41},
            "outcome": {
                "registered": 30,
                "attended_on_site": 20,
                "attended_online": 5,
                "attended_by_role": {"student-teacher": 20, "teacher-educator": 5},
                "attended_by_gender": {"f": 14, "m": 9, "x-or-not-stated": 2},
                "institutions_reached": 3,
                "countries_reached": ["BE", "NL"],
            },
            "held": True,
            "reminders": ["P7D", "PT90M"],
            **fields,
        }
    )


def admitted(data: object, *, importing: bool = False) -> Event:
    """The event that the door makes of it."""
    return new_event(data, known(), id=ID, uid="a@b", now=NOW, created_by="test", importing=importing)


def faults_of(data: object, *, importing: bool = False) -> tuple[Fault, ...]:
    """What the door finds wrong with it; empty when nothing is."""
    try:
        admitted(data, importing=importing)
    except Invalid as invalid:
        return invalid.faults
    return ()
