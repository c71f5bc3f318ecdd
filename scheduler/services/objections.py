"""Why a message must not be sent any more: asked after its claim, and once more right before its text leaves."""

from datetime import datetime

from scheduler.model.event import Event
from scheduler.model.message import Message
from scheduler.model.notices import ahead, from_text, noted, still
from scheduler.model.registration import Registration
from scheduler.services.cases import Case, had
from scheduler.services.joining import said_already
from scheduler.services.owed import owed, present_of
from scheduler.services.told import BEFORE

SWITCHED_OFF = "reminders were switched off"
UNDONE = "the change was undone"
TOLD_ELSEWHERE = "another mail told it"
LEASE_LOST = "lease lost"
"""The one objection after which nothing is noted: the message is in other hands, or soon will be."""
IN_HAND = "another mail to them is on its way"
"""No objection to the message itself either: it waits until it is known what became of the other."""
OLD_WORDS = "what it speaks of changed after it was worded"
"""No objection to the message itself: it is put back, and worded anew when it is claimed again."""


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
    if case.in_hand_until is not None and case.in_hand_until > now:
        return IN_HAND
    return _objection_to_content(case, now)


def _objection_to_content(case: Case, now: datetime) -> str:
    message = case.message
    if message.cause == "sign-in":
        return "" if case.person and case.person.active else "the person may not sign in any more"
    if message.cause in {"digest", "confirm-digest"}:
        return _objection_to_digest(case)
    if case.event is not None and message.recipient:
        return _objection_to_party(case, case.event, now)
    if case.event is None or case.registration is None:
        return "what it is about is gone"
    return _objection_to_registration(case, case.event, case.registration, now)


def _objection_to_digest(case: Case) -> str:
    if case.digest is None:
        return "the digest was ended"
    if case.message.cause == "confirm-digest":
        return "" if case.digest.state == "pending" else "the address was confirmed meanwhile"
    return "" if case.listed else "nothing of its news is left"


def _objection_to_registration(case: Case, event: Event, registration: Registration, now: datetime) -> str:
    cause = case.message.cause
    if cause == "cancellation":
        return "" if event.status == "cancelled" else "the event takes place after all"
    if cause == "withdrawal":
        return "" if registration.state == "cancelled" else "the registration stands"
    if not event.alive:
        return "the event was cancelled"
    if cause in {"reminder", "follow-up"}:
        return _objection_to_choices(case, event, registration) or _objection_to_reminder(case)
    if cause == "update":
        return _objection_to_notice(case, event, registration, now)
    wanted, reason = _STATE_WANTED.get(cause, (("confirmed", "attended"), "the registration was cancelled"))
    stands = "" if registration.state in wanted else reason
    return stands or (_objection_to_news(case, now) if cause == "day-programme" else "")


_STATE_WANTED = {
    "confirm-address": (("pending",), "the address was confirmed meanwhile"),
    "waiting": (("waiting",), "no longer on the waiting list"),
}


def _objection_to_notice(case: Case, event: Event, registration: Registration, now: datetime) -> str:
    if registration.state not in {"confirmed", "attended", "waiting"}:
        return "the registration was cancelled"
    if case.spoken_for:
        return "a later notice tells it"
    present = noted(event, case.dates, registration)
    if not case.before:
        differs = still(from_text(case.message.facts.get(BEFORE, "")), present, registration.language)
        return TOLD_ELSEWHERE if differs else UNDONE
    return "" if ahead(case.before, present, now) else "what changed is over"


def _objection_to_party(case: Case, event: Event, now: datetime) -> str:
    if case.party is None:
        return "they are no speaker or host of the event any more"
    if case.message.cause == "cancellation":
        return "" if event.status == "cancelled" else "the event takes place after all"
    if not event.alive:
        return "the event was cancelled"
    return _objection_to_news(case, now) if case.message.cause == "update" else _objection_to_reminder(case)


def _objection_to_news(case: Case, now: datetime) -> str:
    present, before = present_of(case), owed(case)
    if present is None or not before:
        return UNDONE
    return "" if present.ahead(before, now) else "what changed is over"


def _objection_to_choices(case: Case, event: Event, registration: Registration) -> str:
    if not registration.firm:
        return "the registration was cancelled"
    if registration.reminders == "none":
        return SWITCHED_OFF
    if registration.reminders == "fewer" and case.message.cause == "follow-up":
        return "fewer mails were asked for"
    if case.reminder and case.reminder.zone and case.reminder.zone != (registration.timezone or event.timezone):
        return "they are in another time zone now"
    if case.date is not None and not registration.attends(case.date.id):
        return "they do not come on this date any more"
    return ""


def _objection_to_reminder(case: Case) -> str:
    if case.silent:
        return SWITCHED_OFF
    if case.date is None or not case.date.alive:
        return "this date was cancelled"
    if case.reminder is None or case.reminder.state not in {"releasing", "released"}:
        return "the event was moved"
    if had(case.earlier, case.reminder):
        return "it went out before the event was moved"
    return said_already(case.message, case.beside)
