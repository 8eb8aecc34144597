/** Runs an operation for all items of an execution in one request. Knows no operation. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { download, upload } from './files';
import { runCredential } from './login';
import { outputsOf, type Outputs } from './outputs';
import { callOf, parametersOf, reading } from './parameters';
import { asError, ask, problem, problemOf, type Answer } from './runner';
import { askByTask, taskLogin } from './task';
import { linesOf, PROTOCOL, textLines, type Line, type Problem } from './wire';

/** `seconds`: the longest that it takes, beside `timeout`. */
export type Operation = Outputs & { parameters: string[]; seconds: number };

const optionsOf = (context: IExecuteFunctions, index: number) => context.getNodeParameter('options', index, {}) as IDataObject;
const isTool = (context: IExecuteFunctions) => context.getNode().type.endsWith('Tool');

type Tried<T> = { value?: T; problem?: Problem };
/** With continue on fail what keeps an item from being sent, or its files from coming back, is that item's failure alone. */
const tried = async <T>(context: IExecuteFunctions, work: Promise<T>): Promise<Tried<T>> =>
	await work.then((value) => ({ value }), (error) => {
		if (context.continueOnFail()) return { problem: problemOf(error) };
		throw error;
	});

async function envelope(context: IExecuteFunctions, operation: Operation, input: INodeExecutionData[]) {
	const { id, name: nodeName, typeVersion } = context.getNode();
	const { id: workflowId = '', name: workflowName = '' } = context.getWorkflow();
	const { $runIndex } = context.getWorkflowDataProxy(0); // an expression would take 2 ms (measured on 2.41.1)
	const run = [context.getExecutionId(), id, $runIndex];
	const read = reading(context);
	const { itemExecution, concurrency: most = 10 } = optionsOf(context, 0);
	const concurrency = itemExecution === 'oneByOne' ? 1 : Number(most);
	const item = async (one: INodeExecutionData, index: number) => ({
		index,
		key: [...run, index].join(':'),
		callId: callOf(context, index, isTool(context) ? undefined : one), // a model never chooses the call (features.md 1.6)
		parameters: await parametersOf(operation.parameters, read(index), (field) => upload(context, index, field)),
	});
	const made = await Promise.all(input.map(async (one, index) => await tried(context, item(one, index))));
	const unsent = made.flatMap(({ problem: error }, index): Line[] => (error ? [{ index, error }] : []));
	const items = made.flatMap(({ value }) => value ?? []);
	const longest = Math.max(0, ...items.map(({ parameters }) => Number(parameters.timeout) || 0)) + operation.seconds;
	const deadlineSeconds = Math.min(86_400, Math.ceil(items.length / concurrency) * longest); // a day is the runner's most
	const rules = { tool: isTool(context), concurrency, stopOnError: !context.continueOnFail(), deadlineSeconds };
	const asker = { instanceId: context.getInstanceId(), workflowId, workflowName, executionId: context.getExecutionId(), nodeName };
	return { unsent, request: { protocol: PROTOCOL, typeVersion, ...asker, ...rules, items } };
}

/** n8n takes an item for the error output when its json has no other keys than these. */
const failed = ({ message, errorId, description, hint }: Problem): IDataObject => ({ error: message, details: { errorId, description, hint } });

async function sorted(context: IExecuteFunctions, operation: Operation, input: INodeExecutionData[], lines: Line[]) {
	const places = outputsOf(context, isTool(context) ? { outputs: [] } : operation);
	const outputs: INodeExecutionData[][] = Array.from({ length: places.count }, () => []);
	for (const { index, item, output, error, binary: files } of [...lines].sort((a, b) => a.index - b.index)) {
		const { value: binary, problem: lost } = files ? await tried(context, download(context, index, files)) : {};
		const failure = error ?? lost;
		if (failure && !context.continueOnFail()) throw asError(context.getNode(), failure, index);
		const json = failure ? failed(failure) : item && optionsOf(context, index).includeInput ? { ...input[index].json, ...item } : item;
		if (json) outputs[places.at(index, failure ? undefined : output)].push({ json, ...(binary && { binary }), pairedItem: { item: index } });
	}
	if (lines.some(({ item }) => item === null)) context.addExecutionHints({ message: 'The caller hung up, so this branch ends here', location: 'outputPane' });
	return outputs;
}

async function send(context: IExecuteFunctions, node: string, operation: string, request: { deadlineSeconds: number }): Promise<Answer> {
	const login = await taskLogin(context);
	if (login) return await askByTask(context, { node, operation, login, request }, request.deadlineSeconds);
	const url = `/v1/nodes/${node}/${operation}`;
	const answer = await ask(context, { method: 'POST', url, body: request, timeout: (request.deadlineSeconds + 30) * 1000, encoding: 'text' }, await runCredential(context));
	return { ...answer, body: { lines: textLines(answer.body) } };
}

/** The lines of an answer; a failure for each item where there are none. */
async function answered(context: IExecuteFunctions, node: string, operation: string, request: { deadlineSeconds: number; items: Array<{ index: number }> }): Promise<Line[]> {
	const { address, body, problem: refused } = await send(context, node, operation, request);
	const lines = refused ? undefined : linesOf((body as { lines?: unknown } | null | undefined)?.lines);
	const error = refused ?? problem('answerCut', address);
	return lines ?? request.items.map(({ index }) => ({ index, error }));
}

/** The `execute` of an action node; `node` is the runner's name for it. */
export async function execute(this: IExecuteFunctions, node: string, operations: Record<string, Operation>): Promise<INodeExecutionData[][]> {
	const input = this.getInputData();
	const name = this.getNodeParameter('operation', 0) as string;
	const operation = operations[name];
	const { unsent, request } = await envelope(this, operation, input);
	const sent = unsent.length && !request.items.length ? [] : await answered(this, node, name, request);
	return await sorted(this, operation, input, [...sent, ...unsent]);
}
