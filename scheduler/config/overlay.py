"""Layers laid over each other: every value checked for its name and type, the last layer wins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import FieldInfo, fields

from scheduler.config.layers import Layer, suggestion
from scheduler.config.settings import SECRETS, SECTIONS
from scheduler.config.vocabulary import TABLES
from scheduler.errors import Problem

TYPES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
}


class Overlay(Struct):
    """What has been laid so far. `origins` maps a dotted key (`server.port`, `kinds.webinar`) to its last layer."""

    sections: dict[str, dict[str, Any]]
    tables: dict[str, dict[str, dict[str, Any]]]
    origins: dict[str, Layer]
    problems: list[Problem]

    def source(self, key: str) -> str:
        """Where a value comes from; a value that no file sets is a default."""
        return self.origins[key].source if key in self.origins else "default"

    def place(self, key: str) -> str:
        """The file or variable to look at for a value."""
        return self.origins[key].place(key) if key in self.origins else ""

    def base(self, key: str) -> Path:
        """The folder that a relative path in this value starts from."""
        return self.origins[key].base if key in self.origins else Path.cwd()

    def add(self, key: str, detail: str, example: str = "") -> None:
        """Note a problem with a value that has been laid already.

        A default that does not go with the rest has no place: nobody should look for it in the shipped file.
        """
        place = self.place(key) if self.source(key) != "default" else ""
        self.problems.append(Problem(key, detail, place, example))


def empty() -> Overlay:
    """Nothing laid yet."""
    return Overlay({name: {} for name in SECTIONS}, {name: {} for name in TABLES}, {}, [])


def lay(overlay: Overlay, layer: Layer) -> None:
    """Lay one more layer on top; what is wrong in it is noted and left out."""
    for name, value in layer.values.items():
        if name in SECTIONS and isinstance(value, dict):
            _lay_section(overlay, layer, name, value)
        elif name in TABLES and isinstance(value, list):
            _lay_table(overlay, layer, name, value)
        elif name in SECTIONS:
            _note(overlay, layer, name, "is a section of settings.", f"[{name}]")
        elif name in TABLES:
            _note(overlay, layer, name, "is a list of tables.", f"[[{name}]]")
        else:
            hint = suggestion(name, [*SECTIONS, *TABLES])
            _note(overlay, layer, name, f"is not a section.{hint}", "[server]")


def _lay_section(overlay: Overlay, layer: Layer, section: str, values: Mapping[str, Any]) -> None:
    known = {field.name: field for field in fields(SECTIONS[section])}
    for name, value in values.items():
        key = f"{section}.{name}"
        if name not in known:
            hint = suggestion(name, known) or f" Known are {', '.join(known)}."
            _note(overlay, layer, key, f"is not a setting of [{section}].{hint}")
            continue
        accepted = _accepted(overlay, layer, key, value, known[name])
        if accepted is not None:
            _put(overlay.sections[section], name, accepted)
            overlay.origins[key] = layer


def _lay_table(overlay: Overlay, layer: Layer, table: str, entries: list[Any]) -> None:
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        key = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(key, str):
            detail = f"entry {number} needs a key, a short word that is never changed afterwards."
            _note(overlay, layer, table, detail, 'key = "guest-lecture"')
        elif key in seen:
            _note(overlay, layer, f"{table}.{key}", "stands here twice; keep one.")
        else:
            seen.add(key)
            _lay_entry(overlay, layer, table, dict(entry))


def _lay_entry(overlay: Overlay, layer: Layer, table: str, entry: dict[str, Any]) -> None:
    """Merge field by field into the entry with the same key; `remove = true` takes it out."""
    path = f"{table}.{entry['key']}"
    known = {field.name: field for field in fields(TABLES[table])}
    if entry.pop("remove", False) is True:
        overlay.origins.pop(path, None)
        if overlay.tables[table].pop(entry["key"], None) is None:
            _note(
                overlay,
                layer,
                path,
                f"cannot be removed: there is none.{suggestion(entry['key'], overlay.tables[table])}",
            )
        return
    target = overlay.tables[table].get(entry["key"], {})
    for name, value in entry.items():
        if name not in known:
            hint = suggestion(name, known) or f" Known are {', '.join(known)}."
            _note(overlay, layer, f"{path}.{name}", f"is not a field of [[{table}]].{hint}")
            continue
        accepted = _accepted(overlay, layer, f"{path}.{name}", value, known[name])
        if accepted is not None:
            _put(target, name, accepted)
    if "key" in target:
        overlay.tables[table][target["key"]] = target
        overlay.origins[path] = layer


def _put(target: dict[str, Any], name: str, value: Any) -> None:
    """Names per language are laid language by language, anything else is replaced."""
    if isinstance(value, dict) and isinstance(target.get(name), dict):
        target[name] = {**target[name], **value}
    else:
        target[name] = value


def _accepted(overlay: Overlay, layer: Layer, key: str, value: Any, field: FieldInfo) -> Any:
    """The value in its right type, or None after the problem has been noted."""
    try:
        return msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        wanted = describe(inspect.type_info(field.type))
        _note(overlay, layer, key, f"has to be {wanted}, not {_got(key, value)}.", _example(overlay, layer, key, field))
        return None


def _note(overlay: Overlay, layer: Layer, key: str, detail: str, example: str = "") -> None:
    overlay.problems.append(Problem(key, detail, layer.place(key), example))


def _got(key: str, value: Any) -> str:
    """What was found instead; a secret is never repeated."""
    name = TYPES.get(type(value), "a date or time")
    if key in SECRETS:
        return name
    return toml(value)[:80] if isinstance(value, dict | list) else f"{name}: {toml(value)[:60]}"


def _example(overlay: Overlay, layer: Layer, key: str, field: FieldInfo) -> str:
    """The default, or in a table the value of its first entry that has one, written as this layer writes it."""
    table, _, _ = key.partition(".")
    if table in TABLES:
        entries = overlay.tables[table].values()
        value = next((entry[field.name] for entry in entries if field.name in entry), None)
    elif field.default is not msgspec.NODEFAULT:
        value = field.default
    else:
        value = field.default_factory()
    if value is None:
        return ""
    if layer.source == "environment":
        return f"{layer.place(key)}={value if isinstance(value, str) else toml(value)}"
    return f"{field.name} = {toml(value)}"


def toml(value: Any) -> str:
    """A value as one would write it into config.toml."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {toml(item)}" for name, item in value.items()) + " }"
    return msgspec.json.encode(value).decode()


def describe(kind: inspect.Type) -> str:
    """What a type asks for, in plain words."""
    words = "of another type"
    match kind:
        case inspect.Metadata(extra_json_schema={"description": str(description)}):
            words = description
        case inspect.Metadata(type=inner):
            words = describe(inner)
        case inspect.UnionType(types=types):
            words = describe(next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.VarTupleType(item_type=item):
            words = f"a list, each item {describe(item)}"
        case inspect.DictType(value_type=item):
            words = f"a table per language, each item {describe(item)}"
        case inspect.LiteralType(values=values):
            words = "one of " + ", ".join(f'"{value}"' for value in values)
        case inspect.IntType(ge=int(low), le=int(high)):
            words = f"a whole number from {low} to {high}"
        case inspect.BoolType():
            words = "true or false"
        case inspect.StrType():
            words = "text in quotes"
    return words
