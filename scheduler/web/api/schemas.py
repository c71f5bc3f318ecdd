"""The JSON Schemas of the API's description, made from the structs, so that they cannot say anything else."""

import tomllib
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct, field

from scheduler.errors import Fault
from scheduler.model.differences import Difference
from scheduler.model.event import Event, Occurrence
from scheduler.model.institution import Institution
from scheduler.model.intake_fields import IMPORTED, SERVICE
from scheduler.model.intake_key import KeyInput
from scheduler.model.intake_registration import RegistrationInput
from scheduler.model.intake_subscription import SubscriptionInput
from scheduler.model.message import Message
from scheduler.model.person import ApiKey
from scheduler.model.registration import Registration
from scheduler.model.reminder import Reminder
from scheduler.model.subscription import Subscription
from scheduler.services.changes import Page
from scheduler.web.api.representation import INTERNAL, MANAGERS_ONLY

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/{name}"
TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
_WOULD_SEND: Schema = {
    "type": "object",
    "additionalProperties": {"type": "integer"},
    "description": "Only in a dry run: how many mails of each cause would go out.",
}
_WOULD_TELL: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("cause", "language", "timezone", "not_before"), TEXT),
            "count": {"type": "integer"},
            "names": {"type": "array", "items": TEXT},
        },
        "required": ["cause", "language", "timezone", "not_before", "count", "names"],
        "additionalProperties": False,
    },
    "description": "Only in a dry run that would send mails: who would get what, when; names where you may see them.",
}
_OPTIONAL_INPUT = {"MovedDate": ("end",), "Institution": ("timezone",)}
"""Required in what is stored, but not in what is sent."""
_SET = ("created_at", "revision")
_NEEDED = {"name", "country"}
"""Of an institution: what only the service sets, and what has to be sent."""


class FieldWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What a field of an event means, and an example of it."""

    meaning: str
    example: Any


class FieldGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of an event that belong together; `service` when only the service sets them."""

    name: str
    fields: dict[str, FieldWords]
    service: bool = False


class FieldGroups(Struct, frozen=True):
    """Every field of an event, in words."""

    groups: list[FieldGroup] = field(default_factory=list)


def event_fields() -> list[FieldGroup]:
    """The fields of an event in words, from the packaged event_fields.toml."""
    text = files("scheduler.web.api").joinpath("event_fields.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), FieldGroups).groups


def components() -> dict[str, Schema]:
    """Every named schema of the description."""
    stored = _stored(Event, Occurrence, Institution, Registration, Reminder, Message, ApiKey, Page, Fault, Difference)
    sent = _stored(Event, Institution)
    reshaped = {"Event", "Page", "Message", "Reminder", "ApiKey"}
    schemas = {name: schema for name, schema in stored.items() if name not in reshaped}
    schemas |= {f"{name}Input": _as_input(name, schema) for name, schema in sent.items()}
    schemas |= {
        "TextsInput": {"anyOf": [_TEXTS, TEXT], "description": "A text per language, or one in the default language."},
        "Event": _event(stored["Event"]),
        "EventInput": _event_input(schemas["EventInput"]),
        "EventPatch": {**_event_input(schemas["EventInput"]), "required": []},
        "Date": _without(stored["Occurrence"], ("event_id",), optional=("original", "reason")),
        "Institution": _without(stored["Institution"], (), optional=("community",)),
        "InstitutionInput": _without(
            schemas["InstitutionInput"], _SET, optional=tuple({*Institution.__struct_fields__} - _NEEDED)
        ),
        "Registration": _registration(stored["Registration"]),
        "Message": _message(stored["Message"]),
        "Reminder": _without(stored["Reminder"], ("event_id", "cursor"), optional=("zone", "released_at")),
        "Key": _shown(stored["ApiKey"], ()),
        "ChangePage": stored["Page"],
        "Subscription": _shown(_stored(Subscription)["Subscription"], ("email",)),
        **_stored(RegistrationInput, KeyInput, SubscriptionInput),
    }
    for name in ("Event", "Institution", "Registration", "Key", "Subscription"):
        schemas[name]["properties"] |= {"would_send": _WOULD_SEND, "would_tell": _WOULD_TELL}
    schemas["NewKey"] = _with_secret(schemas["Key"], "key")
    schemas["NewSubscription"] = _with_secret(schemas["Subscription"], "address")
    return {name: schemas[name] for name in sorted(schemas) if name != "Occurrence"}


def _stored(*kinds: type) -> dict[str, Schema]:
    _, found = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    for schema in found.values():
        schema.pop("title", None)
        schema["description"] = " ".join(schema.get("description", "").split())
        schema["additionalProperties"] = False
    return found


def _event(stored: Schema) -> Schema:
    words = _words()
    hidden = {*INTERNAL, *MANAGERS_ONLY}
    properties = {
        name: {**schema, "description": words[name].meaning}
        for name, schema in stored["properties"].items()
        if name not in INTERNAL
    }
    properties |= {
        "start_at": {"type": "string", "format": "date-time", "description": "The first start as a UTC instant."},
        "dates": {"type": "array", "items": reference("Date"), "description": "Its dates, one for a single event."},
        "links": {"type": "object", "additionalProperties": TEXT, "description": "`self`, `page`, `calendar`."},
    }
    required = [name for name, schema in properties.items() if name not in hidden and not _nullable(schema)]
    properties["online"] = {"type": "object", "additionalProperties": True, "description": words["online"].meaning}
    description = "An event as it is read. What only organisers see is left out for everybody else."
    return {**stored, "description": description, "properties": properties, "required": required}


def _event_input(schema: Schema) -> Schema:
    words = _words()
    properties = {
        name: {**inner, "description": words[name].meaning, "examples": [words[name].example]}
        for name, inner in schema["properties"].items()
        if name not in (*SERVICE, *IMPORTED)
    }
    duration = {"anyOf": [TEXT, {"type": "null"}], "description": "Instead of `end` (ISO 8601).", "examples": ["PT90M"]}
    return {
        **schema,
        "description": "An event as it is sent. `docs/events.md` explains every field.",
        "properties": {**properties, "duration": duration},
        "required": ["title", "programme", "kind", "start"],
    }


def _registration(stored: Schema) -> Schema:
    personal = ("name", "email", "language", "timezone")
    schema = _without(stored, ("uid",), optional=(*personal, "answers"))
    schema["properties"]["position"] = {"type": "integer", "description": "The place in the waiting line, 1 the first."}
    schema["required"] = [name for name in schema["required"] if not _nullable(schema["properties"][name])]
    schema["description"] = (
        "A registration. Name and address only for who may see the attendee. It covers its `occurrences`, all dates "
        "when empty, except those that `answers` has as `declined`."
    )
    return schema


def _with_secret(schema: Schema, name: str) -> Schema:
    properties = {**schema["properties"], name: {"type": "string", "description": "The secret, shown this once."}}
    return {**schema, "properties": properties, "required": [*schema["required"], name]}


def _as_input(name: str, schema: Schema) -> Schema:
    """The schema of what is sent: texts may be plain, everything may be null (as good as absent)."""
    properties = {key: _nullable_input(inner) for key, inner in schema["properties"].items()}
    if name == "MovedDate":
        properties["duration"] = {"anyOf": [TEXT, {"type": "null"}]}
    left = _OPTIONAL_INPUT.get(name, ())
    required = [key for key in schema.get("required", []) if key not in left]
    return {**schema, "properties": properties, "required": required}


def _nullable_input(schema: Schema) -> Schema:
    changed = _input_references(schema)
    default = {key: changed.pop(key) for key in ("default",) if key in changed}
    if "anyOf" in changed or default.get("default", 0) is None:
        return {**changed, **default}
    return {"anyOf": [changed, {"type": "null"}], **default}


def _input_references(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_input_references(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "object" and schema.get("additionalProperties") == TEXT:
        rest = {key: value for key, value in schema.items() if key not in {"type", "additionalProperties"}}
        return {**reference("TextsInput"), **rest}
    return {
        key: f"{value}Input" if key == "$ref" else value if key == "default" else _input_references(value)
        for key, value in schema.items()
    }


def _without(schema: Schema, hidden: tuple[str, ...], *, optional: tuple[str, ...]) -> Schema:
    properties = {name: inner for name, inner in schema["properties"].items() if name not in hidden}
    required = [name for name in properties if name not in optional]
    return {**schema, "properties": properties, "required": required}


def _shown(schema: Schema, hidden: tuple[str, ...]) -> Schema:
    optional = tuple(name for name, inner in schema["properties"].items() if _nullable(inner) or inner == TEXT)
    return _without(schema, hidden, optional=(*optional, "last_error", "recipient", "bounce"))


def _message(stored: Schema) -> Schema:
    shown = _shown(stored, ("address", "facts", "lease_owner", "lease_until"))
    name = {"type": "string", "description": "The recipient's name; absent where there is none, or none any more."}
    to = {"enum": ["attendee", "speaker", "host"], "description": "To whom it goes; of a host the event's contact."}
    return {
        **shown,
        "required": [*shown["required"], "to"],
        "properties": {
            **shown["properties"],
            "to": to,
            "name": name,
            "would_send": _WOULD_SEND,
            "would_tell": _WOULD_TELL,
        },
    }


def _nullable(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", [])


def _words() -> dict[str, FieldWords]:
    return {name: words for group in event_fields() for name, words in group.fields.items()}


def reference(name: str) -> Schema:
    """A reference to a named schema."""
    return {"$ref": REFERENCE.format(name=name)}


def listing(name: str, **more: Schema) -> Schema:
    """The schema of a list: `items`, more fields beside them that are always there, and the address of what follows."""
    properties: Schema = {"items": {"type": "array", "items": reference(name)}, **more}
    shape: Schema = {"type": "object", "required": list(properties), "additionalProperties": False}
    follows = {"next": {"type": "string", "description": "The next page; absent on the last one."}} if more else {}
    return {**shape, "properties": {**properties, **follows}}
