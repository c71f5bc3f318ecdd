"""The door for API keys: what an administrator asks of a new one."""

from typing import Any, get_args

from msgspec import Struct

from scheduler.model.intake_known import Known, term
from scheduler.model.intake_reader import Faults, Faulty, Node, choice, flag, many, opened, read, require
from scheduler.model.intake_text import line
from scheduler.model.person import GivenRole

_ROLES: tuple[GivenRole, ...] = get_args(GivenRole)
_LONGEST_LABEL = 100


class KeyInput(Struct, frozen=True, kw_only=True):
    """What a new key may do. `programmes` for an organiser, `institutions` for a host."""

    role: GivenRole
    label: str = ""
    programmes: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    writes: bool = True


def new_key(data: object, known: Known) -> KeyInput:
    """What a new key shall be, from decoded JSON. Raises scheduler.errors.Invalid with every fault."""
    faults = Faults()
    node = Node(data, faults)
    values: dict[str, Any] = {}
    try:
        nodes = opened(node, KeyInput.__struct_fields__, {"role": "organiser", "programmes": ["enspired"]})
        require(node, nodes, {"role": "organiser"})
        readers = {
            "role": choice(_ROLES, "organiser"),
            "label": line(_LONGEST_LABEL, example="our website"),
            "programmes": many(term(known.programmes, "a programme"), example=["enspired"]),
            "institutions": many(term(known.institutions, "an institution"), example=["vives"]),
            "writes": flag,
        }
        values = read(nodes, readers)
        if values.get("role") == "organiser" and "programmes" not in nodes:
            node.child("programmes", None).note("An organiser needs a programme.", ["enspired"], "required")
        if values.get("role") == "host" and "institutions" not in nodes:
            node.child("institutions", None).note("A host needs an institution.", ["vives"], "required")
    except Faulty:
        pass
    faults.check()
    return KeyInput(**values)
