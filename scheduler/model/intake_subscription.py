"""The door for subscriptions: a name, a saved filter with options, and what the secret grants."""

from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from scheduler.config import Config
from scheduler.errors import Invalid
from scheduler.model.feed_options import read_query
from scheduler.model.filter import facets_known
from scheduler.model.intake_known import Known, term
from scheduler.model.intake_reader import Faults, Faulty, Node, Reader, many, opened, read, require
from scheduler.model.intake_text import line

_LONGEST_NAME = 80
_LONGEST_QUERY = 2_000
_EXAMPLE = {"name": "VIVES international office", "query": "kind=workshop,webinar&lang=nl"}


class SubscriptionInput(Struct, frozen=True, kw_only=True):
    """What a new subscription selects and grants. `query` is a filter and options as in a feed's address."""

    name: str
    query: str = ""
    institution: str = ""
    programmes: tuple[str, ...] = ()


def new_subscription(data: object, known: Known, config: Config) -> SubscriptionInput:
    """What a new subscription shall be, from decoded JSON. Raises scheduler.errors.Invalid with every fault."""
    faults = Faults()
    node = Node(data, faults)
    values: dict[str, Any] = {}
    try:
        nodes = opened(node, SubscriptionInput.__struct_fields__, _EXAMPLE)
        require(node, nodes, {"name": _EXAMPLE["name"]})
        readers: dict[str, Reader[Any]] = {
            "name": line(_LONGEST_NAME, example=_EXAMPLE["name"]),
            "query": _query(known, config),
            "institution": term(known.institutions, "an institution"),
            "programmes": many(term(known.programmes, "a programme"), example=["enspired"]),
        }
        values = read(nodes, readers)
    except Faulty:
        pass
    faults.check()
    return SubscriptionInput(**values)


def _query(known: Known, config: Config) -> Reader[str]:
    as_text = line(_LONGEST_QUERY, example=_EXAMPLE["query"])

    def reader(node: Node) -> str:
        text = as_text(node).removeprefix("?")
        try:
            read_query(parse_qsl(text, keep_blank_values=True), facets_known(known), config)
        except Invalid as error:
            for fault in error.faults:
                node.note(fault.detail, fault.example, fault.code)
            raise Faulty from None
        return text

    return reader
