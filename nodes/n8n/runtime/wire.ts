/** What travels between n8n and the runner, as tests/contract/*.json fix it. */
import { jsonParse, type IDataObject } from 'n8n-workflow';

export const PROTOCOL = 1;
export type Problem = { errorId: string; message: string; description: string; httpStatus: number; hint?: string };
/** Files of GET /v1/files/{id}, by the item's binary field. */
export type Files = Record<string, { id: string; fileName: string; mimeType: string }>;
/** One line of an answer: an item (null: its branch ends quietly) or what went wrong with it. */
export type Line = { index: number; item?: IDataObject | null; output?: string | null; error?: Problem; binary?: Files };

export const isObject = (value: unknown): value is IDataObject => typeof value === 'object' && value !== null && !Array.isArray(value);
export const parsed = (text: unknown): unknown => (typeof text === 'string' ? jsonParse<unknown>(text, { fallbackValue: null }) : text);

/** Undefined when something else than a 3CX runner has answered. */
export function asProblem(value: unknown): Problem | undefined {
	if (!isObject(value) || typeof value.errorId !== 'string' || typeof value.message !== 'string') return undefined;
	return value.errorId && typeof value.httpStatus === 'number' ? (value as Problem) : undefined;
}

export function asLine(value: unknown): Line | undefined {
	if (!isObject(value) || !Number.isInteger(value.index)) return undefined;
	return ('error' in value ? asProblem(value.error) : value.item === null || isObject(value.item)) ? (value as unknown as Line) : undefined;
}

/** An answer's lines; undefined when it stops before its end line, or says what we do not know. */
export function linesOf(values: unknown): Line[] | undefined {
	if (!Array.isArray(values)) return undefined;
	const lines = values.slice(0, -1).map(asLine).filter((line): line is Line => line !== undefined);
	const end = values.at(-1) as { end?: boolean } | null | undefined;
	return end?.end === true && lines.length === values.length - 1 ? lines : undefined;
}

/** The values of an answer as text (NDJSON). */
export const textLines = (body: unknown): unknown[] => String(body).split('\n').filter((line) => line.trim() !== '').map(parsed);
