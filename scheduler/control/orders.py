"""What the command line may order: one frozen struct an order, and one table of what each does.

The running process and a command that works on its own go through the same table, so nothing is written twice.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from scheduler.config import Config
from scheduler.errors import NotFound
from scheduler.model.access import Actor
from scheduler.model.address import normal_address
from scheduler.model.event import Event
from scheduler.model.links import Links
from scheduler.model.person import GivenRole
from scheduler.services import events, outbox, people, restoring
from scheduler.store import institutions, messages
from scheduler.store import people as people_store

OPERATOR = Actor(role="admin", name="command-line", writes=True)
"""Whoever may read the data folder may do everything; the history says it came from here."""


class Desk(Struct, frozen=True, kw_only=True):
    """Where an order is carried out: by which configuration, when (aware UTC), with which `domain` in new UIDs."""

    config: Config
    domain: str
    now: datetime


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """An order; with `dry_run` it is carried out, reported and rolled back."""

    dry_run: bool = False


class CreateKey(Order, frozen=True, kw_only=True, tag="keys.create"):
    """A new API key with the reach of its role."""

    role: GivenRole
    label: str = ""
    programmes: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    writes: bool = True


class RevokeKey(Order, frozen=True, kw_only=True, tag="keys.revoke"):
    """The end of the key with this prefix or id."""

    prefix: str


class AddPerson(Order, frozen=True, kw_only=True, tag="people.add"):
    """Somebody who may sign in from now on."""

    email: str
    role: GivenRole
    name: str = ""
    language: str = ""
    programmes: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()


class SignInLink(Order, frozen=True, kw_only=True, tag="people.sign-in-link"):
    """A link that signs the person with this address in, once."""

    email: str


class AddEvent(Order, frozen=True, kw_only=True, tag="events.add"):
    """A new event, as `POST /api/v1/events` takes it."""

    event: dict[str, Any]


class PublishEvent(Order, frozen=True, kw_only=True, tag="events.publish"):
    """A draft becomes tentative or confirmed."""

    id: str
    status: str = "confirmed"


class CancelEvent(Order, frozen=True, kw_only=True, tag="events.cancel"):
    """A published event does not take place."""

    id: str
    reason: str = ""


class RetryMail(Order, frozen=True, kw_only=True, tag="mail.retry"):
    """Mails that were given up go out after all: this one, or all of them when `id` is empty."""

    id: str = ""


class ReleaseMail(Order, frozen=True, kw_only=True, tag="mail.release"):
    """Mails that a restore held go out: this one, or all of them when `id` is empty."""

    id: str = ""


class DiscardMail(Order, frozen=True, kw_only=True, tag="mail.discard"):
    """Mails that a restore held are given up: this one, or all of them when `id` is empty."""

    id: str = ""


AnyOrder = (
    CreateKey
    | RevokeKey
    | AddPerson
    | SignInLink
    | AddEvent
    | PublishEvent
    | CancelEvent
    | RetryMail
    | ReleaseMail
    | DiscardMail
)


def perform(conn: Connection, order: AnyOrder, desk: Desk) -> dict[str, Any]:
    """Carries an order out in the caller's transaction; what became of it as plain data. Raises ServiceError."""
    return _TABLE[type(order)](conn, order, desk)


def _create_key(conn: Connection, order: CreateKey, desk: Desk) -> dict[str, Any]:
    known = frozenset(institutions.all_institutions(conn))
    people.check_grant(order.role, order.programmes, order.institutions, desk.config, known)
    secret, key = people.create_key(
        conn,
        order.role,
        now=desk.now,
        label=order.label,
        programmes=order.programmes,
        institutions=order.institutions,
        writes=order.writes,
    )
    return {"secret": secret, **_plain(key)}


def _revoke_key(conn: Connection, order: RevokeKey, desk: Desk) -> dict[str, Any]:
    return _plain(people.revoke_key(conn, order.prefix, now=desk.now))


def _add_person(conn: Connection, order: AddPerson, desk: Desk) -> dict[str, Any]:
    known = frozenset(institutions.all_institutions(conn))
    people.check_grant(order.role, order.programmes, order.institutions, desk.config, known)
    person = people.add(
        conn,
        normal_address(order.email, dotless=True),
        order.role,
        now=desk.now,
        name=order.name,
        language=order.language or desk.config.languages.default,
        programmes=order.programmes,
        institutions=order.institutions,
    )
    return _plain(person)


def _sign_in_link(conn: Connection, order: SignInLink, desk: Desk) -> dict[str, Any]:
    person = people_store.person_with_email(conn, order.email)
    if person is None or not person.active:
        raise NotFound("There is nobody with this address who may sign in.")
    token, expires_at = people.sign_in_link(conn, person, config=desk.config, now=desk.now)
    url = Links(desk.config.server.public_url, desk.config.security.secret_key or token).sign_in(token)
    return {"email": person.email, "url": url, "expires_at": _instant(expires_at)}


def _add_event(conn: Connection, order: AddEvent, desk: Desk) -> dict[str, Any]:
    return _shown(conn, events.create(conn, order.event, _door(desk)), desk)


def _publish_event(conn: Connection, order: PublishEvent, desk: Desk) -> dict[str, Any]:
    return _shown(conn, events.publish(conn, order.id, order.status, _door(desk), expected=None), desk)


def _cancel_event(conn: Connection, order: CancelEvent, desk: Desk) -> dict[str, Any]:
    return _shown(conn, events.cancel(conn, order.id, order.reason, _door(desk), expected=None), desk)


def _retry_mail(conn: Connection, order: RetryMail, desk: Desk) -> dict[str, Any]:
    return {"retried": outbox.retry(conn, order.id, now=desk.now)}


def _release_mail(conn: Connection, order: ReleaseMail, desk: Desk) -> dict[str, Any]:
    return {"released": restoring.release(conn, order.id, now=desk.now)}


def _discard_mail(conn: Connection, order: DiscardMail, _desk: Desk) -> dict[str, Any]:
    return {"discarded": restoring.discard(conn, order.id)}


_TABLE: dict[type[Order], Callable[[Connection, Any, Desk], dict[str, Any]]] = {
    CreateKey: _create_key,
    RevokeKey: _revoke_key,
    AddPerson: _add_person,
    SignInLink: _sign_in_link,
    AddEvent: _add_event,
    PublishEvent: _publish_event,
    CancelEvent: _cancel_event,
    RetryMail: _retry_mail,
    ReleaseMail: _release_mail,
    DiscardMail: _discard_mail,
}


def _door(desk: Desk) -> events.Door:
    return events.Door(actor=OPERATOR, config=desk.config, domain=desk.domain, now=desk.now)


def _shown(conn: Connection, held: events.Held, desk: Desk) -> dict[str, Any]:
    event: Event = held.event
    return {
        "id": event.id,
        "title": event.title,
        "status": event.status,
        "start": event.start,
        "end": event.end,
        "timezone": event.timezone,
        "dates": [_instant(date.start_at) for date in held.dates],
        "url": Links(desk.config.server.public_url, "-").event(event.id),
        "mails": messages.written_since(conn, desk.now),
    }


def _plain(value: Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
