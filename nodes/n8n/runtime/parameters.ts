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
	const options = Object.entries({ ...((read('options') ?? {}) as IDataObject), itemExecution: undefined });
	const shown = names.map((name) => [name, read(name)] as const).filter(([, value]) => value !== null);
	return Object.fromEntries(await Promise.all([...shown, ...options].map(async ([name, value]) => [name, await plain(value, upload)] as const)));
}

const callIdOf = (item?: INodeExecutionData) => (typeof item?.json?.callId === 'string' && item.json.callId) || null;

/** The item's own callId, else that of a Receiver above it, else null: the runner takes the execution's only call. */
export function callOf(context: IExecuteFunctions, index: number, item?: INodeExecutionData): string | null {
	const given = (receiver: string, one: (node: { item?: INodeExecutionData; first(): INodeExecutionData }) => INodeExecutionData | undefined) => {
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
