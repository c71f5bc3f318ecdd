"""Which events a filter and a reader select: conditions for the indexed event table."""

from typing import Any

from sqlalchemy import and_, exists, or_, select, true

from scheduler.model.access import Actor
from scheduler.model.filter import Filter
from scheduler.store.tables import event, event_facet


def matching(chosen: Filter) -> Any:
    """Events that a filter selects."""
    conditions: list[Any] = [has_facet(facet, values) for facet, values in chosen.facets]
    if chosen.begin:
        conditions.append(event.c.end_at >= chosen.begin)
    if chosen.end:
        conditions.append(event.c.start_at < chosen.end)
    conditions += [event.c.search.contains(word.lower(), autoescape=True) for word in chosen.text.split()]
    return and_(true(), *conditions)


def has_facet(facet: str, values: tuple[str, ...]) -> Any:
    """Events that have one of these values under a facet."""
    return exists(
        select(event_facet.c.event_id).where(
            event_facet.c.event_id == event.c.id, event_facet.c.facet == facet, event_facet.c.value.in_(values)
        )
    )


def readable(actor: Actor) -> Any:
    """Events that an actor may read: `scheduler.model.access.may_read` as a condition (a test compares the two)."""
    if actor.role == "admin":
        return true()
    shown = [event.c.visibility == "public"]
    if actor.institutions:
        shown.append(and_(event.c.visibility == "institutions", has_facet("institution", actor.institutions)))
    if actor.role != "nobody" and actor.programmes:
        shown.append(and_(event.c.visibility == "members", event.c.programme.in_(actor.programmes)))
    published = and_(event.c.status != "draft", or_(*shown))
    if actor.role == "organiser":
        return or_(published, event.c.programme.in_(actor.programmes))
    return published
