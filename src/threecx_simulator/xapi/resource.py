"""What a path means: which set, entity, property or call of the model it names."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from threecx_simulator.xapi.model import Call, EntitySet, Property, Type, model
from threecx_simulator.xapi.paths import Segment, key

_COUNT = Segment("$count", None)
_VERBS = {"DELETE": "delete", "PATCH": "update"}


@dataclass(frozen=True, slots=True)
class Resource:
    """At most one of `call` and `navigation` is set. `key`: property and value that pick an entity of `set`.
    `counted`: only the number of rows is asked for."""

    path: str
    set: EntitySet | None = None
    singleton: str = ""
    key: tuple[str, str | int] | None = None
    navigation: Property | None = None
    call: Call | None = None
    last: Segment | None = None
    counted: bool = False

    @property
    def type(self) -> Type | None:
        """The type of the set or singleton."""
        return self.set.type if self.set else model().singletons.get(self.singleton)

    @property
    def methods(self) -> tuple[str, ...]:
        """What may be asked of it, by the OpenAPI file (S)."""
        if self.call is not None:
            return (self.call.verb,)
        if self.navigation is not None or self.counted:
            return ("GET",)
        if self.set is None:
            return ("GET", "PATCH") if self.singleton in model().changeable else ("GET",)
        if self.key is None:
            return ("GET", "POST") if "create" in self.set.verbs else ("GET",)
        return (*(name for name, verb in _VERBS.items() if verb in self.set.verbs), "GET")


@cache
def _names() -> dict[str, str]:
    """Every name that can stand in a path, by its small letters."""
    found = {*model().sets, *model().singletons, _COUNT.name}
    found |= {part.removesuffix("()") for name in model().calls for part in name.split("/")}
    found |= {
        one.name for type_ in model().types.values() for one in type_.properties.values() if one.navigation
    }
    return {name.lower(): name for name in found}


def spelled(parts: list[Segment]) -> list[Segment]:
    """The segments as the model spells their names and those of their arguments."""
    found = [replace(one, name=_names().get(one.name.lower(), one.name)) for one in parts]
    return [_argued(one, _arguments(found[:at], one.name)) for at, one in enumerate(found)]


def _arguments(before: list[Segment], name: str) -> Iterable[str]:
    """What can be named in the brackets of a segment."""
    if not before and name in model().sets:
        return ("Id", *model().sets[name].keys)
    owner = [f"{one.name}()" if one.arguments else one.name for one in before]
    call = model().calls.get("/".join([*owner, name]))
    return call.parameters if call else ()


def _argued(one: Segment, known: Iterable[str]) -> Segment:
    names = {name.lower(): name for name in known}
    given = one.arguments and tuple(
        (names.get(name.lower(), name), literal) for name, literal in one.arguments
    )
    return replace(one, arguments=given)


def understood(path: str, parts: list[Segment], number_keys: bool) -> Resource | None:
    """The resource of a path; None when there is none. `number_keys`: whether `Users(Number='101')` is known (20.0.8, S)."""
    if parts[-1] == _COUNT and len(parts) > 1:
        return _counted(understood(path.removesuffix("/$count"), parts[:-1], number_keys))
    found = _owner(path, parts[0], number_keys)
    if len(parts) == 1:
        call = model().calls.get(parts[0].name)
        return found or (
            Resource(path, call=call, last=parts[0]) if call and parts[0].arguments is not None else None
        )
    if len(parts) > 2:
        return None
    owner = f"{parts[0].name}()" if parts[0].arguments else parts[0].name
    call = model().calls.get(f"{owner}/{parts[1].name}")
    if call is not None and (found or not parts[0].arguments):
        return _called(path, found, call, parts[1])
    return _navigated(path, found, parts[1])


def _counted(found: Resource | None) -> Resource | None:
    """`Users/$count`, `Queues(1)/Agents/$count`: what ASP.NET OData routes of itself for sets and collections (G)."""
    many = found is not None and found.call is None and not found.counted
    if found is None or not many:
        return None
    whole = found.set is not None and found.key is None
    listed = found.navigation is not None and found.navigation.many
    return replace(found, counted=True) if whole or listed else None


def _owner(path: str, first: Segment, number_keys: bool) -> Resource | None:
    if first.name in model().singletons and first.plain:
        return Resource(path, singleton=first.name)
    known = model().sets.get(first.name)
    if known is None:
        return None
    if first.arguments is None:
        return Resource(path, known)
    if len(first.arguments) != 1:
        return None
    name, literal = first.arguments[0]
    name = name or (known.keys[0] if known.keys else "Id")
    value = key(literal)
    alternate = name in known.keys[1:] or (name == "Number" and known.keys[:1] == ("Number",))
    if value is None or name not in (known.keys or ("Id",)) or (alternate and not number_keys):
        return None
    return Resource(path, known, key=(name, value))


def _called(path: str, owner: Resource | None, call: Call, last: Segment) -> Resource | None:
    if (call.verb == "GET") != (last.arguments is not None):
        return None
    return Resource(
        path,
        owner.set if owner else None,
        owner.singleton if owner else "",
        owner.key if owner else None,
        None,
        call,
        last,
    )


def _navigated(path: str, owner: Resource | None, last: Segment) -> Resource | None:
    if owner is None or owner.type is None or last.arguments is not None or (owner.set and owner.key is None):
        return None
    found = owner.type.properties.get(last.name)
    if found is None or not found.navigation:
        return None
    return Resource(path, owner.set, owner.singleton, owner.key, found)
