"""`GET /xapi/v1/$metadata`: the model as CSDL, which every PBX serves of itself (T) and BI tools read before anything else.

3CX's OpenAPI file, of which our model is made, does not tell everything that CSDL must say: keys of types that no path
picks by one, and what the reports' functions are bound to; `_KEYS` and `_rows_of` fill that in.
"""

from functools import cache
from xml.etree.ElementTree import Element, SubElement, tostring

from threecx_simulator.xapi.model import Call, Type, model
from threecx_simulator.xapi.values import named

_EDM, _EDMX = "http://docs.oasis-open.org/odata/ns/edm", "http://docs.oasis-open.org/odata/ns/edmx"
_KEYS = {  # what looks like one (G), where there is no `Id`
    "CallHistoryView": "SegmentId",
    "ChatHistoryView": "ConversationId",
    "ChatMessagesHistoryView": "MessageId",
    "Country": "CountryCode",
    "DidNumber": "Number",
    "Greeting": "Filename",
    "LastCdrAndChatMessageTimestamp": "LastCdrStartedAt",
    "PeerGroup": "GroupID",
    "RegistrarFxs": "MacAddress",
    "Rights": "RoleName",
    "ServiceInfo": "Name",
}


@cache
def metadata() -> bytes:
    """The document."""
    found = model()
    root = Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    services = SubElement(root, "edmx:DataServices")
    schema = SubElement(services, "Schema", {"Namespace": "Pbx", "xmlns": _EDM})
    for type_ in found.types.values():
        _type(schema, type_, type_.name in _entities())
    for name, values in found.enums.items():
        enum = SubElement(schema, "EnumType", {"Name": name})
        for place, value in enumerate(values):  # ASP.NET writes a value always, and clients read it; which: G
            SubElement(enum, "Member", {"Name": value, "Value": str(place)})
    _operations(schema)
    _container(schema)
    return b'<?xml version="1.0" encoding="utf-8"?>' + tostring(root)


@cache
def sets() -> dict[str, str]:
    """Every entity set with the name of its type; among them those that only lend reports their place in a path (T)."""
    found = {name: one.type.name for name, one in model().sets.items()}
    owners = {name.partition("/")[0].removesuffix("()") for name in model().calls if "/" in name}
    found |= {name: _rows_of(name) for name in owners if name not in found and name not in model().singletons}
    return dict(sorted(found.items()))


def _rows_of(owner: str) -> str:
    """What a set holds that is nowhere listed: what its own functions answer with, many rows before a single one."""
    calls = [one for name, one in model().calls.items() if name.startswith(f"{owner}/")]
    answers = [one.rows for one in calls] + [one.answer for one in calls]
    return next(one for one in answers if one in model().types)


@cache
def _entities() -> frozenset[str]:
    """Types that are more than values: those of sets and singletons, and those that navigation leads to."""
    led = {
        one.kind for type_ in model().types.values() for one in type_.properties.values() if one.navigation
    }
    return frozenset({*led, *sets().values(), *(one.name for one in model().singletons.values())})


def _type(schema: Element, type_: Type, entity: bool) -> None:
    element = SubElement(schema, "EntityType" if entity else "ComplexType", {"Name": type_.name})
    key = _key(type_) if entity else None
    if key is not None:
        SubElement(SubElement(element, "Key"), "PropertyRef", {"Name": key})
    for one in type_.properties.values():
        led = one.navigation or one.kind in _entities()  # CSDL has no property that holds an entity
        tag = "NavigationProperty" if led else "Property"
        facets = {"Nullable": "false"} if one.name == key else {}
        facets |= {"Scale": "Variable"} if one.kind == "decimal" else {}
        kind = named(f"[{one.kind}]" if one.many else one.kind)
        SubElement(element, tag, {"Name": one.name, "Type": kind} | facets)


def _key(type_: Type) -> str | None:
    """None: a singleton's own type, or rows that nothing tells apart."""
    given = next((one.keys[0] for one in model().sets.values() if one.keys and one.type == type_), None)
    if given is not None and given in type_.properties:
        return given
    return "Id" if "Id" in type_.properties else _KEYS.get(type_.name)


def _operations(schema: Element) -> None:
    """Functions and actions, each once for what it is bound to."""
    seen = set()
    for path, call in model().calls.items():
        owner, _, name = path.rpartition("/")
        short, bound = name.removeprefix("Pbx."), _bound(owner)
        if (short, bound) not in seen:
            seen.add((short, bound))
            _operation(schema, short, bound, call)


def _bound(owner: str) -> str:
    """The type of the first parameter, which the path before the operation gives; "" = it stands alone."""
    name = owner.removesuffix("()")
    if name in model().singletons:
        return named(model().singletons[name].name)
    if not owner:
        return ""
    return named(sets()[name] if owner.endswith("()") else f"[{sets()[name]}]")


def _operation(schema: Element, name: str, bound: str, call: Call) -> None:
    tag = "Function" if call.verb == "GET" else "Action"
    element = SubElement(schema, tag, {"Name": name} | ({"IsBound": "true"} if bound else {}))
    if bound:
        SubElement(element, "Parameter", {"Name": "bindingParameter", "Type": bound})
    for parameter, kind in call.parameters.items():
        SubElement(element, "Parameter", {"Name": parameter, "Type": named(kind)})
    if call.answer:
        SubElement(element, "ReturnType", {"Type": named(call.answer)})


def _container(schema: Element) -> None:
    container = SubElement(schema, "EntityContainer", {"Name": "Container"})
    for name, kind in sets().items():
        SubElement(container, "EntitySet", {"Name": name, "EntityType": f"Pbx.{kind}"})
    for name, type_ in model().singletons.items():
        SubElement(container, "Singleton", {"Name": name, "Type": f"Pbx.{type_.name}"})
    for path, call in model().calls.items():
        if "/" not in path and call.verb == "GET":
            SubElement(container, "FunctionImport", {"Name": path, "Function": f"Pbx.{path}"})
