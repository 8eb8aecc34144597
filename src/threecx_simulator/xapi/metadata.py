"""`GET /xapi/v1/$metadata`: the model as EDMX, which every PBX serves of itself (T)."""

from functools import cache
from xml.etree.ElementTree import Element, SubElement, tostring

from threecx_simulator.xapi.model import Property, Type, model
from threecx_simulator.xapi.values import EDM


@cache
def metadata() -> bytes:
    """The document."""
    found = model()
    root = Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": "http://docs.oasis-open.org/odata/ns/edmx"})
    schema = SubElement(
        SubElement(root, "edmx:DataServices"),
        "Schema",
        {"Namespace": "Pbx", "xmlns": "http://docs.oasis-open.org/odata/ns/edm"},
    )
    keys = {one.type.name: one.keys[0] for one in found.sets.values() if one.keys}
    for type_ in found.types.values():
        _type(schema, type_, keys.get(type_.name))
    for name, values in found.enums.items():
        enum = SubElement(schema, "EnumType", {"Name": name})
        for value in values:
            SubElement(enum, "Member", {"Name": value})
    _container(schema)
    return b'<?xml version="1.0" encoding="utf-8"?>' + tostring(root)


def _type(schema: Element, type_: Type, key: str | None) -> None:
    entity = key is not None or any(one.navigation for one in type_.properties.values())
    element = SubElement(schema, "EntityType" if entity else "ComplexType", {"Name": type_.name})
    if key is not None:
        SubElement(SubElement(element, "Key"), "PropertyRef", {"Name": key})
    for one in type_.properties.values():
        tag = "NavigationProperty" if one.navigation else "Property"
        SubElement(element, tag, {"Name": one.name, "Type": _named(one)})


def _named(one: Property) -> str:
    kind = EDM.get(one.kind, f"Pbx.{one.kind}" if not one.primitive else "Edm.String")
    return f"Collection({kind})" if one.many else kind


def _container(schema: Element) -> None:
    container = SubElement(schema, "EntityContainer", {"Name": "Container"})
    for one in model().sets.values():
        SubElement(container, "EntitySet", {"Name": one.name, "EntityType": f"Pbx.{one.type.name}"})
    for name, type_ in model().singletons.items():
        SubElement(container, "Singleton", {"Name": name, "Type": f"Pbx.{type_.name}"})
