// A runner of a few lines on a real socket, and the small part of n8n's contexts that the shims use.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const root = new URL('../../', import.meta.url);
export const built = (path) => require(new URL(`dist/${path}`, root).pathname);
export const contract = (name) => JSON.parse(readFileSync(new URL(`tests/contract/${name}.json`, root), 'utf8'));

const { ThreeCxCallControlApi } = built('credentials/ThreeCxCallControlApi.credentials.js');

/** Starts a runner that answers each request with `answer(request)`: {status, body, type, cut}. Notes what it was asked. */
export async function runner(t, answer) {
	const asked = [];
	const server = createServer((request, response) => {
		const chunks = [];
		request.on('data', (chunk) => chunks.push(chunk));
		request.on('end', () => {
			const body = Buffer.concat(chunks).toString();
			const json = request.headers['content-type']?.includes('json') && body ? JSON.parse(body) : body;
			const seen = { method: request.method, path: request.url, headers: request.headers, body: json };
			asked.push(seen);
			const { status = 200, body: text = '', cut = false, chunks: parts = [text] } = answer(seen);
			response.writeHead(status, { 'content-type': 'application/json' });
			for (const part of parts) response.write(part);
			if (cut) response.socket.destroy();
			else response.end();
		});
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.after(() => (server.closeAllConnections(), server.close()));
	return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

export const lines = (...values) => values.map((value) => JSON.stringify(value) + '\n').join('');

export function credential(runnerUrl, more = {}) {
	return { runnerUrl, runnerToken: '', ...contract('request').login, ...more };
}

/** As n8n's helper: authenticates by the credential, gives status and body, throws when nobody answers. */
async function httpRequestWithAuthentication(_type, options, { credentialsDecrypted }) {
	const signed = await new ThreeCxCallControlApi().authenticate(credentialsDecrypted.data, options);
	const url = new URL(signed.url);
	for (const [name, value] of Object.entries(signed.qs ?? {})) url.searchParams.set(name, value);
	const isJson = signed.json && signed.body !== undefined;
	const headers = { ...(isJson ? { 'content-type': 'application/json' } : {}), ...signed.headers };
	const body = isJson ? JSON.stringify(signed.body) : signed.body;
	const answer = await fetch(url, {
		method: signed.method ?? 'GET', headers, body, redirect: 'manual', duplex: 'half', signal: AbortSignal.timeout(signed.timeout),
	});
	const text = await answer.text();
	const parse = () => { try { return JSON.parse(text); } catch { return text; } };
	return { statusCode: answer.status, body: signed.encoding === 'text' ? text : parse() };
}

const node = { id: 'node-id', name: 'Answer', type: 'n8n-nodes-3cx-call-control.threeCxCallControl', typeVersion: 1, webhookId: contract('delivery').webhookId };

/** What every context has. `more` replaces single members. */
export function context(credentials, more = {}) {
	const warned = [];
	const data = {};
	return {
		warned,
		getNode: () => ({ ...node, ...more.node }),
		getWorkflow: () => ({ id: 'wf1', name: 'Basic call handler', active: true }),
		getCredentials: async () => credentials,
		getMode: () => 'trigger',
		getWorkflowStaticData: () => data,
		getInstanceBaseUrl: () => 'http://127.0.0.1:5678/',
		logger: { warn: (message) => warned.push(message) },
		helpers: { httpRequestWithAuthentication, ...more.helpers },
		...more.members,
	};
}

/** The context of `execute`. `parameters` are the node's own; `receivers` what the nodes above have given. */
export function executing(credentials, { parameters = {}, items = [{ json: {} }], receivers = {}, continueOnFail = false, ...more } = {}) {
	const hints = [];
	const at = (path) => path.split('.').reduce((value, name) => value?.[name], { resource: 'call', options: {}, ...parameters });
	return {
		...context(credentials, {
			...more,
			members: {
				hints,
				getInputData: () => items,
				getExecutionId: () => '42',
				getInstanceId: () => 'b1946ac92492d234',
				continueOnFail: () => continueOnFail,
				getNodeParameter: (name, _index, fallback) => at(name) ?? fallback,
				getParentNodes: () => Object.keys(receivers).map((name) => ({ name, type: 'n8n-nodes-3cx-call-control.threeCxCallReceiverTrigger' })),
				getChildNodes: () => [],
				getWorkflowDataProxy: () => ({
					$runIndex: 0,
					$prevNode: {},
					$: (name) => {
						if (!receivers[name]) throw new Error(`Node ${name} has not been executed`);
						return receivers[name];
					},
				}),
				addExecutionHints: (...told) => hints.push(...told),
				...more.members,
			},
		}),
	};
}
