/** A node's parameters as the runner takes them, and the call that an item is about. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

/** A resource locator without n8n's own marks, a binary field as the ID of its upload; everything else as it is. */
async function plain(value: unknown, upload?: (field: string) => Promise<string>): Promise<IDataObject[string]> {
	const located = value as { __rl?: boolean; mode: string; value?: unknown } | null;
	if (!located?.__rl) return value as IDataObject[string];
	const text = String(located.value ?? '');
	return { mode: located.mode, value: located.mode === 'binary' && upload ? await upload(text) : text };
}

/** By name, the Options collection spread out. What is not shown is absent: the runner has the defaults. */
export async function parametersOf(names: string[], read: (name: string) => unknown, upload?: (field: string) => Promise<string>): Promise<IDataObject> {
	const options = Object.entries({ ...((read('options') ?? {}) as IDataObject), itemExecution: undefined, concurrency: undefined });
	const shown = names.map((name) => [name, read(name)] as const).filter(([, value]) => value !== null);
	return Object.fromEntries(await Promise.all([...shown, ...options].map(async ([name, value]) => [name, await plain(value, upload)] as const)));
}

/** Reads parameters item by item. n8n takes half a millisecond for each item's (measured on 2.41.1), so what has no expression in it is read once. */
export function reading(context: IExecuteFunctions): (index: number) => (name: string) => unknown {
	const { parameters: written = {} } = context.getNode();
	const same = new Map<string, unknown>();
	return (index) => (name) => {
		if (JSON.stringify(written[name] ?? '').includes('"=')) return context.getNodeParameter(name, index, null);
		if (!same.has(name)) same.set(name, context.getNodeParameter(name, 0, null));
		return same.get(name);
	};
}

const callIdOf = (item?: INodeExecutionData) => (typeof item?.json?.callId === 'string' && item.json.callId) || null;

/** What n8n tells; it throws for a node that has not run, and for an item that it cannot pair. */
const told = <T>(read: () => T): T | undefined => { try { return read(); } catch { return undefined; } };

/** The item's own callId, else that of the Receiver above it, else null: the runner takes the execution's only call. */
export function callOf(context: IExecuteFunctions, index: number, item?: INodeExecutionData): string | null {
	if (callIdOf(item)) return callIdOf(item);
	const proxy = context.getWorkflowDataProxy(index);
	const before = told(() => proxy.$prevNode.name as string); // of a tool, which has no parents itself: what its agent follows
	const near = [context.getNode().name, ...(before ? context.getChildNodes(before).map(({ name }) => name) : [])];
	const above = near.flatMap((name) => context.getParentNodes(name)).filter(({ type }) => type.endsWith('.threeCxCallReceiverTrigger'));
	const given = ({ name }: { name: string }) => callIdOf(told(() => proxy.$(name).item)) ?? callIdOf(told(() => proxy.$(name).first()));
	return above.map(given).find((id) => id !== null) ?? null;
}
