"""Why a message must not be sent any more: asked after its claim, and once more right before its text leaves."""

from datetime import datetime

from scheduler.model.event import Event
from scheduler.model.message import Message
from scheduler.model.registration import Registration
from scheduler.services.cases import Case, had

LEASE_LOST = "lease lost"
"""The one objection after which nothing is noted: the message is in other hands, or soon will be."""


def objection(case: Case, claimed: Message, now: datetime) -> str:
    """Why a message that was claimed must not be sent at `now`, in words; empty when it must.

    Asked after the claim and once more right before DATA: the event may have been cancelled or moved, the person may
    have withdrawn or switched reminders off, the lease may have passed to somebody else.
    """
    message = case.message
    ours = (message.lease_owner, message.attempts) == (claimed.lease_owner, claimed.attempts)
    if message.state != "sending" or not ours or message.lease_until is None or message.lease_until <= now:
        return LEASE_LOST
    if message.expires_at is not None and now >= message.expires_at:
        return "too late: it could not be sent in time"
    if message.cause == "sign-in":
        return "" if case.person and case.person.active else "the person may not sign in any more"
    if case.event is None or case.registration is None:
        return "what it is about is gone"
    return _objection_to_registration(case, case.event, case.registration)


def _objection_to_registration(case: Case, event: Event, registration: Registration) -> str:
    cause = case.message.cause
    if cause == "cancellation":
        return "" if event.status == "cancelled" else "the event takes place after all"
    if cause == "withdrawal":
        return "" if registration.state == "cancelled" else "the registration stands"
    if not event.alive:
        return "the event was cancelled"
    if cause == "reminder":
        return _objection_to_reminder(case, registration)
    wanted, reason = _STATE_WANTED.get(cause, (("confirmed", "attended"), "the registration was cancelled"))
    return "" if registration.state in wanted else reason


_STATE_WANTED = {
    "confirm-address": (("pending",), "the address was confirmed meanwhile"),
    "waiting": (("waiting",), "no longer on the waiting list"),
}


def _objection_to_reminder(case: Case, registration: Registration) -> str:
    if not registration.firm:
        return "the registration was cancelled"
    if not registration.reminders:
        return "reminders were switched off"
    if case.date is None or not case.date.alive:
        return "this date was cancelled"
    if case.reminder is None or case.reminder.state not in {"releasing", "released"}:
        return "the event was moved"
    return "it went out before the event was moved" if had(case.earlier, case.reminder) else ""
