"""What the API's description says of each operation beyond what its route says: bodies, parameters, answers."""

from msgspec import Struct

from scheduler.model.filter import FACETS
from scheduler.web.api.schemas import TEXT, Schema, listing, reference

_WHOLE: Schema = {"type": "integer", "minimum": 0}
_COUNT: Schema = {"anyOf": [_WHOLE, {"type": "null"}]}
_LIST: Schema = {"type": "array", "items": TEXT}


class Operation(Struct, frozen=True, kw_only=True):
    """One operation: the schema of its body, of its answers by status (None: no body), parameters, error codes.

    `headers` are those of its good answers. 401 and 503 can always happen and are not repeated here.
    """

    answers: dict[int, Schema | None]
    body: Schema | None = None
    body_required: bool = True
    parameters: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    properties = {**required, **optional}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_BODY = (400, 413, 415, 422)
_FILTER = (*FACETS, "from", "to", "q")
_SEATS = _object({"limit": _COUNT, "left": _COUNT, "waiting": _WHOLE}, taken=_WHOLE)
_INDEX = _object(
    {
        "you": _object(
            {"role": TEXT, "programmes": _LIST, "institutions": _LIST, "writes": {"type": "boolean"}},
        ),
        "links": {"type": "object", "additionalProperties": TEXT},
    }
)
_VOCABULARY = _object(
    {
        "languages": _LIST,
        "tables": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}},
        "choices": {"type": "object", "additionalProperties": _LIST},
    }
)
_REHEARSED = _object({"would_send": {"type": "object", "additionalProperties": _WHOLE}})

OPERATIONS: dict[str, Operation] = {
    "getIndex": Operation(answers={200: _INDEX}, parameters=("If-None-Match",), headers=("ETag",)),
    "getVocabulary": Operation(answers={200: _VOCABULARY}, parameters=("If-None-Match",), headers=("ETag",)),
    "getOpenAPI": Operation(answers={200: {"type": "object"}}, parameters=("If-None-Match",), headers=("ETag",)),
    "listEvents": Operation(
        answers={200: listing("Event", since=_WHOLE)},
        parameters=(*_FILTER, "limit", "cursor", "If-None-Match"),
        headers=("ETag", "Link"),
        problems=(422,),
    ),
    "createEvent": Operation(
        answers={201: reference("Event")},
        body=reference("EventInput"),
        parameters=("Idempotency-Key", "dry_run"),
        headers=("ETag", "Location", "Idempotent-Replayed", "X-Dry-Run"),
        problems=(*_BODY, 403, 409),
    ),
    "getEvent": Operation(
        answers={200: reference("Event")}, parameters=("If-None-Match",), headers=("ETag",), problems=(404,)
    ),
    "replaceEvent": Operation(
        answers={200: reference("Event")},
        body=reference("EventInput"),
        parameters=("If-Match", "dry_run"),
        headers=("ETag", "X-Dry-Run"),
        problems=(*_BODY, 403, 404, 409, 412, 428),
    ),
    "changeEvent": Operation(
        answers={200: reference("Event")},
        body=reference("EventPatch"),
        parameters=("If-Match", "dry_run"),
        headers=("ETag", "X-Dry-Run"),
        problems=(*_BODY, 403, 404, 409, 412, 428),
    ),
    "deleteEvent": Operation(
        answers={200: _REHEARSED, 204: None},
        parameters=("If-Match", "dry_run"),
        headers=("X-Dry-Run",),
        problems=(403, 404, 409, 412, 422, 428),
    ),
    "publishEvent": Operation(
        answers={200: reference("Event")},
        body=_object({}, status={"enum": ["tentative", "confirmed"]}),
        body_required=False,
        parameters=("If-Match", "Idempotency-Key", "dry_run"),
        headers=("ETag", "Idempotent-Replayed", "X-Dry-Run"),
        problems=(*_BODY, 403, 404, 409, 412),
    ),
    "cancelEvent": Operation(
        answers={200: reference("Event")},
        body=_object({}, reason={"type": "string", "maxLength": 500}),
        body_required=False,
        parameters=("If-Match", "Idempotency-Key", "dry_run"),
        headers=("ETag", "Idempotent-Replayed", "X-Dry-Run"),
        problems=(*_BODY, 403, 404, 409, 412),
    ),
    "countSeats": Operation(answers={200: {"type": "object", "additionalProperties": _SEATS}}, problems=(404,)),
    "listMessages": Operation(answers={200: listing("Message")}, problems=(403, 404)),
    "listReminders": Operation(answers={200: listing("Reminder")}, problems=(403, 404)),
    "resendMessage": Operation(
        answers={201: reference("Message")},
        parameters=("Idempotency-Key", "dry_run"),
        headers=("Location", "Idempotent-Replayed", "X-Dry-Run"),
        problems=(403, 404, 409, 422, 429),
    ),
    "getEventByExternalId": Operation(
        answers={200: reference("Event")}, parameters=("If-None-Match",), headers=("ETag",), problems=(404,)
    ),
    "putEventByExternalId": Operation(
        answers={200: reference("Event"), 201: reference("Event")},
        body=reference("EventInput"),
        parameters=("dry_run",),
        headers=("ETag", "Location", "X-Dry-Run"),
        problems=(*_BODY, 403, 404, 409),
    ),
    "listRegistrations": Operation(answers={200: listing("Registration")}, problems=(403, 404)),
    "register": Operation(
        answers={200: reference("Registration"), 201: reference("Registration")},
        body=reference("RegistrationInput"),
        parameters=("Idempotency-Key", "dry_run"),
        headers=("Location", "Idempotent-Replayed", "X-Dry-Run"),
        problems=(*_BODY, 403, 404, 409),
    ),
    "getRegistration": Operation(answers={200: reference("Registration")}, problems=(403, 404)),
    "withdrawRegistration": Operation(
        answers={200: reference("Registration")},
        parameters=("dry_run",),
        headers=("X-Dry-Run",),
        problems=(403, 404, 422),
    ),
    "listInstitutions": Operation(
        answers={200: listing("Institution")}, parameters=("If-None-Match",), headers=("ETag",)
    ),
    "addInstitution": Operation(
        answers={201: reference("Institution")},
        body=reference("InstitutionInput"),
        parameters=("Idempotency-Key", "dry_run"),
        headers=("ETag", "Location", "Idempotent-Replayed", "X-Dry-Run"),
        problems=(*_BODY, 403, 409),
    ),
    "getInstitution": Operation(
        answers={200: reference("Institution")}, parameters=("If-None-Match",), headers=("ETag",), problems=(404,)
    ),
    "putInstitution": Operation(
        answers={200: reference("Institution")},
        body=reference("InstitutionInput"),
        parameters=("If-Match", "dry_run"),
        headers=("ETag", "X-Dry-Run"),
        problems=(*_BODY, 403, 404, 412, 428),
    ),
    "removeInstitution": Operation(
        answers={200: _REHEARSED, 204: None},
        parameters=("dry_run",),
        headers=("X-Dry-Run",),
        problems=(403, 404, 409, 422),
    ),
    "listSubscriptions": Operation(answers={200: listing("Subscription")}),
    "createSubscription": Operation(
        answers={201: reference("NewSubscription")},
        body=reference("SubscriptionInput"),
        parameters=("dry_run",),
        headers=("X-Dry-Run",),
        problems=(*_BODY, 403),
    ),
    "rotateSubscription": Operation(
        answers={200: reference("NewSubscription")},
        parameters=("dry_run",),
        headers=("X-Dry-Run",),
        problems=(403, 404, 410, 422),
    ),
    "revokeSubscription": Operation(
        answers={200: reference("Subscription")},
        parameters=("dry_run",),
        headers=("X-Dry-Run",),
        problems=(403, 404, 422),
    ),
    "listKeys": Operation(answers={200: listing("Key")}, problems=(403,)),
    "createKey": Operation(
        answers={201: reference("NewKey")},
        body=reference("KeyInput"),
        parameters=("dry_run",),
        headers=("X-Dry-Run",),
        problems=(*_BODY, 403),
    ),
    "revokeKey": Operation(
        answers={200: reference("Key")}, parameters=("dry_run",), headers=("X-Dry-Run",), problems=(403, 404, 422)
    ),
    "listChanges": Operation(
        answers={200: reference("ChangePage")}, parameters=(*_FILTER, "since", "limit"), problems=(410, 422)
    ),
}
"""By operationId."""
