"""Prints a node class: its description as one literal, and a few lines that call the runtime."""

from collections.abc import Mapping
from typing import Any

from codegen.describe_node import camel_name, description
from codegen.product import JoinedNode, JoinedOperation
from codegen.typescript import literal
from threecx_runner.sdk import Operation


def node_source(node: JoinedNode, head: str, credential: str) -> str:
    """The `.node.ts` file; `head` is its first line, `credential` n8n's name of the credential."""
    body = _trigger_body(node) if node.is_trigger else _action_body(node)
    described = literal(description(node, credential), 1)
    return (
        f"{head}\n{body['imports']}\n{body['facts']}\nexport class {node.class_name} implements INodeType {{\n"
        + (f"\tdescription: INodeTypeDescription = {described};\n\n{body['members']}}}\n")
    )


def _sent(operation: JoinedOperation) -> list[str]:
    return [one.fact.name for one in operation.properties if not one.section]


def _facts(operation: JoinedOperation) -> dict[str, Any]:
    """What the runtime's `Operation` holds."""
    source = operation.source
    assert isinstance(source, Operation)
    seconds = int(source.lasts.total_seconds())
    failed = {"failed": operation.look.failure_output} if operation.look.outputs else {}
    return {
        "parameters": _sent(operation),
        "outputs": list(operation.look.outputs),
        **failed,
        "seconds": seconds,
    }


def _methods(node: JoinedNode) -> str:
    lists = "".join(
        f"\t\t\tasync {name}(this: ILoadOptionsFunctions, filter?: string, begin?: string): Promise<INodeListSearchResult> {{\n"
        f"\t\t\t\treturn await search.call(this, '{name}', filter, begin);\n\t\t\t}},\n"
        for name in node.lists
    )
    found = f"\t\tlistSearch: {{\n{lists}\t\t}},\n" if lists else ""
    return f"\tmethods = {{\n\t\tcredentialTest: {{ threeCxCallControlApiTest: testCredential }},\n{found}\t}};\n"


def _import(names: list[str], source: str) -> str:
    listed = "".join(f"\t{name},\n" for name in sorted(names, key=_bare))
    return f"import {{\n{listed}}} from '{source}';\n"


def _bare(name: str) -> str:
    return name.removeprefix("type ").lower()


def _list_types(node: JoinedNode) -> list[str]:
    return ["type ILoadOptionsFunctions", "type INodeListSearchResult"] if node.lists else []


def _runner_import(node: JoinedNode) -> str:
    names = "search, testCredential" if node.lists else "testCredential"
    return f"import {{ {names} }} from '../runtime/runner';\n"


def _action_body(node: JoinedNode) -> Mapping[str, str]:
    types = [
        "type IExecuteFunctions",
        "type INodeExecutionData",
        "type INodeType",
        "type INodeTypeDescription",
    ]
    table = {camel_name(one): _facts(one) for one in node.operations}
    runner_name = _runner_name(node)
    return {
        "imports": _import([*types, "NodeConnectionTypes", *_list_types(node)], "n8n-workflow")
        + "import { execute, type Operation } from '../runtime/execute';\n"
        + _runner_import(node),
        "facts": f"const operations: Record<string, Operation> = {literal(table)};\n",
        "members": f"{_methods(node)}\n\tasync execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {{\n"
        f"\t\treturn await execute.call(this, '{runner_name}', operations);\n\t}}\n",
    }


def _seconds(operation: JoinedOperation) -> int:
    """How long it may take beside its parameter `timeout`."""
    assert isinstance(operation.source, Operation)
    return int(operation.source.lasts.total_seconds())


def _trigger_body(node: JoinedNode) -> Mapping[str, str]:
    types = [
        "type IExecuteFunctions",
        "type IHookFunctions",
        "type INodeExecutionData",
        "type INodeType",
        "type INodeTypeDescription",
        "type ITriggerFunctions",
        "type ITriggerResponse",
        "type IWebhookFunctions",
        "type IWebhookResponseData",
    ]
    one = node.operations[0]
    facts = {"node": _runner_name(node), "trigger": one.source.name, "parameters": _sent(one)}
    return {
        "imports": _import([*types, "NodeConnectionTypes", *_list_types(node)], "n8n-workflow")
        + _runner_import(node)
        + "import { lease, receive, subscribe, unsubscribe, type Subscription } from '../runtime/trigger';\n",
        "facts": f"const subscription: Subscription = {literal(facts)};\n",
        "members": f"{_methods(node)}\n{_TRIGGER_MEMBERS}",
    }


def _runner_name(node: JoinedNode) -> str:
    source = node.operations[0].source
    assert isinstance(source, Operation) != node.is_trigger
    return str(source.node)


_TRIGGER_MEMBERS = """\
	webhookMethods = {
		default: {
			// never true: `create` puts the whole state again, so that yesterday's parameters do not stay
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await subscribe.call(this, subscription);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await unsubscribe.call(this);
			},
		},
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await lease.call(this, subscription);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive.call(this);
	}

	// a node with `trigger` is executed in a test run; its items are there already
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}
"""
