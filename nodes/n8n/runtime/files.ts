/** Binaries between items and the runner's file store: streamed over HTTP, in pieces by n8n's task broker. */
import type { IBinaryKeyData, IExecuteFunctions } from 'n8n-workflow';
import { runCredential } from './login';
import { asError, ask, problem, type Answer } from './runner';
import { askByTask, taskLogin } from './task';
import { isObject, parsed, type Files } from './wire';

const PIECE = 2 ** 19; // the runner takes twice as much at most: one large message would make its calls stutter

async function told(context: IExecuteFunctions, index: number, asked: Promise<Answer>): Promise<unknown> {
	const answer = await asked;
	if (answer.problem) throw asError(context.getNode(), answer.problem, index);
	return parsed(answer.body);
}

/** The text that the answer must have under this name. */
async function named(context: IExecuteFunctions, index: number, name: 'id' | 'data', asked: Promise<Answer>): Promise<string> {
	const body = await told(context, index, asked);
	const text = isObject(body) ? body[name] : undefined;
	if (typeof text !== 'string') throw asError(context.getNode(), problem('answerCut', (await asked).address), index);
	return text;
}

const piece = async (context: IExecuteFunctions, index: number, name: 'id' | 'data', file: object) => await named(context, index, name, askByTask(context, { file }, 30));

/** Puts a binary field of an item there; gives its ID. */
export async function upload(context: IExecuteFunctions, index: number, field: string): Promise<string> {
	const { id: stored, data, mimeType, fileName: name = '' } = context.helpers.assertBinaryData(index, field);
	const body = stored ? await context.helpers.getBinaryStream(stored, PIECE) : Buffer.from(data, 'base64');
	if (!(await taskLogin(context))) {
		const headers = { 'Content-Type': mimeType, 'X-File-Name': Buffer.from(name).toString('base64') };
		return await named(context, index, 'id', ask(context, { method: 'PUT', url: '/v1/files', body, headers, json: false, encoding: 'text' }, await runCredential(context)));
	}
	const id = await piece(context, index, 'id', { name, mimeType, data: '' });
	for await (const part of Buffer.isBuffer(body) ? [body] : (body as AsyncIterable<Buffer>))
		for (let at = 0; at < part.length; at += PIECE) await piece(context, index, 'id', { id, data: part.subarray(at, at + PIECE).toString('base64') });
	return id;
}

async function inPieces(context: IExecuteFunctions, index: number, id: string): Promise<Buffer> {
	const parts: Buffer[] = [];
	do parts.push(Buffer.from(await piece(context, index, 'data', { id, offset: parts.length * PIECE, size: PIECE }), 'base64'));
	while (parts.at(-1)?.length === PIECE);
	return Buffer.concat(parts);
}

/** The files of a line as binary fields of its item. Throws what keeps one away. */
export async function download(context: IExecuteFunctions, index: number, files: Files): Promise<IBinaryKeyData> {
	const streamed = async (id: string) => await told(context, index, ask(context, { url: `/v1/files/${encodeURIComponent(id)}`, json: false, encoding: 'stream' }, await runCredential(context)));
	const content = (await taskLogin(context)) ? async (id: string) => await inPieces(context, index, id) : streamed;
	const fetched = Object.entries(files).map(async ([field, { id, fileName, mimeType }]) =>
		[field, await context.helpers.prepareBinaryData((await content(id)) as never, fileName, mimeType)] as const);
	return Object.fromEntries(await Promise.all(fetched));
}
