"""What there is to run: every operation, trigger and list that stands in the nodes package. No list is kept by hand."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from threecx_runner.errors import OperationUnknown
from threecx_runner.sdk import Operation, OptionList, Trigger


@dataclass(frozen=True)
class Registry:
    """By public name, which is the path in camel case."""

    operations: Mapping[tuple[str, str], Operation[Any, Any]]
    triggers: Mapping[tuple[str, str], Trigger[Any]]
    lists: Mapping[str, OptionList]

    def operation(self, node: str, name: str) -> Operation[Any, Any]:
        """Raises OperationUnknown."""
        found = self.operations.get((node, name))
        if found is None:
            raise OperationUnknown(f"This runner has no operation {name} of the node {node}.")
        return found

    def trigger(self, node: str, name: str) -> Trigger[Any] | None:
        return self.triggers.get((node, name))

    def option_list(self, name: str) -> OptionList:
        """Raises OperationUnknown."""
        found = self.lists.get(name)
        if found is None:
            raise OperationUnknown(f"This runner has no list {name}.")
        return found


def found(package: str = "threecx_nodes") -> Registry:
    """Walks the package."""
    things = [thing for module in _modules(package) for thing in vars(module).values()]
    return Registry(
        {(thing.node, thing.name): thing for thing in things if isinstance(thing, Operation)},
        {(thing.node, thing.name): thing for thing in things if isinstance(thing, Trigger)},
        {thing.name: thing for thing in things if isinstance(thing, OptionList)},
    )


def _modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        yield importlib.import_module(info.name)
