/** Runs an operation for all items of an execution in one request. Knows no operation. */
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { download, upload } from './files';
import { runCredential } from './login';
import { callOf, parametersOf, reading } from './parameters';
import { asError, ask, problem, type Answer } from './runner';
import { askByTask, taskLogin } from './task';
import { linesOf, PROTOCOL, textLines, type Line, type Problem } from './wire';

/** No `outputs`: a single one; `*name`: one for each row of that parameter, by its key. `seconds`: the longest, beside `timeout`. */
export type Operation = { parameters: string[]; outputs: string[]; seconds: number };

const optionsOf = (context: IExecuteFunctions, index: number) => context.getNodeParameter('options', index, {}) as IDataObject;
const isTool = (context: IExecuteFunctions) => context.getNode().type.endsWith('Tool');

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
	const items = await Promise.all(input.map(item));
	const longest = Math.max(0, ...items.map(({ parameters }) => Number(parameters.timeout) || 0)) + operation.seconds;
	const deadlineSeconds = Math.min(86_400, Math.ceil(items.length / concurrency) * longest); // a day is the runner's most
	const rules = { tool: isTool(context), concurrency, stopOnError: !context.continueOnFail(), deadlineSeconds };
	const asker = { instanceId: context.getInstanceId(), workflowId, workflowName, executionId: context.getExecutionId(), nodeName };
	return { protocol: PROTOCOL, typeVersion, ...asker, ...rules, items };
}

/** n8n takes an item for the error output when its json has no other keys than these. */
const failed = ({ message, errorId, description, hint }: Problem): IDataObject => ({ error: message, details: { errorId, description, hint } });

async function sorted(context: IExecuteFunctions, operation: Operation, input: INodeExecutionData[], lines: Line[]) {
	const rows = (name: string) => (context.getNodeParameter(`${name}.rows`, 0, []) as IDataObject[]).map(({ key }) => String(key));
	const named = operation.outputs.flatMap((output) => (output.startsWith('*') ? rows(output.slice(1)) : [output]));
	const keys = isTool(context) || !named.length ? [''] : named;
	const outputs: INodeExecutionData[][] = keys.map(() => []);
	for (const { index, item, output, error, binary: files } of [...lines].sort((a, b) => a.index - b.index)) {
		if (error && !context.continueOnFail()) throw asError(context.getNode(), error, index);
		const json = item && optionsOf(context, index).includeInput ? { ...input[index].json, ...item } : error ? failed(error) : item;
		const binary = files && (await download(context, index, files));
		if (json) outputs[Math.max(0, keys.indexOf(output ?? ''))].push({ json, ...(binary && { binary }), pairedItem: { item: index } });
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

/** The `execute` of an action node; `node` is the runner's name for it. */
export async function execute(this: IExecuteFunctions, node: string, operations: Record<string, Operation>): Promise<INodeExecutionData[][]> {
	const input = this.getInputData();
	const name = this.getNodeParameter('operation', 0) as string;
	const answer = await send(this, node, name, await envelope(this, operations[name], input));
	const error = answer.problem ?? problem('answerCut', answer.address);
	const lines = answer.problem ? undefined : linesOf((answer.body as { lines: unknown[] }).lines);
	return await sorted(this, operations[name], input, lines ?? input.map((_, index) => ({ index, error })));
}
