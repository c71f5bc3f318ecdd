"""The API's description: complete, true, and every example of it executed."""

import json
import re
from copy import deepcopy
from typing import Any

import msgspec
import pytest

from scheduler.errors import ServiceError
from scheduler.model.event import Event
from scheduler.model.intake import as_input, new_event
from scheduler.model.intake_fields import IMPORTED, SERVICE
from scheduler.web.api.examples import all_examples
from scheduler.web.api.operations import OPERATIONS
from scheduler.web.api.reference import document
from scheduler.web.api.schemas import event_fields
from scheduler.web.problems import STATUS
from tests.api import recording
from tests.api.contract import Contract
from tests.api.json_schema import faults, resolve
from tests.running import Api
from tests.scheduler.inputs import ID, NOW, full, known, small


async def test_every_example_gets_the_answer_that_stands_beside_it(api: Api) -> None:
    for name, fresh, kept in recording.fresh_and_kept(await recording.play(api)):
        assert fresh == kept, f"{name}: record again with python -m tests.api.recording"


async def test_every_body_and_answer_has_an_example_that_fits_its_schema(shared: Api) -> None:
    whole = document(shared.litestar)
    bare = set()
    for path, method, operation in operations(whole):
        contents = [(f"{method} {path}", operation.get("requestBody", {}).get("content", {}))]
        contents += [
            (f"{method} {path} {status}", response.get("content", {}))
            for status, response in operation["responses"].items()
        ]
        for where, content in contents:
            for media in content.values():
                for example in media.get("examples", {}).values():
                    wrong = list(faults(example["value"], media["schema"], whole))
                    # A body that is sent to be refused need not fit.
                    assert not wrong or where in REFUSED, (where, example["summary"], wrong)
                if "examples" not in media and where.rpartition(" ")[2] in {"200", "201", path}:
                    bare.add(where)
    assert bare == WITHOUT


REFUSED = {
    "post /api/v1/events",
    "post /api/v1/events/{event_id}/registrations",
}
WITHOUT = {
    "delete /api/v1/events/{event_id} 200",  # a rehearsal: as every other
    "get /api/v1/keys 200",  # the keys themselves are nobody's example
    "delete /api/v1/institutions/{key} 200",
    "post /api/v1/events/{event_id}/registrations 200",
    "get /api/v1/openapi.json 200",
}


def operations(whole: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything that is described."""
    return [(path, method, one) for path, item in whole["paths"].items() for method, one in item.items()]


async def test_the_description_is_whole(shared: Api) -> None:
    whole = json.loads((await shared.nobody.get("/api/v1/openapi.json")).content)
    assert whole == json.loads(json.dumps(document(shared.litestar)))
    assert whole["openapi"] == "3.1.0"
    names = [operation["operationId"] for _, _, operation in operations(whole)]
    assert sorted(names) == sorted(OPERATIONS)
    for path, method, operation in operations(whole):
        where = (method, path)
        assert operation["summary"], where
        assert operation["description"], where
        assert operation["tags"], where
        assert {one["name"] for one in operation["tags"] and whole["tags"]} >= set(operation["tags"]), where
        inside = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert inside == re.findall(r"\{(\w+)\}", path), where
        assert "401" in operation["responses"], where
        assert all(one["description"] for one in operation["parameters"]), where
        if method in {"post", "put", "patch", "delete"}:
            assert "dry_run" in {one["name"] for one in operation["parameters"]}, where
            assert operation["security"] == [{"key": []}], where
        if "201" in operation["responses"] and not operation["operationId"].startswith(("createKey", "createSub")):
            assert "Location" in operation["responses"]["201"]["headers"], where


async def test_every_reference_in_the_description_leads_somewhere(shared: Api) -> None:
    whole = document(shared.litestar)
    for pointer in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(whole))):
        assert resolve(pointer, whole), pointer


async def test_the_description_takes_what_the_door_takes(shared: Api) -> None:
    whole = document(shared.litestar)
    schema = {"$ref": "#/components/schemas/EventInput"}
    event = new_event(full(), known(), id=ID, uid="a@b", now=NOW, created_by="test")
    read = json.loads(msgspec.json.encode(as_input(event)))
    for body in (small(), full(), read, {**small(end=None), "duration": "PT1H", "seats": None}):
        assert list(faults(body, schema, whole)) == []
    assert list(faults({**small(), "titel": "x"}, schema, whole)) != []
    assert list(faults({**small(), "seats": {"on_site": "7"}}, schema, whole)) != []


async def test_the_contract_notices_an_answer_that_is_not_described(api: Api) -> None:
    contract = Contract(api.litestar)
    contract.document = deepcopy(contract.document)
    del contract.document["components"]["schemas"]["Event"]["properties"]["held"]
    api.seen = None
    event = await api.event()
    answer = await api.nobody.get(f"/api/v1/events/{event['id']}")
    with pytest.raises(AssertionError, match="/held: is not described"):
        contract.check(answer)


def test_every_field_of_an_event_is_explained() -> None:
    explained = {name: group.service for group in event_fields() for name in group.fields}
    assert set(explained) == set(Event.__struct_fields__)
    assert {name for name, service in explained.items() if service} == {*SERVICE, *IMPORTED}


@pytest.mark.parametrize("group", [one for one in event_fields() if not one.service], ids=lambda one: one.name)
def test_the_example_of_every_field_is_right(group: Any) -> None:
    body = small(format="hybrid", **{name: words.example for name, words in group.fields.items() if name != "format"})
    made = new_event(body, known(), id=ID, uid="a@b", now=NOW, created_by="test")
    assert made.title


def test_every_outcome_has_a_status() -> None:
    def below(kind: type[ServiceError]) -> set[type[ServiceError]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    homes = ("scheduler.errors", "scheduler.services", "scheduler.web")
    codes = {kind.code for kind in below(ServiceError) if kind.__module__.startswith(homes)}
    assert codes - {"service-error", "configuration"} == set(STATUS)
    assert {one.status for one in all_examples() if one.status >= 400} <= set(STATUS.values())
