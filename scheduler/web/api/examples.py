"""Examples of the API's description: requests and their answers, from the packaged examples.json.

A test sends every request to a running service and holds the answer against the one that stands here.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct, field


class Example(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One request and its answer. `names` fill the path; `role` is whose key is sent ("" for none).

    In `names` and `headers` a word in braces stands for something the service made: `{published}` is the id of a
    published event, `{draft}` of a draft, `{registration}` of a registration, `{prefix}` of a key.
    """

    operation: str
    summary: str
    status: int
    role: str = ""
    names: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    answer: Any = None


@cache
def all_examples() -> tuple[Example, ...]:
    """Every example, in an order in which they can be sent."""
    text = files("scheduler.web.api").joinpath("examples.json").read_bytes()
    return msgspec.json.decode(text, type=tuple[Example, ...])


def bodies(operation: str) -> dict[str, Any]:
    """The bodies that are sent to an operation, as OpenAPI example objects by name."""
    return _named([(one, one.body) for one in all_examples() if one.operation == operation and one.body is not None])


def answers(operation: str, status: int) -> dict[str, Any]:
    """The answers of an operation with a status, as OpenAPI example objects by name."""
    chosen = [one for one in all_examples() if (one.operation, one.status) == (operation, status)]
    return _named([(one, one.answer) for one in chosen if one.answer is not None])


def _named(values: list[tuple[Example, Any]]) -> dict[str, Any]:
    return {
        one.summary.lower().replace(" ", "-").replace(",", ""): {"summary": one.summary, "value": value}
        for one, value in values
    }
