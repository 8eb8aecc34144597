/** A node's parameters as the runner takes them, and the call that an item is about. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

/** A resource locator without n8n's own marks; everything else as it is. */
function plain(value: unknown): IDataObject[string] {
	const located = value as { __rl?: boolean; mode: string; value?: unknown } | null;
	return located?.__rl ? { mode: located.mode, value: String(located.value ?? '') } : (value as IDataObject[string]);
}

/** By name, the Options collection spread out. What is not shown is absent: the runner has the defaults. */
export function parametersOf(names: string[], read: (name: string) => unknown): IDataObject {
	const options = Object.entries({ ...((read('options') ?? {}) as IDataObject), itemExecution: undefined });
	const shown = names.map((name) => [name, read(name)] as const).filter(([, value]) => value !== null);
	return Object.fromEntries([...shown, ...options].map(([name, value]) => [name, plain(value)]));
}

type Read = { item?: INodeExecutionData; first(): INodeExecutionData | undefined };
const callIdOf = (item?: INodeExecutionData) => (typeof item?.json?.callId === 'string' && item.json.callId) || null;

/** The item's own callId, else that of a Receiver above it, else null: the runner takes the execution's only call. */
export function callOf(context: IExecuteFunctions, index: number, item?: INodeExecutionData): string | null {
	const given = (receiver: string, one: (node: Read) => INodeExecutionData | undefined) => {
		try {
			return callIdOf(one(context.getWorkflowDataProxy(index).$(receiver)));
		} catch {
			return null; // n8n throws for a node that has not run, and for an item that it cannot pair
		}
	};
	const above = context.getParentNodes(context.getNode().name).filter(({ type }) => type.endsWith('.threeCxCallReceiverTrigger'));
	const found = above.map(({ name }) => given(name, (node) => node.item) ?? given(name, (node) => node.first()));
	return callIdOf(item) ?? found.find((id) => id !== null) ?? null;
}
