"""`$metadata` and the service document: what a generator of clients or a BI tool makes its picture of the PBX from."""

import re
from collections import Counter
from xml.etree.ElementTree import Element, fromstring

import pytest

from .conftest import CALL_LOG, Start

pytestmark = pytest.mark.proves("simulator.section-12")
_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
_PRIMITIVES = {
    *("Boolean", "Byte", "Int32", "Int64", "Single", "Double", "Decimal", "String", "Guid", "Binary"),
    *("Date", "TimeOfDay", "DateTimeOffset", "Duration"),
}


async def _schema(xapi: Start) -> Element:
    client = await xapi(history=0)
    status, body = await client.ask("GET", "$metadata")
    assert status == 200
    found = fromstring(body).find(f".//{_EDM}Schema")  # noqa: S314 (our own server's)
    assert found is not None
    return found


def _named(schema: Element, *tags: str) -> dict[str, Element]:
    return {one.attrib["Name"]: one for one in schema if one.tag.removeprefix(_EDM) in tags}


def _plain(kind: str) -> str:
    return re.sub(r"^Collection\((.*)\)$", r"\1", kind)


async def test_every_type_that_is_spoken_of_is_described(xapi: Start) -> None:
    schema = await _schema(xapi)
    known = {f"Pbx.{name}" for name in _named(schema, "EntityType", "ComplexType", "EnumType")}
    known |= {f"Edm.{name}" for name in _PRIMITIVES}
    spoken = {one.attrib[key] for one in schema.iter() for key in ("Type", "EntityType") if key in one.attrib}
    assert {_plain(kind) for kind in spoken} - known == set()


async def test_sets_singletons_and_navigation_lead_to_entities_and_properties_do_not(xapi: Start) -> None:
    schema = await _schema(xapi)
    entities = {f"Pbx.{name}" for name in _named(schema, "EntityType")}
    led = [one.attrib["EntityType"] for one in schema.iter(f"{_EDM}EntitySet")]
    led += [
        one.attrib["Type"] for tag in ("Singleton", "NavigationProperty") for one in schema.iter(_EDM + tag)
    ]
    assert {_plain(kind) for kind in led} - entities == set()
    held = {_plain(one.attrib["Type"]) for one in schema.iter(f"{_EDM}Property")}
    assert held & entities == set()


async def test_what_stands_in_a_set_has_a_key_that_is_never_null(xapi: Start) -> None:
    schema = await _schema(xapi)
    entities = _named(schema, "EntityType")
    unlisted = {"ActivityLog", "McpServers", "DNProperties"}  # sets that are only a place for functions
    for one in schema.iter(f"{_EDM}EntitySet"):
        type_ = entities[one.attrib["EntityType"].removeprefix("Pbx.")]
        key = type_.find(f"{_EDM}Key/{_EDM}PropertyRef")
        if one.attrib["Name"].startswith("Report") or one.attrib["Name"] in unlisted:
            continue
        assert key is not None, one.attrib
        held = next(
            part for part in type_.iter(f"{_EDM}Property") if part.attrib["Name"] == key.attrib["Name"]
        )
        assert held.attrib["Nullable"] == "false"


async def test_no_name_is_given_twice(xapi: Start) -> None:
    schema = await _schema(xapi)
    tags = ("EntityType", "ComplexType", "EnumType")
    names = Counter(one.attrib["Name"] for one in schema if one.tag.removeprefix(_EDM) in tags)
    bound = Counter(
        (one.attrib["Name"], next((part.attrib["Type"] for part in one), ""))
        for one in schema
        if one.tag.removeprefix(_EDM) in {"Function", "Action"}
    )
    assert [name for name, count in (names + bound).items() if count > 1] == []


async def test_the_call_log_is_a_set_whose_rows_a_bound_function_gives(xapi: Start) -> None:
    schema = await _schema(xapi)
    (log,) = [one for one in schema.iter(f"{_EDM}EntitySet") if one.attrib["Name"] == "ReportCallLogData"]
    function = _named(schema, "Function")["GetCallLogData"]
    parameters = [one.attrib["Name"] for one in function.iter(f"{_EDM}Parameter")]
    assert (log.attrib["EntityType"], function.attrib["IsBound"]) == ("Pbx.CallLogData", "true")
    assert parameters == ["bindingParameter", *re.findall(r"(\w+)=", CALL_LOG)]
    answer = function.find(f"{_EDM}ReturnType")
    assert answer is not None
    assert answer.attrib["Type"] == "Collection(Pbx.CallLogData)"


async def test_every_function_tells_what_it_answers(xapi: Start) -> None:
    schema = await _schema(xapi)
    silent = [
        name for name, one in _named(schema, "Function").items() if one.find(f"{_EDM}ReturnType") is None
    ]
    assert silent == []


async def test_functions_that_stand_alone_can_be_asked(xapi: Start) -> None:
    schema = await _schema(xapi)
    client = await xapi(history=0)
    alone = [one.attrib["Name"] for one in schema.iter(f"{_EDM}FunctionImport")]
    free = [name for name in alone if not list(_named(schema, "Function")[name].iter(f"{_EDM}Parameter"))]
    assert "GetUpdates" in free
    assert [
        (name, status) for name in free if (status := (await client.ask("GET", f"{name}()"))[0]) != 200
    ] == []


async def test_the_service_document_lists_what_metadata_does(xapi: Start) -> None:
    schema = await _schema(xapi)
    client = await xapi(history=0)
    listed = {(row["kind"], row["name"], row["url"]) for row in await client.rows("")}
    tags = ("EntitySet", "Singleton")
    assert listed == {
        (tag, one.attrib["Name"], one.attrib["Name"]) for tag in tags for one in schema.iter(_EDM + tag)
    }
