"""JSON Schema as far as the API's description uses it: enough to say where a value does not fit, and no more."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    "$ref", "type", "enum", "anyOf", "properties", "required", "additionalProperties", "items", "minimum", "maximum",
    "minLength", "maxLength", "pattern", "format", "description", "default", "examples", "minItems", "maxItems",
}  # fmt: skip


def faults(value: Any, schema: Schema, root: Schema, place: str = "") -> Iterator[str]:
    """What in `value` does not fit, each with its place; `root` holds what a `$ref` points into."""
    assert set(schema) <= KNOWN, f"this checker does not know {set(schema) - KNOWN}"
    if "$ref" in schema:
        yield from faults(value, resolve(schema["$ref"], root), root, place)
    if "type" in schema and not _is(value, schema["type"]):
        yield f"{place}: {value!r} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    if "anyOf" in schema:
        tried = [list(faults(value, one, root, place)) for one in schema["anyOf"]]
        if all(tried):
            yield from min(tried, key=len)
    if isinstance(value, dict):
        yield from _object(value, schema, root, place)
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from faults(item, schema["items"], root, f"{place}/{index}")
    yield from _bounds(value, schema, place)


def resolve(pointer: str, root: Schema) -> Any:
    """What `#/components/schemas/Event` points at."""
    found: Any = root
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def _object(value: dict[str, Any], schema: Schema, root: Schema, place: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place}/{name}: is missing"
    more = schema.get("additionalProperties", True)
    for name, inner in value.items():
        if name in properties:
            yield from faults(inner, properties[name], root, f"{place}/{name}")
        elif more is False:
            yield f"{place}/{name}: is not described"
        elif isinstance(more, dict):
            yield from faults(inner, more, root, f"{place}/{name}")


def _bounds(value: Any, schema: Schema, place: str) -> Iterator[str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{place}: {value} is out of bounds"
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{place}: has {len(value)} characters"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{place}: {value!r} does not look like {schema['pattern']}"
        if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
            yield f"{place}: {value!r} is no UTC instant"
