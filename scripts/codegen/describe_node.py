"""A node's description: what n8n's editor knows of it, as a plain value."""

from collections.abc import Iterator
from typing import Any

from codegen.product import JoinedNode, JoinedOperation, options_of
from codegen.properties import MIN_SORTED, ROWS, Property, by_name, merged
from codegen.typescript import Code

MAIN = Code("NodeConnectionTypes.Main")


def description(node: JoinedNode, credential: str) -> dict[str, Any]:
    """n8n's INodeTypeDescription."""
    look = node.look
    common = {
        "displayName": look.display_name,
        "name": node.name,
        "icon": {"light": f"file:{node.name}.svg", "dark": f"file:{node.name}.dark.svg"},
        "group": ["trigger" if node.is_trigger else "transform"],
        "version": 1,
    }
    tail = {
        "credentials": [{"name": credential, "required": True, "testedBy": f"{credential}Test"}],
    }
    middle = _trigger_description(node) if node.is_trigger else _action_description(node)
    return {**common, **middle, **tail, "properties": _properties(node)}


def _action_description(node: JoinedNode) -> dict[str, Any]:
    return {
        "subtitle": _operation_subtitle(node),
        "description": node.look.description,
        "defaults": {"name": node.look.display_name},
        "usableAsTool": True,
        "inputs": [MAIN],
        "outputs": _outputs(node),
    }


def _operation_subtitle(node: JoinedNode) -> str:
    labels = ", ".join(f'"{camel_name(one)}": "{one.look.display_name}"' for one in node.operations)
    return f'={{{{ ({{ {labels} }})[$parameter["operation"]] }}}}'


def _trigger_description(node: JoinedNode) -> dict[str, Any]:
    return {
        "subtitle": _subtitle(node),
        "description": node.look.description,
        "eventTriggerDescription": node.look.event_description,
        "activationMessage": node.look.activation_message,
        "defaults": {"name": node.look.display_name},
        "inputs": [],
        "outputs": [MAIN],
        "webhooks": [
            {"name": "default", "httpMethod": "POST", "responseMode": "onReceived", "path": "webhook"}
        ],
    }


def _subtitle(node: JoinedNode) -> str:
    first = next(iter(node.operations[0].look.parameters))
    return f'={{{{ [].concat($parameter["{first}"]).join(", ") }}}}'


def _outputs(node: JoinedNode) -> Any:
    """One expression gives an operation with named outputs all of these; every other one has a single output."""
    named = [one for one in node.operations if one.look.outputs]
    if not named:
        return [MAIN]
    table = ", ".join(f'"{camel_name(one)}": [{_output_list(one)}]' for one in named)
    return f'={{{{ ({{ {table} }})[$parameter["operation"]] ?? [{{"type": "main"}}] }}}}'


def _output_list(operation: JoinedOperation) -> str:
    return ", ".join(_output(key, label) for key, label in operation.look.outputs.items())


def _output(key: str, label: str) -> str:
    """One output; `*choices` gives one for each row of the parameter `choices`, named by the row's field `label`."""
    if not key.startswith("*"):
        return f'{{"type": "main", "displayName": "{label}"}}'
    rows = f'(($parameter["{key[1:]}"] ?? {{}}).{ROWS} ?? [])'
    return f'...{rows}.map((row) => ({{"type": "main", "displayName": row.{label} || row.key}}))'


def camel_name(operation: JoinedOperation) -> str:
    """The value of the parameter `operation`."""
    return str(operation.source.name)


def _properties(node: JoinedNode) -> list[dict[str, Any]]:
    if node.is_trigger:
        return [one.rendered() for one in node.operations[0].properties]
    shown = [(one, _show(operation)) for operation in node.operations for one in _top(operation)]
    options = [(_options(operation), _show(operation)) for operation in node.operations]
    return [_resource(node), *_operations(node), *merged(shown), *merged(options)]


def _show(operation: JoinedOperation) -> dict[str, list[Any]]:
    return {"resource": [operation.look.resource], "operation": [camel_name(operation)]}


def _top(operation: JoinedOperation) -> Iterator[Property]:
    return (one for one in operation.properties if not one.section)


def _options(operation: JoinedOperation) -> Property:
    inside = sorted(options_of(operation), key=lambda one: str(one.spec["displayName"]))
    spec = {
        "displayName": "Options",
        "name": "options",
        "type": "collection",
        "default": {},
        "placeholder": "Add option",
    }
    return Property(operation.look.place, inside[0].fact, spec, inside=tuple(by_name(inside)))


def _resource(node: JoinedNode) -> dict[str, Any]:
    options = [{"name": label, "value": value} for value, label in node.look.resources.items()]
    return {
        "displayName": "Resource",
        "name": "resource",
        "type": "options",
        "noDataExpression": True,
        "options": _sorted(options),
        "default": next(iter(node.look.resources)),
    }


def _operations(node: JoinedNode) -> Iterator[dict[str, Any]]:
    for resource in node.look.resources:
        mine = sorted(
            (one for one in node.operations if one.look.resource == resource),
            key=lambda one: one.look.display_name,
        )
        yield {
            "displayName": "Operation",
            "name": "operation",
            "type": "options",
            "noDataExpression": True,
            "displayOptions": {"show": {"resource": [resource]}},
            "options": [_entry(one) for one in mine],
            "default": camel_name(mine[0]),
        }


def _entry(operation: JoinedOperation) -> dict[str, str]:
    look = operation.look
    return {
        "name": look.display_name,
        "value": camel_name(operation),
        "description": look.description,
        "action": look.action,
    }


def _sorted(options: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(options, key=lambda option: option["name"]) if len(options) >= MIN_SORTED else options
