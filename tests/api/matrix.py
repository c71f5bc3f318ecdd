"""The permission matrix of the design, written down once more by hand, and the events and requests it is tried on."""

from typing import Any

from msgspec import Struct

from tests.running import Api, event_body

KNOWN = ("viewer", "host", "elsewhere", "organiser", "stranger", "reader", "admin")
EVERYBODY = ("nobody", *KNOWN)
KEYLESS = ("nobody", "revoked", "garbage")
MANAGERS = ("organiser", "reader", "admin")
WRITERS = ("organiser", "admin")
READERS: dict[str, tuple[str, ...]] = {
    "public": EVERYBODY,
    "institutions": ("host", *MANAGERS),
    "members": ("viewer", *MANAGERS),
    "private": MANAGERS,
}
"""Who may read a published event of vives in enspired, by its visibility; a draft is for `MANAGERS` alone."""

VISIBILITIES = tuple(READERS)
STATUSES = ("draft", "tentative", "confirmed", "cancelled")
JOINING = "https://meet.example.org/canary-joining-link"
DIAL_IN = "+32 2 000 canary-dial-in"
NOTES = "canary-notes"
OWN_NAME, OWN_ADDRESS = "Canary Ownhouse", "canary.own@attendee.example"
OTHER_NAME, OTHER_ADDRESS = "Canary Elsewhere", "canary.other@attendee.example"
UNKNOWN = "01hzy3v8q4c7k2m9n5p6r8s1t0"


class Subject(Struct, frozen=True):
    """An event of one kind, with the ids that lead to it."""

    visibility: str
    status: str
    id: str
    external: str
    registration: str
    message: str = UNKNOWN

    def readers(self) -> tuple[str, ...]:
        """Who may read it."""
        return MANAGERS if self.status == "draft" else READERS[self.visibility]


async def subjects(api: Api) -> list[Subject]:
    """One event of every visibility and status, each with canaries, two attendees and a key of the organiser's own."""
    return [await _subject(api, visibility, status) for visibility in VISIBILITIES for status in STATUSES]


async def _subject(api: Api, visibility: str, status: str) -> Subject:
    external = f"{visibility}-{status}"
    made = await api.event(
        visibility=visibility,
        status="confirmed" if status == "cancelled" else status,
        title={"en": f"canary-title {external}"},
        format="hybrid",
        online={"url": JOINING, "dial_in": DIAL_IN},
        external_id={"source": "sis", "id": external},
        notes=NOTES,
    )
    registration = message = UNKNOWN
    if status != "draft":
        own = await api.register(made, OWN_ADDRESS, name=OWN_NAME, institution="vives")
        await api.register(made, OTHER_ADDRESS, name=OTHER_NAME, institution="unae")
        registration = own["id"]
        message = (await api.admin.get(f"/api/v1/events/{made['id']}/messages")).json()["items"][0]["id"]
    if status == "cancelled":
        await api.admin.post(f"/api/v1/events/{made['id']}/cancel", json={"reason": "canary"})
    return Subject(visibility, status, made["id"], external, registration, message)


def reads(one: Subject) -> dict[str, str]:
    """Address of every reading route about an event, by operationId."""
    event = f"/api/v1/events/{one.id}"
    return {
        "getEvent": event,
        "countSeats": f"{event}/seats",
        "getEventByExternalId": f"/api/v1/events/by-external-id/sis/{one.external}",
        "listMessages": f"{event}/messages",
        "listReminders": f"{event}/reminders",
        "listRegistrations": f"{event}/registrations",
        "getRegistration": f"{event}/registrations/{one.registration}",
    }


def writes(one: Subject) -> dict[str, tuple[str, str, Any]]:
    """Method, address and body of every route that writes to an event, by operationId; all of them rehearsals."""
    event, end = f"/api/v1/events/{one.id}", "?dry_run=1"
    body = event_body(title="Another title", status=None)
    return {
        "replaceEvent": ("PUT", event + end, body),
        "changeEvent": ("PATCH", event + end, {"title": "Another title"}),
        "deleteEvent": ("DELETE", event + end, None),
        "publishEvent": ("POST", f"{event}/publish{end}", {"status": "confirmed"}),
        "cancelEvent": ("POST", f"{event}/cancel{end}", {"reason": "The speaker is ill."}),
        "register": ("POST", f"{event}/registrations{end}", {"name": "Ann", "email": "ann@example.org"}),
        "withdrawRegistration": ("DELETE", f"{event}/registrations/{one.registration}{end}", None),
        "resendMessage": ("POST", f"{event}/messages/{one.message}/resend{end}", None),
        "putEventByExternalId": ("PUT", f"/api/v1/events/by-external-id/sis/{one.external}{end}", body),
    }


FREE_READS = {
    "getIndex": "/api/v1",
    "getVocabulary": "/api/v1/vocabulary",
    "getOpenAPI": "/api/v1/openapi.json",
    "listEvents": "/api/v1/events?limit=200",
    "listChanges": "/api/v1/changes?since=0&limit=200",
    "listInstitutions": "/api/v1/institutions",
    "getInstitution": "/api/v1/institutions/vives",
}
"""Reading routes for everybody, by operationId."""

FREE_WRITES: dict[str, tuple[str, str, Any]] = {
    "createEvent": ("POST", "/api/v1/events?dry_run=1", event_body()),
    "addInstitution": ("POST", "/api/v1/institutions?dry_run=1", {"key": "new", "name": "New", "country": "BE"}),
    "putInstitution": ("PUT", "/api/v1/institutions/kemi?dry_run=1", {"name": "Kemi", "country": "KE"}),
    "removeInstitution": ("DELETE", "/api/v1/institutions/kemi?dry_run=1", None),
}
"""Routes that write something other than an event, by operationId; for whoever may write in any programme."""

ADMINS_ONLY: dict[str, tuple[str, str, Any]] = {
    "listKeys": ("GET", "/api/v1/keys", None),
    "createKey": ("POST", "/api/v1/keys?dry_run=1", {"role": "viewer"}),
    "revokeKey": ("DELETE", "/api/v1/keys/00000000?dry_run=1", None),
}
"""Routes for administrators, by operationId."""

SUBSCRIPTIONS: dict[str, tuple[str, str, Any]] = {
    "createSubscription": (
        "POST",
        "/api/v1/subscriptions?dry_run=1",
        {"name": "VIVES", "institution": "vives", "query": "programme=enspired"},
    ),
    "listSubscriptions": ("GET", "/api/v1/subscriptions", None),
    "rotateSubscription": ("POST", f"/api/v1/subscriptions/{UNKNOWN}/rotate?dry_run=1", None),
    "revokeSubscription": ("DELETE", f"/api/v1/subscriptions/{UNKNOWN}?dry_run=1", None),
}
"""Routes about subscriptions, by operationId."""
