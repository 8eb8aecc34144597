/** Runs an operation for all items of an execution in one request. Knows no operation. */
import { sleep, type IDataObject, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import { CREDENTIAL, runnerUrl } from './login';
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
	const { id, name, typeVersion } = context.getNode();
	const executionId = context.getExecutionId();
	const concurrency = optionsOf(context, 0).itemExecution === 'oneByOne' ? 1 : 10;
	const items = input.map((item, index) => ({
		index,
		key: [executionId, id, context.evaluateExpression('{{ $runIndex }}', index), index].join(':'),
		// a model never chooses the call (features.md 1.6)
		callId: callOf(context, index, isTool(context) ? undefined : item),
		parameters: parametersOf(operation.parameters, (parameter) => context.getNodeParameter(parameter, index, null)),
	}));
	const longest = Math.max(0, ...items.map(({ parameters }) => Number(parameters.timeout) || 0)) + MARGIN_SECONDS;
	const workflow = { workflowId: context.getWorkflow().id ?? '', workflowName: context.getWorkflow().name ?? '' };
	const rules = { tool: isTool(context), concurrency, stopOnError: !context.continueOnFail() };
	const deadlineSeconds = Math.ceil(items.length / concurrency) * longest;
	return { protocol: PROTOCOL, typeVersion, ...workflow, executionId, nodeName: name, ...rules, deadlineSeconds, items };
}

/** The lines up to the end line; undefined when the body ends, breaks or says something else before it. */
async function linesOf(body: Bytes): Promise<Line[] | undefined> {
	const found: Line[] = [];
	try {
		for await (const value of jsonLines(body)) {
			const line = asLine(value);
			if (!line) return (value as { end?: boolean } | null)?.end ? found : undefined;
			found.push(line);
		}
	} catch {
		return undefined;
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
	const address = runnerUrl(await this.getCredentials(CREDENTIAL));
	const request = { method: 'POST', url: `/v1/nodes/${node}/${name}`, body, encoding: 'stream', timeout } as const;
	const read = async (answer: Answer) => answer.problem ?? (await linesOf(answer.body as Bytes)) ?? problem('answerCut', address);
	const done = new AbortController();
	const late = sleep(timeout, done.signal).then(() => problem('runnerTimedOut', address), () => problem('runnerTimedOut', address));
	const found = await Promise.race([ask(this, request).then(read), late]).finally(() => done.abort());
	return sorted(this, operations[name], input, Array.isArray(found) ? found : input.map((_, index) => ({ index, error: found })));
}
