/** Runs an operation for all items of an execution in one request. Knows no operation. */
import { sleep, type IDataObject, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import { callOf, parametersOf } from './parameters';
import { asError, ask, problem, type Answer } from './runner';
import { asLine, jsonLines, PROTOCOL, type Bytes, type Line, type Problem } from './wire';

/** What the generator knows of an operation; `outputs` is empty when there is a single one. */
export type Operation = { parameters: string[]; outputs: string[] };

/** Beyond an operation's own time-out: log-in, reading, the runner's margin. */
const MARGIN_SECONDS = 60;
const optionsOf = (context: IExecuteFunctions, index: number) => context.getNodeParameter('options', index, {}) as IDataObject;
const isTool = (context: IExecuteFunctions) => context.getNode().type.endsWith('Tool');

function envelope(context: IExecuteFunctions, operation: Operation, input: INodeExecutionData[]) {
	const { id, name: nodeName, typeVersion } = context.getNode();
	const { id: workflowId = '', name: workflowName = '' } = context.getWorkflow();
	const executionId = context.getExecutionId();
	const concurrency = optionsOf(context, 0).itemExecution === 'oneByOne' ? 1 : 10;
	const items = input.map((item, index) => ({
		index,
		key: [executionId, id, context.evaluateExpression('{{ $runIndex }}', index), index].join(':'),
		callId: callOf(context, index, isTool(context) ? undefined : item), // a model never chooses the call (features.md 1.6)
		parameters: parametersOf(operation.parameters, (parameter) => context.getNodeParameter(parameter, index, null)),
	}));
	const longest = Math.max(0, ...items.map(({ parameters }) => Number(parameters.timeout) || 0)) + MARGIN_SECONDS;
	const deadlineSeconds = Math.min(86_400, Math.ceil(items.length / concurrency) * longest); // a day is the runner's most
	const rules = { tool: isTool(context), concurrency, stopOnError: !context.continueOnFail(), deadlineSeconds };
	return { protocol: PROTOCOL, typeVersion, workflowId, workflowName, executionId, nodeName, ...rules, items };
}

/** The lines up to the end line; undefined when the body ends, breaks or says something else before it. */
async function linesOf(body: Bytes): Promise<Line[] | undefined> {
	const found: Line[] = [];
	for await (const value of jsonLines(body)) {
		const line = asLine(value);
		if (!line) return (value as { end?: boolean } | null)?.end ? found : undefined;
		found.push(line);
	}
	return undefined;
}

/** n8n takes an item for the error output when its json has no other keys than these. */
const failed = ({ errorId, message, description, hint }: Problem, item: number): INodeExecutionData => ({
	json: { error: message, details: { errorId, description, hint } },
	pairedItem: { item },
});

function sorted(context: IExecuteFunctions, operation: Operation, input: INodeExecutionData[], lines: Line[]) {
	const keys = isTool(context) || !operation.outputs.length ? [''] : operation.outputs;
	const outputs: INodeExecutionData[][] = keys.map(() => []);
	for (const { index, item, output, error } of [...lines].sort((a, b) => a.index - b.index)) {
		if (error && !context.continueOnFail()) throw asError(context.getNode(), error, index);
		if (error) outputs[0].push(failed(error, index));
		if (!item) continue;
		const json = optionsOf(context, index).includeInput ? { ...input[index].json, ...item } : item;
		outputs[Math.max(0, keys.indexOf(output ?? ''))].push({ json, pairedItem: { item: index } });
	}
	return outputs;
}

/** The `execute` of an action node; `node` is the runner's name for it. */
export async function execute(this: IExecuteFunctions, node: string, operations: Record<string, Operation>): Promise<INodeExecutionData[][]> {
	const input = this.getInputData();
	const name = this.getNodeParameter('operation', 0) as string;
	const body = envelope(this, operations[name], input);
	const timeout = (body.deadlineSeconds + 30) * 1000;
	const read = async ({ address, problem: refused, body: stream }: Answer) =>
		refused ?? (await linesOf(stream as Bytes).catch(() => undefined)) ?? problem('answerCut', address);
	const answered = ask(this, { method: 'POST', url: `/v1/nodes/${node}/${name}`, body, encoding: 'stream', timeout }).then(read);
	const done = new AbortController();
	const late = sleep(timeout, done.signal).catch(() => undefined); // n8n's own time-out ends with the first byte
	const found = (await Promise.race([answered, late]).finally(() => done.abort())) ?? problem('runnerTimedOut', 'the Runner URL');
	return sorted(this, operations[name], input, Array.isArray(found) ? found : input.map((_, index) => ({ index, error: found })));
}
