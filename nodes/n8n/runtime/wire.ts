/** What travels between n8n and the runner, as tests/contract/*.json fix it. */
import type { IDataObject } from 'n8n-workflow';

export const PROTOCOL = 1;
export type Bytes = AsyncIterable<Uint8Array | string>;
export type Problem = { errorId: string; message: string; description: string; httpStatus: number; hint?: string };
/** One line of an answer: an item (null: its branch ends quietly) or what went wrong with it. */
export type Line = { index: number; item?: IDataObject | null; output?: string | null; error?: Problem };

const isObject = (value: unknown): value is IDataObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined when something else than a 3CX runner has answered. */
export function asProblem(value: unknown): Problem | undefined {
	if (!isObject(value) || typeof value.errorId !== 'string' || typeof value.message !== 'string') return undefined;
	return value.errorId && typeof value.httpStatus === 'number' ? (value as Problem) : undefined;
}

export function asLine(value: unknown): Line | undefined {
	if (!isObject(value) || !Number.isInteger(value.index)) return undefined;
	const known = 'error' in value ? asProblem(value.error) : value.item === null || isObject(value.item);
	return known ? (value as unknown as Line) : undefined;
}

/** NDJSON, however the network cuts it. */
export async function* jsonLines(body: Bytes): AsyncGenerator<unknown> {
	const decoder = new TextDecoder();
	let rest = '';
	for await (const chunk of body) {
		const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
	}
	if (rest.trim() !== '') yield JSON.parse(rest);
}
