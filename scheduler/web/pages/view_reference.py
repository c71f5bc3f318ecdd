"""An OpenAPI description (version 3.1) as groups of operations to read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_METHODS = ("get", "post", "put", "patch", "delete")
_PREFIX = "/api/"

Schema = Mapping[str, Any]


class Parameter(Struct, frozen=True):
    """One parameter: where it stands, whether it has to, what it takes."""

    name: str
    place: str
    required: bool
    type: str
    words: str


class Answer(Struct, frozen=True):
    """One answer: its status and when it comes."""

    status: str
    words: str


class Operation(Struct, frozen=True, kw_only=True):
    """One thing that can be asked. `example` is a body as JSON text."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    parameters: tuple[Parameter, ...]
    example: str
    answers: tuple[Answer, ...]


class Group(Struct, frozen=True):
    """Operations under one tag."""

    name: str
    operations: tuple[Operation, ...]


def groups_of(schema: Schema) -> tuple[Group, ...]:
    """The operations of the API by their first tag, in the order of the description."""
    found: dict[str, list[Operation]] = {}
    for path, item in schema.get("paths", {}).items():
        if not path.startswith(_PREFIX):
            continue
        for method in _METHODS:
            if method in item:
                tags = item[method].get("tags") or ["other"]
                found.setdefault(tags[0], []).append(_operation(path, method, item[method], schema))
    order = [tag["name"] for tag in schema.get("tags", [])]
    names = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
    return tuple(Group(name, tuple(found[name])) for name in names)


def _operation(path: str, method: str, entry: Schema, schema: Schema) -> Operation:
    return Operation(
        id=str(entry.get("operationId", f"{method}{path}")),
        method=method.upper(),
        path=path,
        summary=str(entry.get("summary", "")),
        words=str(entry.get("description", "")),
        parameters=tuple(_parameter(_resolved(one, schema)) for one in entry.get("parameters", [])),
        example=_example(entry.get("requestBody", {}), schema),
        answers=tuple(
            Answer(str(status), str(_resolved(answer, schema).get("description", "")))
            for status, answer in sorted(entry.get("responses", {}).items())
        ),
    )


def _parameter(entry: Schema) -> Parameter:
    shape = entry.get("schema", {})
    return Parameter(
        name=str(entry.get("name", "")),
        place=str(entry.get("in", "")),
        required=bool(entry.get("required")),
        type=_type(shape),
        words=str(entry.get("description") or shape.get("description") or ""),
    )


def _type(shape: Schema) -> str:
    if "enum" in shape:
        return " | ".join(str(value) for value in shape["enum"])
    kinds = shape.get("type", "")
    return str(shape.get("format") or (" | ".join(kinds) if isinstance(kinds, list) else kinds) or "any")


def _example(body: Schema, schema: Schema) -> str:
    """The first example of a request body."""
    for media in _resolved(body, schema).get("content", {}).values():
        for example in _examples(media, schema):
            return json.dumps(example, indent=2, ensure_ascii=False)
    return ""


def _examples(media: Schema, schema: Schema) -> Iterator[Any]:
    shape = _resolved(media.get("schema", {}), schema)
    for holder in (media, shape):
        if "example" in holder:
            yield holder["example"]
        several = holder.get("examples", {})
        for entry in several.values() if isinstance(several, dict) else several:
            yield entry["value"] if isinstance(entry, dict) and "value" in entry else entry


def _resolved(entry: Schema, schema: Schema) -> Schema:
    """What a `$ref` within the description stands for."""
    if "$ref" not in entry:
        return entry
    found: Any = schema
    for part in str(entry["$ref"]).removeprefix("#/").split("/"):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
