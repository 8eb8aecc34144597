"""Every answer of the XAPI against 3CX's OpenAPI file, which lies outside of the repository (it has no licence)."""

import os
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from lab.xapi_model import write
from threecx_simulator.xapi.actions import ACTIONS
from threecx_simulator.xapi.functions import FUNCTIONS
from threecx_simulator.xapi.model import model
from threecx_simulator.xapi.reports import REPORTS

from .conftest import CALL_LOG, FAR_OFF, LONG_AGO, Start, Xapi

_SHARED = Path(os.environ.get("THREECX_SHARED", Path(__file__).parents[4] / "shared"))
_FILE = _SHARED / "3cx" / "xapi-swagger.yaml"
pytestmark = [
    pytest.mark.proves("simulator.section-12"),
    pytest.mark.skipif(
        not _FILE.exists(), reason=f"3CX's OpenAPI file is not at {_FILE}: set THREECX_SHARED"
    ),
]
_VALUES = {
    "clientTimeZone": "'+01:00'",
    "queueDns": "'800'",
    "queueDnStr": "'800'",
    "groupNumber": "'GRP0000'",
    "chartBy": "'month'",
    "chartDate": "2026-02-01T00:00:00Z",
    "name": "'REPORT_ROW_LIMIT'",
    "mac": "'000413000510'",
    "number": "'4930'",
    "dnNumber": "'101'",
    "template": "'provider.pv.xml'",
    "startDate": LONG_AGO,
    "endDate": FAR_OFF,
    "startDt": "2026-01-01T00:00:00Z",
    "endDt": FAR_OFF,
    "periodFrom": LONG_AGO,
    "periodTo": FAR_OFF,
    "includeQueueCalls": "true",
    "callTimeFilterFrom": "'0:00:0'",
    "callTimeFilterTo": "'0:00:0'",
    "hidePcalls": "false",
    "waitInterval": "'0:00:0'",
    "answerInterval": "'0:00:0'",
}


@cache
def _document() -> Any:
    return YAML(typ="safe").load(_FILE)


@cache
def _definitions() -> Any:
    return {name: _converted(schema, name) for name, schema in _document()["components"]["schemas"].items()}


def _converted(schema: Any, name: str = "") -> Any:
    """OpenAPI 3.0 to JSON Schema; entity types accept no property that they do not name."""
    if isinstance(schema, list):
        return [_converted(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: _converted(one)
        for key, one in schema.items()
        if key not in {"nullable", "example", "discriminator"}
    }
    if "$ref" in found:
        found["$ref"] = found["$ref"].replace("#/components/schemas/", "#/$defs/")
    if name.startswith("Pbx.") and "enum" not in found and name not in {"Pbx.DN", "Pbx.ClickToCall"}:
        found["unevaluatedProperties"] = False
        found["patternProperties"] = {"^@odata": {}}
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") else found


def _faults(schema: Any, body: Any) -> Iterator[str]:
    whole = {**_converted(schema), "$defs": _definitions()}
    for error in Draft202012Validator(whole).iter_errors(body):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}"


def _schema(path: str, verb: str, status: str) -> Any:
    response = _document()["paths"][path][verb.lower()]["responses"][status]
    if "$ref" in response:
        response = _document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return response.get("content", {}).get("application/json", {}).get("schema", {})


def _arguments(call: str, **more: str) -> str:
    known = model().calls[call].parameters
    literals = {"string": "''", "boolean": "false"}
    values = _VALUES | more
    return ",".join(f"{name}={values.get(name, literals.get(kind, '0'))}" for name, kind in known.items())


def _path_of(call: str) -> str:
    """The path as the file spells it."""
    owner, _, name = call.rpartition("/")
    parameters = ",".join(f"{one}={{{one}}}" for one in model().calls[call].parameters)
    bound = owner.removesuffix("()")
    key = f"({{{(model().sets[bound].keys or ('Id',))[0]}}})" if owner.endswith("()") else ""
    brackets = f"({parameters})" if model().calls[call].verb == "GET" else ""
    return f"/{bound}{key}/{name}{brackets}" if owner else f"/{name}{brackets}"


def _key(name: str, row: dict[str, Any]) -> str:
    """The key of a row as it stands in a path."""
    key = row[model().sets[name].keys[0]] if name in model().sets and row else ""
    return f"'{key}'" if isinstance(key, str) else str(key)


async def _check(client: Xapi, path: str, known: str) -> list[str]:
    status, body = await client.ask("GET", path)
    if status != 200:
        return [f"{path}: {status} {body}"]
    if not isinstance(body, dict):
        return [f"{path}: no JSON"]
    return [f"{path}: {fault}" for fault in _faults(_schema(known, "get", "200"), body)]


async def test_every_set_answers_as_its_schema_says(xapi: Start) -> None:
    client = await xapi()
    faults = []
    for name in model().sets:
        if f"/{name}" in _document()["paths"]:
            faults += await _check(client, name, f"/{name}")
    assert faults == []


async def test_every_singleton_answers_as_its_schema_says(xapi: Start) -> None:
    client = await xapi()
    faults = []
    for name in model().singletons:
        faults += await _check(client, name, f"/{name}")
    assert faults == []


async def test_every_entity_and_what_it_leads_to_answers_as_its_schema_says(xapi: Start) -> None:
    client = await xapi()
    faults, seen = [], 0
    for path in _document()["paths"]:
        keyed = re.fullmatch(r"/(\w+)\((?:Number=)?\{(\w+)\}\)(/\w+)?", path)
        if keyed is None or "get" not in _document()["paths"][path]:
            continue
        rows = await client.rows(keyed[1], top=1)
        if rows:
            seen += 1
            key = rows[0][keyed[2]]
            literal = f"'{key}'" if isinstance(key, str) else str(key)
            name = "Number=" if "Number=" in path else ""
            faults += await _check(client, f"{keyed[1]}({name}{literal}){keyed[3] or ''}", path)
    assert faults == []
    assert seen > 25


@pytest.mark.parametrize("zeros", ["missing", "sent"])
async def test_every_report_answers_as_its_schema_says(xapi: Start, zeros: str) -> None:
    client = await xapi(report_zeros=zeros)
    faults = []
    for call in (*REPORTS, CALL_LOG.partition("(")[0]):
        faults += await _check(client, f"{call}({_arguments(call)})", _path_of(call))
    assert faults == []


async def test_every_function_answers_as_its_schema_says(xapi: Start) -> None:
    client = await xapi()
    talked = next(row for row in await client.rows(CALL_LOG) if row.get("QualityReport"))
    faults = []
    for call in FUNCTIONS:
        bound, keyed, _ = call.partition("()")
        rows = await client.rows(bound, top=1) if keyed else [{}]
        if not rows:
            continue  # nothing to ask about: no call flow app is installed
        more = {"cdrId": repr(talked["CdrId"])}
        more |= {"name": "'PROVFILE'"} if call.startswith("DNProperties/") else {}
        path = f"{call.replace('()', f'({_key(bound, rows[0])})')}({_arguments(call, **more)})"
        faults += await _check(client, path, _path_of(call))
    assert faults == []


async def test_expanded_rows_answer_as_their_schema_says(xapi: Start) -> None:
    client = await xapi()
    faults = []
    for name in (
        "Users",
        "Queues",
        "Groups",
        "RingGroups",
        "Receptionists",
        "Trunks",
        "ServicePrincipals",
        "DidNumbers",
        "InboundRules",
    ):
        faults += await _check(client, f"{name}?$expand=*", f"/{name}")
    assert faults == []


async def test_what_was_made_and_done_answers_as_its_schema_says(xapi: Start) -> None:
    client = await xapi()
    faults = []
    asked = {
        "/Users": ("Users", {"FirstName": "New"}, "201"),
        "/Queues": ("Queues", {"AnnouncementInterval": 50}, "201"),
        "/Contacts": ("Contacts", {"FirstName": "A", "PhoneNumber": "1"}, "201"),
        "/BlackListNumbers": ("BlackListNumbers", {"CallerId": "1"}, "201"),
        "/Holidays": ("Holidays", {"Name": "Party", "Day": 5, "Month": 7}, "201"),
        "/Groups": ("Groups", {"Name": "New"}, "201"),
        "/Users/Pbx.BatchDelete": ("Users/Pbx.BatchDelete", {"ids": [1]}, "200"),
        "/Peers/Pbx.RetreivePeersByNumbers": (
            "Peers/Pbx.RetreivePeersByNumbers",
            {"peersRequest": {"DnNumbers": ["101"]}},
            "200",
        ),
        "/Users/Pbx.MakeCall": ("Users/Pbx.MakeCall", {"dn": "999999", "destination": "1"}, "404"),
    }
    for known, (path, body, status) in asked.items():
        found, answer = await client.ask("POST", path, json=body)
        assert str(found) == status, (path, answer)
        if found < 300:
            faults += [f"{path}: {fault}" for fault in _faults(_schema(known, "post", status), answer)]
    assert faults == []


async def test_errors_answer_as_their_schema_says(xapi: Start) -> None:
    client = await xapi(history=0)
    schema = _document()["components"]["schemas"]["Pbx.ODataErrors.ODataError"]
    for path, body in (
        ("Users", {"Number": "101"}),
        ("Users", {"Nonsense": 1}),
        ("Groups", {"Name": "DEFAULT"}),
    ):
        status, answer = await client.ask("POST", path, json=body)
        assert (status, list(_faults(schema, answer))) == (400, [])


def test_every_action_and_function_that_is_served_exists_there() -> None:
    served = [_path_of(call) for call in (*ACTIONS, *FUNCTIONS, *REPORTS)]
    assert [path for path in served if path not in _document()["paths"]] == []


async def test_recordings_and_the_call_log_have_rows_to_check(xapi: Start) -> None:
    client = await xapi()
    assert len(await client.rows(CALL_LOG, top=1000)) == 1000
    assert len(await client.rows("Recordings", top=100)) == 100


def test_the_model_is_what_the_generator_makes_of_the_file(tmp_path: Path) -> None:
    write(_FILE, tmp_path / "model.json")
    written = resources.files("threecx_simulator.xapi").joinpath("model.json").read_text("utf-8")
    assert (tmp_path / "model.json").read_text("utf-8") == written, "run: scripts/simulator_model"


def test_the_check_itself_finds_unknown_properties_and_wrong_types() -> None:
    schema = _schema("/Users", "get", "200")
    wrong = {"@odata.context": "…", "value": [{"Id": "29", "Number": "101", "Nonsense": 1}]}
    told = " ".join(_faults(schema, wrong))
    assert "'29' is not of type 'integer'" in told
    assert "'Nonsense'" in told
    assert list(_faults(schema, {"value": [{"Id": 29, "Number": "101"}]})) == []
