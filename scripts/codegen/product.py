"""Everything joined: what the emitters print. Finds operations as the runner does, by walking the node packages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, cast

from pydantic import BaseModel

import threecx_nodes.options
import threecx_runner.errors  # noqa: F401 -- its classes join the tree of ThreeCxError
from codegen.descriptors import CredentialLook, ErrorLooks, NodeLook, OperationLook, SharedLook, ShimProblem
from codegen.findings import Faulty, Finding
from codegen.join import Known, joined
from codegen.load import Descriptors
from codegen.models import Fact, facts
from codegen.properties import Property
from codegen.shim_options import ItemOptions
from threecx_pbx.errors import ThreeCxError
from threecx_runner.sdk import Operation, OptionList, Trigger


@dataclass(frozen=True, slots=True)
class JoinedOperation:
    """An operation of an action node, or the trigger of a trigger node."""

    look: OperationLook
    source: Operation[Any, Any] | Trigger[Any]
    properties: tuple[Property, ...]

    @property
    def result(self) -> type[BaseModel]:
        """The model of an output item."""
        return self.source.result if isinstance(self.source, Operation) else self.source.output


@dataclass(frozen=True, slots=True)
class JoinedNode:
    """A node of n8n."""

    look: NodeLook
    operations: tuple[JoinedOperation, ...]

    @property
    def is_trigger(self) -> bool:
        """Whether it starts executions."""
        return self.look.trigger is not None

    @property
    def name(self) -> str:
        """n8n's type name: `threeCxCallControl`."""
        return "threeCx" + self.class_name.removeprefix("ThreeCx")

    @property
    def class_name(self) -> str:
        """`ThreeCxCallControl`, `ThreeCxCallReceiverTrigger`."""
        words = "".join(word.capitalize() for word in self.look.folder.split("_"))
        return f"ThreeCx{words}{'Trigger' if self.is_trigger else ''}"

    @property
    def lists(self) -> list[str]:
        """The option lists that its dropdowns use."""
        properties = (one for operation in self.operations for one in operation.properties)
        return sorted({list_ for one in properties for list_ in one.lists})


@dataclass(frozen=True, slots=True)
class JoinedCredential:
    """A credential of n8n."""

    look: CredentialLook
    properties: tuple[Property, ...]

    @property
    def class_name(self) -> str:
        """`ThreeCxCallControlApi`."""
        return "ThreeCx" + "".join(word.capitalize() for word in self.look.module.split("_")[1:])

    @property
    def name(self) -> str:
        """`threeCxCallControlApi`."""
        return "t" + self.class_name[1:]


@dataclass(frozen=True, slots=True)
class JoinedError:
    """One errorId, of the Python tree or of the shim."""

    id: str
    meaning: str
    who: str
    remedy: str
    status: int
    retryable: bool


@dataclass(frozen=True, slots=True)
class Product:
    """All nodes and credentials."""

    nodes: tuple[JoinedNode, ...]
    credentials: tuple[JoinedCredential, ...]
    errors: tuple[JoinedError, ...]
    shim_problems: Mapping[str, ShimProblem]


def product(descriptors: Descriptors) -> Product:
    """Joins everything. Raises Faulty with every finding of every file."""
    joiner = _Joiner(descriptors)
    made = Product(
        tuple(joiner.node(look) for look in descriptors.nodes),
        tuple(joiner.credential(look) for look in descriptors.credentials),
        tuple(joiner.errors(descriptors.errors)),
        descriptors.errors.shim,
    )
    if joiner.findings:
        raise Faulty(sorted(set(joiner.findings)))
    return made


def option_lists() -> set[str]:
    """The names of nodes/options/."""
    modules = (
        import_module(f"threecx_nodes.options.{found.name}")
        for found in iter_modules(threecx_nodes.options.__path__)
    )
    return {
        value.name for module in modules for value in vars(module).values() if isinstance(value, OptionList)
    }


class _Joiner:
    def __init__(self, descriptors: Descriptors) -> None:
        self.shared = [(look, _class(look.of)) for look in descriptors.shared]
        self.known = Known(option_lists(), descriptors.widgets)
        self.findings: list[Finding] = []

    def node(self, look: NodeLook) -> JoinedNode:
        looks = look.operations or ((look.trigger,) if look.trigger else ())
        package = import_module(f"threecx_nodes.{look.folder}")
        described = {one.module for one in looks}
        for found in iter_modules(package.__path__):
            if found.name not in described:
                kind = "triggers" if look.trigger else "operations"
                told = f"missing: nodes/{look.folder}/{found.name}.py has no {kind}/{found.name}.json; add it"
                self.findings.append(Finding(look.place, told))
        return JoinedNode(look, tuple(filter(None, (self._operation(look, one) for one in looks))))

    def credential(self, look: CredentialLook) -> JoinedCredential:
        model = _credential_model(look.module)
        return JoinedCredential(look, self._joined(look, facts(model), f"credentials/{look.module}.py"))

    def errors(self, looks: ErrorLooks) -> list[JoinedError]:
        leaves = {leaf.error_id: leaf for leaf in error_leaves()}
        for name in leaves.keys() - looks.meanings.keys():
            told = f"missing: {leaves[name].__module__} has it; tell in one sentence what it means"
            self.findings.append(Finding(looks.place.at("meanings", name), told))
        for name in looks.meanings.keys() - leaves.keys():
            self.findings.append(
                Finding(looks.place.at("meanings", name), "no error class has this errorId: remove it")
            )
        found = [_error(leaf, looks.meanings.get(name, "")) for name, leaf in leaves.items()]
        found += [
            JoinedError(
                name,
                one.meaning,
                "Who runs n8n can mend it.",
                one.hint,
                one.status,
                one.status != HTTPStatus.BAD_GATEWAY,
            )
            for name, one in looks.shim.items()
        ]
        return sorted(found, key=lambda one: one.id)

    def _operation(self, node: NodeLook, look: OperationLook) -> JoinedOperation | None:
        source = _declared(f"threecx_nodes.{node.folder}.{look.module}")
        python = f"nodes/{node.folder}/{look.module}.py"
        if source is None:
            self.findings.append(
                Finding(look.place, f"{python} has no operation or trigger; add it or remove this file")
            )
            return None
        declared = facts(source.params)
        bases = [(shared, base) for shared, base in self.shared if issubclass(source.params, base)]
        own = {
            name: fact
            for name, fact in declared.items()
            if fact.declared_by not in [base for _, base in bases]
        }
        if isinstance(source, Operation):
            self._outputs(look, source, python)
            bases += [(shared, base) for shared, base in self.shared if base is ItemOptions]
        first = [
            one
            for shared, base in bases
            for one in self._joined(shared, _as_declared(facts(base), declared), shared.of)
        ]
        properties = [*first, *self._joined(look, own, python)]
        kept = [one for one in properties if one.unless_output not in look.outputs]
        return JoinedOperation(look, source, tuple(kept))

    def _outputs(self, look: OperationLook, source: Operation[Any, Any], python: str) -> None:
        if list(look.outputs) != list(source.outputs):
            told = f"{python} has {list(source.outputs) or 'a single output'}; label these, in this order"
            self.findings.append(Finding(look.place.at("outputs"), told))
        if look.failure_output and look.failure_output not in look.outputs:
            told = f"is none of {list(look.outputs)}: name the output of items that failed"
            self.findings.append(Finding(look.place.at("failureOutput"), told))

    def _joined(
        self, look: OperationLook | SharedLook | CredentialLook, facts_: Mapping[str, Fact], python: str
    ) -> tuple[Property, ...]:
        properties, findings = joined(look.place, look.parameters, facts_, python, self.known)
        self.findings += findings
        return tuple(properties)


def _as_declared(base: Mapping[str, Fact], declared: Mapping[str, Fact]) -> dict[str, Fact]:
    """The parameters of a shared base, with the defaults and ranges that the operation's own model gives them."""
    return {name: declared.get(name, fact) for name, fact in base.items()}


def error_leaves(of: type[ThreeCxError] = ThreeCxError) -> Iterator[type[ThreeCxError]]:
    """The error classes that bear an errorId, of the whole tree."""
    if "error_id" in vars(of):
        yield of
    for one in of.__subclasses__():
        yield from error_leaves(one)


def _error(leaf: type[ThreeCxError], meaning: str) -> JoinedError:
    who = (leaf.__bases__[0].__doc__ or "").strip()
    return JoinedError(leaf.error_id, meaning, who, leaf.default_hint, leaf.http_status, leaf.retryable)


def _declared(module: str) -> Operation[Any, Any] | Trigger[Any] | None:
    try:
        names = vars(import_module(module))
    except ModuleNotFoundError:
        return None
    return next((value for value in names.values() if isinstance(value, Operation | Trigger)), None)


def _credential_model(module: str) -> type[BaseModel]:
    """The class named like the file: `threecx_call_control_api` → `ThreeCxCallControlApi`."""
    wanted = module.replace("_", "")
    names = vars(import_module(f"threecx_credentials.{module}"))
    return cast("type[BaseModel]", next(value for name, value in names.items() if name.lower() == wanted))


def _class(path: str) -> type[BaseModel]:
    module, name = path.rsplit(".", 1)
    return cast("type[BaseModel]", getattr(import_module(module), name))


def options_of(operation: JoinedOperation) -> Iterator[Property]:
    """What stands in the Options collection."""
    return (one for one in operation.properties if one.section == "options")
