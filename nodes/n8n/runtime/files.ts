/** Binaries between items and the runner's file store, streamed both ways. */
import type { IBinaryKeyData, IExecuteFunctions } from 'n8n-workflow';
import { asError, ask } from './runner';
import { parsed, type Files } from './wire';

/** Puts a binary field of an item there; gives its ID. */
export async function upload(context: IExecuteFunctions, index: number, field: string): Promise<string> {
	const { id, data, mimeType, fileName = '' } = context.helpers.assertBinaryData(index, field);
	const body = id ? await context.helpers.getBinaryStream(id) : Buffer.from(data, 'base64');
	const headers = { 'Content-Type': mimeType, 'X-File-Name': Buffer.from(fileName).toString('base64') };
	const answer = await ask(context, { method: 'PUT', url: '/v1/files', body, headers, json: false, encoding: 'text' });
	if (answer.problem) throw asError(context.getNode(), answer.problem, index);
	return (parsed(answer.body) as { id: string }).id;
}

/** The files of a line as binary fields of its item. Throws what keeps one away. */
export async function download(context: IExecuteFunctions, index: number, files: Files): Promise<IBinaryKeyData> {
	const fetched = Object.entries(files).map(async ([field, { id, fileName, mimeType }]) => {
		const answer = await ask(context, { url: `/v1/files/${encodeURIComponent(id)}`, json: false, encoding: 'stream' });
		if (answer.problem) throw asError(context.getNode(), answer.problem, index);
		return [field, await context.helpers.prepareBinaryData(answer.body as never, fileName, mimeType)] as const;
	});
	return Object.fromEntries(await Promise.all(fetched));
}
