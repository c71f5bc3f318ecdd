"""The properties of a VEVENT other than its times: what an Entry has a field for, and the rest as it stood."""

from binascii import a2b_qp
from collections.abc import Callable
from datetime import timedelta
from math import isfinite
from typing import Any, get_args

from feeds.entry import Alarm, Attendee, Conference, EntryStatus, Participation
from feeds.kept import Extra, Kept
from feeds.lines import clean, one_line, uri
from feeds.lines import text as written_text
from feeds.reading.components import Component
from feeds.reading.findings import Notes, shown
from feeds.reading.tokens import Line
from feeds.reading.values import length, text, texts, whole

# Read elsewhere: times, identity, recurrence.
ELSEWHERE = frozenset({
    "UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "EXRULE",
    "SEQUENCE", "CREATED", "LAST-MODIFIED",
})  # fmt: skip
_EMPTY_SAYS_NOTHING = frozenset({
    "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "TRANSP", "GEO", "CATEGORIES", "CONFERENCE",
})  # fmt: skip
_MOST_REPEATS = 100
_STATUSES = {status.upper(): status for status in get_args(EntryStatus)}
_ANSWERS: dict[str, Participation] = {answer.upper(): answer for answer in get_args(Participation)}
_WRITTEN: dict[str, Callable[[str], str]] = {
    "SUMMARY": one_line,
    "DESCRIPTION": written_text,
    "LOCATION": lambda value: one_line(value, ", "),
    "URL": uri,
}


class Details:
    """Takes the lines of one VEVENT; `fields` are arguments of Entry, `kept()` is what they do not say."""

    def __init__(self, component: Component, notes: Notes) -> None:
        self.fields: dict[str, Any] = {"summary": ""}
        self.private = False
        self._notes = notes
        self._kept: list[str] = []
        self._extras: list[Extra] = []
        self._inner: list[str] = []
        # Collected in lists: a hundred thousand of one property must not cost their square.
        self._lists: dict[str, list[Any]] = {}
        for line in component.properties:
            said = line.name in ELSEWHERE or (not line.value.strip() and line.name in _EMPTY_SAYS_NOTHING)
            if not said and not self._take(line):
                self._kept.append(clean(line.text))
        for child in component.children:
            self._component(child)
        for field, values in self._lists.items():
            self.fields[field] = tuple(dict.fromkeys(values)) if field == "categories" else tuple(values)

    def keep(self, line: Line) -> None:
        """Keep one more line as it stood."""
        self._kept.append(clean(line.text))

    def leave_out(self, names: frozenset[tuple[str, str]]) -> None:
        """Forget kept lines that the writer says by itself: pairs of a name and a value, in capitals."""
        self._kept = [text for text in self._kept if tuple(text.upper().split(":", 1)) not in names]

    def kept(self) -> Kept:
        """What the fields do not say."""
        return Kept(tuple(self._kept), tuple(self._inner), tuple(self._extras))

    def _take(self, line: Line) -> bool:
        """True when the fields now say what the line says."""
        if line.name in _WRITTEN:
            return self._single(line)
        taker = self._TAKERS.get(line.name)
        return taker(self, line) if taker else False

    def _single(self, line: Line) -> bool:
        field = line.name.lower()
        if self.fields.get(field):
            self._notes.add(line.number, "given-twice", f"{line.name} stands there again: the first one counts")
            return False
        value = clean(line.value.strip() if field == "url" else text(self._plain(line)))
        self.fields[field] = value
        if field == "summary" and line.parameter("LANGUAGE"):
            self.fields["language"] = line.parameter("LANGUAGE")
        self._extra(line, _WRITTEN[line.name](value), frozenset({"ENCODING", "CHARSET"}))
        return True

    def _plain(self, line: Line) -> str:
        """The value, also where vCalendar 1.0 wrote it in quoted-printable."""
        if line.parameter("ENCODING").upper() != "QUOTED-PRINTABLE":
            return line.value
        self._notes.add(line.number, "old-encoding", f"{line.name} is in quoted-printable, as in vCalendar 1.0")
        return a2b_qp(line.value.encode("utf-8", "replace")).decode("utf-8", "replace").replace("\r\n", "\n")

    def _extra(self, line: Line, written: str, said: frozenset[str]) -> None:
        """Keep the parameters that the writer will not say."""
        left = tuple((one.name, clean(one.raw)) for one in line.parameters if one.name and one.name not in said)
        if left:
            self._extras.append(Extra(line.name, written, left))

    def _status(self, line: Line) -> bool:
        value = line.value.strip().upper().replace("CANCELED", "CANCELLED")
        if value not in _STATUSES:
            words = f"STATUS {shown(line.value)} is none of an event: it was read as CONFIRMED"
            self._notes.add(line.number, "bad-value", words)
        self.fields["status"] = _STATUSES.get(value, "confirmed")
        return True

    def _transparency(self, line: Line) -> bool:
        value = line.value.strip().upper()
        if value not in {"TRANSPARENT", "OPAQUE"}:
            words = f"TRANSP {shown(line.value)} is unknown: it was read as OPAQUE"
            self._notes.add(line.number, "bad-value", words)
        self.fields["transparent"] = value == "TRANSPARENT"
        return True

    def _class(self, line: Line) -> bool:
        self.private = line.value.strip().upper() in {"PRIVATE", "CONFIDENTIAL"}
        return False

    def _categories(self, line: Line) -> bool:
        self._lists.setdefault("categories", []).extend(map(clean, texts(line.value)))
        return True

    def _geo(self, line: Line) -> bool:
        latitude, _, longitude = text(line.value).replace("\\;", ";").partition(";")
        try:
            place = float(latitude[:40]), float(longitude[:40])
        except ValueError:
            place = (float("nan"), float("nan"))
        if not all(map(isfinite, place)) or abs(place[0]) > 90 or abs(place[1]) > 180:
            self._notes.add(line.number, "bad-value", f"GEO {shown(line.value)} is no place: it was kept as it stands")
            return False
        self.fields["geo"] = place
        return True

    def _related(self, line: Line) -> bool:
        if line.parameters or "related_to" in self.fields or not line.value.strip():
            return False
        self.fields["related_to"] = clean(text(line.value))
        return True

    def _conference(self, line: Line) -> bool:
        url = line.value.strip()
        conference = Conference(url=url, label=clean(line.parameter("LABEL")))
        self._lists.setdefault("conferences", []).append(conference)
        self._extra(line, uri(url), frozenset({"VALUE", "LABEL"}))
        return True

    def _person(self, line: Line) -> bool:
        address = line.value.strip()
        if address[:7].lower() != "mailto:" or "@" not in address:
            return False
        answer = line.parameter("PARTSTAT").upper()
        person = Attendee(
            address=address[7:].strip(),
            name=clean(line.parameter("CN")),
            participation=_ANSWERS.get(answer, "needs-action"),
            reply_wanted=line.parameter("RSVP").upper() == "TRUE",
        )
        said = {"CN", "RSVP"}
        if answer in _ANSWERS:
            said.add("PARTSTAT")
        if line.name == "ORGANIZER":
            if "organizer" in self.fields:
                return False
            self.fields["organizer"] = Attendee(address=person.address, name=person.name)
            said = {"CN"}
        else:
            if line.parameter("ROLE").upper() == "REQ-PARTICIPANT":
                said.add("ROLE")
            self._lists.setdefault("attendees", []).append(person)
        self._extra(line, f"mailto:{uri(person.address)}", frozenset(said))
        return True

    _TAKERS: dict[str, Callable[["Details", Line], bool]] = {  # noqa: RUF012  # never changed
        "STATUS": _status,
        "TRANSP": _transparency,
        "CLASS": _class,
        "CATEGORIES": _categories,
        "GEO": _geo,
        "RELATED-TO": _related,
        "CONFERENCE": _conference,
        "ORGANIZER": _person,
        "ATTENDEE": _person,
    }

    def _component(self, child: Component) -> None:
        if child.kind == "VALARM":
            alarm = _alarm(child, self.fields["summary"])
            if alarm:
                self._lists.setdefault("alarms", []).append(alarm)
                return
            self._bounded(child)
        self._inner += map(clean, child.text())

    def _bounded(self, child: Component) -> None:
        """An alarm that goes off for ever is a trap for whoever reads us."""
        repeat = child.first("REPEAT")
        if repeat and whole(repeat.value, _MOST_REPEATS) is None:
            words = f"REPEAT {shown(repeat.value)} of an alarm is not within 0 and {_MOST_REPEATS}: it was left out"
            self._notes.add(repeat.number, "alarm-repeat", words)
            child.properties = [line for line in child.properties if line.name not in {"REPEAT", "DURATION"}]


def _alarm(child: Component, summary: str) -> Alarm | None:
    """The alarm as an Entry says it, if that says all of it."""
    values = {line.name: line for line in child.properties}
    if child.children or sorted(values) != ["ACTION", "DESCRIPTION", "TRIGGER"] or len(child.properties) != 3:
        return None
    trigger, description = values["TRIGGER"], values["DESCRIPTION"]
    plain = all((one.name, one.value.upper()) in _PLAIN for one in trigger.parameters) and not description.parameters
    if not plain or values["ACTION"].text.upper() != "ACTION:DISPLAY" or description.value != one_line(summary):
        return None
    try:
        before = length(trigger.value)
        return Alarm(-(timedelta(days=before.days) + before.time))
    except (ValueError, OverflowError):
        return None


_PLAIN = frozenset({("VALUE", "DURATION"), ("RELATED", "START")})
