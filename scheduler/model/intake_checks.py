"""What has to fit together in an event whose fields are each right on their own."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from scheduler.model.event import Outcome, RegistrationTerms
from scheduler.model.intake_known import Known
from scheduler.model.intake_reader import Node
from scheduler.model.intake_times import at
from scheduler.model.wall import WallTime, is_date

FEW = 5

Values = Mapping[str, Any]
"""The fields that were given and are right by themselves, by name."""


def check_values(node: Node, values: Values, known: Known) -> None:
    """Notes contradictions between fields; looks only at those that could be read."""
    for check in _CHECKS:
        check(node, values)
    kind = known.kinds.get(values.get("kind", ""))
    if kind and kind.item_only and not values.get("part_of"):
        detail = f"A “{kind.key}” exists only as part of another event: say of which one."
        node.child("part_of", None).note(detail, "01hzy3v8q4c7k2m9n5p6r8s1t0", "required")


def check_window(node: Node, terms: RegistrationTerms, last: WallTime | None, tz: str) -> None:
    """Notes a registration window that is upside down or closes after the last date, at `last`, has begun.

    A closing day counts to its end; it may be the day on which the last date begins.
    """
    closes = terms.closes
    closing = node.child("registration", None).child("closes", None)
    if terms.opens and closes and at(terms.opens, tz) >= _end_of(closes, tz):
        closing.note("Registration closes before it opens.", _day_after(terms.opens), "order")
    if closes is None or last is None:
        return
    by_day = is_date(closes) or is_date(last)
    if closes[:10] > last[:10] if by_day else at(closes, tz) > at(last, tz):
        closing.note(f"Registration closes after the last date has begun ({last}).", last[:10], "order")


def _end_of(closes: WallTime, tz: str) -> datetime:
    return at(closes, tz) + timedelta(days=1 if is_date(closes) else 0)


def _day_after(opens: WallTime) -> str:
    return (date.fromisoformat(opens[:10]) + timedelta(days=1)).isoformat()


def _institutions(node: Node, values: Values) -> None:
    host = values.get("host")
    for role in ("co_hosts", "partners"):
        for index, key in enumerate(values.get(role, ())):
            if key == host:
                detail = "This is the host already."
                node.child(role, None).child(index, key).note(detail, code="repeated")


def _seats(node: Node, values: Values) -> None:
    seats, form = values.get("seats"), values.get("format", "on-site")
    where = node.child("seats", None)
    if seats is None or "format" not in values:
        return
    if form == "on-site" and seats.online:
        detail = "An on-site event has no online seats: make it “hybrid”, or give 0."
        where.child("online", None).note(detail, 0, "contradiction")
    if form == "online" and seats.on_site:
        detail = "An online event has no seats on site: make it “hybrid”, or give 0."
        where.child("on_site", None).note(detail, 0, "contradiction")


def _held(node: Node, values: Values) -> None:
    status = values.get("status")
    if values.get("held") and status in {"draft", "cancelled"}:
        node.child("held", None).note(
            f"An event with status “{status}” was not held.", example=False, code="contradiction"
        )
    if values.get("cancellation_reason") and status != "cancelled":
        detail = "Only a cancelled event has a reason for it."
        node.child("cancellation_reason", None).note(detail, "", "contradiction")
    if values.get("cancelled_at") and status != "cancelled":
        detail = "Only a cancelled event has an instant at which that was decided."
        node.child("cancelled_at", None).note(detail, code="contradiction")


def _outcome(node: Node, values: Values) -> None:
    found: Outcome | None = values.get("outcome")
    if found is None:
        return
    attended = (found.attended_on_site or 0) + (found.attended_online or 0)
    where = node.child("outcome", None)
    if found.attended_by_gender is not None and attended < FEW:
        detail = f"Leave this out where fewer than {FEW} people attended: counts under five can identify people."
        where.child("attended_by_gender", None).note(detail, code="too-few")
        return
    for name in ("attended_by_role", "attended_by_gender"):
        split: dict[str, int] = getattr(found, name) or {}
        if sum(split.values()) > attended:
            detail = f"These add up to {sum(split.values())}, more than the {attended} who attended."
            where.child(name, None).note(detail, code="contradiction")


def _related(node: Node, values: Values) -> None:
    own = values.get("id")
    if own and values.get("part_of") == own:
        node.child("part_of", None).note("An event cannot be part of itself.", code="contradiction")
    for index, key in enumerate(values.get("related", ())):
        if key == own:
            node.child("related", None).child(index, key).note(
                "An event is not related to itself.", code="contradiction"
            )


_CHECKS: tuple[Callable[[Node, Values], None], ...] = (_institutions, _seats, _held, _outcome, _related)
