import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { built, contract, credential, executing, runner } from './support.mjs';

const { ThreeCxCallControl } = built('nodes/n8n/ThreeCxCallControl/ThreeCxCallControl.node.js');
const { ThreeCxCallReceiverTrigger } = built('nodes/n8n/ThreeCxCallReceiverTrigger/ThreeCxCallReceiverTrigger.node.js');
const callControl = new ThreeCxCallControl();
const run = (context) => callControl.execute.call(context);
const golden = contract('task');
const answer = { operation: 'answerCall', call: 'thisExecution', timeout: 10 };
const byTask = (more = {}) => credential('', { transport: 'taskRunner', ...more });
const items = [{ json: { callId: 'c_0123456789abcdef' } }];

/** n8n's requester and broker: the settings are written out once a runner has taken the job. `settle(settings)` is what becomes of it. */
function broker(settle, { takes = true } = {}) {
	const jobs = [];
	const startJob = async (type, settings, itemIndex) => {
		const job = { type, itemIndex, take: () => JSON.parse(JSON.stringify({ settings })).settings };
		jobs.push(job);
		if (takes) job.sent = job.take();
		return await settle(job);
	};
	return { jobs, startJob };
}

const executingBy = ({ startJob }, { credentials = byTask(), signal, ...more } = {}) =>
	executing(credentials, { parameters: answer, items, ...more, members: { startJob, getExecutionCancelSignal: () => signal } });
const caught = (context) => run(context).then(() => assert.fail('it did not fail'), (error) => error);

test('all items travel in one job, as the contract has it, and the login without how the runner is reached', async () => {
	const n8n = broker(async () => ({ ok: true, result: golden.result }));

	const outputs = await run(executingBy(n8n, { credentials: byTask({ runnerToken: 'a-token' }) }));

	const [{ type, sent }] = n8n.jobs;
	assert.equal(n8n.jobs.length, 1);
	assert.equal(type, golden.taskType);
	assert.deepEqual(sent, { ...golden.settings, request: { ...golden.settings.request, deadlineSeconds: 70 } });
	assert.deepEqual(outputs, [[{ json: golden.result.lines[0].item, pairedItem: { item: 0 } }]]);
});

test('a credential without a transport, or with Runner URL, asks over HTTP', async (t) => {
	const n8n = broker(async () => assert.fail('no job is wanted'));
	const { url, asked } = await runner(t, () => ({ body: '{"end":true}\n' }));

	for (const more of [{}, { transport: 'url' }]) await run(executingBy(n8n, { credentials: credential(url, more) }));

	assert.equal(asked.length, 2);
	assert.ok(!Buffer.from(asked[1].headers['x-3cx-login'], 'base64').toString().includes('transport'));
});

test('what the runner says against the whole request is the node\'s error', async () => {
	const error = await caught(executingBy(broker(async () => ({ ok: false, error: golden.error }))));

	assert.equal(error.message, golden.error.message);
	assert.equal(error.description, golden.error.hint);
	assert.equal(error.httpCode, '401');
});

test('with continue on fail it is an item for the error output', async () => {
	const n8n = broker(async () => ({ ok: false, error: golden.error }));

	const [[item]] = await run(executingBy(n8n, { continueOnFail: true }));

	assert.equal(item.json.error, golden.error.message);
	assert.equal(item.json.details.errorId, 'wrongCredentials');
});

for (const [what, settle, options, said] of [
	['a broker without our runner', async () => { throw new Error('Task request timed out'); }, { takes: false }, /No 3CX runner took the job/],
	['a runner that dies in the middle', async () => ({ ok: false, error: new Error('Node execution failed') }), {}, /broke off before its end/],
	['n8n\'s own time limit for tasks', async () => ({ ok: false, error: new Error('Task execution timed out after 300 seconds') }), {}, /after its own time limit/],
	['an answer without its end line', async () => ({ ok: true, result: { lines: [] } }), {}, /broke off before its end/],
]) {
	test(`${what} is told in a sentence of ours`, async () => {
		const error = await caught(executingBy(broker(settle, options)));

		assert.match(error.message, said);
		assert.doesNotMatch(`${error.message} ${error.description}`, /Code node|script/);
		assert.ok(!JSON.stringify(error).includes('not-a-real-secret'));
	});
}

test('without a broker the job is left after a minute, and nothing is done when it is taken after all', async (t) => {
	t.mock.timers.enable({ apis: ['setTimeout'] });
	const n8n = broker(() => new Promise(() => {}), { takes: false });
	const failing = caught(executingBy(n8n));
	while (!n8n.jobs.length) await new Promise(setImmediate);

	t.mock.timers.tick(64_000);
	await new Promise(setImmediate);
	t.mock.timers.tick(1_000);
	const error = await failing;

	assert.match(error.message, /This n8n process has no task broker/);
	assert.match(error.description, /N8N_RUNNERS_ENABLED=true/);
	assert.equal(n8n.jobs[0].take(), null);
});

test('a runner that has taken the job and says nothing is given up after the operation\'s own deadline', async (t) => {
	t.mock.timers.enable({ apis: ['setTimeout'] });
	const n8n = broker(() => new Promise(() => {}));
	const failing = caught(executingBy(n8n));
	while (!n8n.jobs.length) await new Promise(setImmediate);

	for (const seconds of [65, 70]) {
		t.mock.timers.tick(seconds * 1000);
		await new Promise(setImmediate);
	}

	assert.match((await failing).message, /did not answer in time/);
});

test('an execution that is stopped leaves a waiting job, so that nothing is done later', async () => {
	const stop = new AbortController();
	const n8n = broker(() => new Promise(() => {}), { takes: false });
	const failing = caught(executingBy(n8n, { signal: stop.signal }));
	while (!n8n.jobs.length) await new Promise(setImmediate);

	stop.abort();
	await failing;

	assert.equal(n8n.jobs[0].take(), null);
});

/** A runner at the broker with a file store; `files` by ID, as bytes. Operations get `lines`. */
function filing(files, ...lines) {
	return broker(async ({ sent: { file } }) => {
		if (!file) return { ok: true, result: { lines: [...lines, { end: true }] } };
		if (file.data === undefined) return { ok: true, result: { data: (files[file.id].subarray(file.offset, file.offset + file.size)).toString('base64') } };
		const id = file.id ?? 'f_1';
		files[id] = Buffer.concat([files[id] ?? Buffer.alloc(0), Buffer.from(file.data, 'base64')]);
		return { ok: true, result: { id } };
	});
}
const large = Buffer.from(Array.from({ length: 1_200_000 }, (_, at) => at % 251));
const audio = { operation: 'transferCall', target: { __rl: true, mode: 'binary', value: 'data' } };

for (const [where, binary, stream] of [
	['in memory', { data: large.toString('base64') }],
	['on disk', { id: 'filesystem-v2:1', data: '' }, async () => Readable.from([large.subarray(0, 700_000), large.subarray(700_000)])],
]) {
	test(`a binary field that n8n keeps ${where} travels in pieces, before the operation that it belongs to`, async () => {
		const files = {};
		const n8n = filing(files);
		const helpers = { assertBinaryData: () => ({ mimeType: 'audio/wav', fileName: 'bye.wav', ...binary }), getBinaryStream: stream };

		await run(executingBy(n8n, { parameters: audio, helpers }));

		const sent = n8n.jobs.map((job) => job.sent);
		assert.ok(files.f_1.equals(large));
		assert.deepEqual(sent[0], golden.files.begin.settings);
		assert.deepEqual(Object.keys(sent[1].file), Object.keys(golden.files.goOn.settings.file));
		assert.ok(sent.every(({ file }) => (file?.data ?? '').length < 2 ** 20));
		assert.deepEqual(sent.at(-1).request.items[0].parameters.target, { mode: 'binary', value: 'f_1' });
	});
}

for (const size of [0, 3, 2 ** 19, 1_200_000]) {
	test(`a file of ${size} bytes of an answer becomes a binary field`, async () => {
		const content = large.subarray(0, size);
		const binary = { data: { id: 'f_1', fileName: 'call.wav', mimeType: 'audio/wav' } };
		const n8n = filing({ f_1: content }, { index: 0, item: { a: 1 }, output: null, binary });
		const helpers = { prepareBinaryData: async (...prepared) => prepared };

		const [[item]] = await run(executingBy(n8n, { helpers }));

		assert.deepEqual(item.binary.data.slice(1), ['call.wav', 'audio/wav']);
		assert.ok(item.binary.data[0].equals(content));
		assert.deepEqual(Object.keys(n8n.jobs[1].sent.file), Object.keys(golden.files.read.settings.file));
	});
}

test('a file that the runner does not have is the node\'s error', async () => {
	const lost = { ok: false, error: { ...golden.error, errorId: 'fileUnknown', message: 'This file has expired.' } };
	const binary = { data: { id: 'f_1', fileName: 'call.wav', mimeType: 'audio/wav' } };
	const line = { index: 0, item: {}, output: null, binary };

	const error = await caught(executingBy(broker(async ({ sent }) => (sent.file ? lost : { ok: true, result: { lines: [line, { end: true }] } }))));

	assert.equal(error.message, 'This file has expired.');
});

test('with continue on fail a file that is lost fails its own item, and the others keep theirs', async () => {
	const line = (index) => ({ index, item: { index }, output: null, binary: { data: { id: `f_${index}`, fileName: 'call.wav', mimeType: 'audio/wav' } } });
	const lost = { ok: false, error: { ...golden.error, errorId: 'fileUnknown', message: 'This file has expired.' } };
	const n8n = broker(async ({ sent: { file } }) => (!file ? { ok: true, result: { lines: [line(0), line(1), { end: true }] } } : file.id === 'f_0' ? lost : { ok: true, result: { data: 'UklGRg==' } }));
	const helpers = { prepareBinaryData: async (...prepared) => prepared };

	const [[failed, good]] = await run(executingBy(n8n, { helpers, items: [...items, ...items], continueOnFail: true }));

	assert.deepEqual([failed.json.error, failed.json.details.errorId, failed.binary], ['This file has expired.', 'fileUnknown', undefined]);
	assert.deepEqual([good.json, good.binary.data[0].toString(), good.pairedItem], [{ index: 1 }, 'RIFF', { item: 1 }]);
});

for (const result of [null, {}, { lines: null }, 'text']) {
	test(`an answer that is ${JSON.stringify(result)} is one that broke off`, async () => {
		const error = await caught(executingBy(broker(async () => ({ ok: true, result }))));
		const [[item]] = await run(executingBy(broker(async () => ({ ok: true, result })), { continueOnFail: true }));
		const piece = await caught(executingBy(broker(async () => ({ ok: true, result })), { parameters: audio, helpers: { assertBinaryData: () => ({ data: 'UklGRg==', mimeType: 'audio/wav' }) } }));

		for (const { message } of [error, piece, { message: item.json.error }]) assert.match(message, /broke off before its end/);
	});
}

test('dropdowns and the credential\'s test say that they need the Runner URL', async () => {
	const { listSearch, credentialTest } = callControl.methods;
	const context = executing(byTask());

	await assert.rejects(listSearch.extensions.call(context, ''), /has no Runner URL; triggers, dropdowns/);
	const { status, message } = await Object.values(credentialTest)[0].call(context, { data: byTask() });

	assert.equal(status, 'Error');
	assert.match(message, /has no Runner URL/);
});

test('a trigger says that it needs the Runner URL', async () => {
	const trigger = new ThreeCxCallReceiverTrigger();
	const members = { getNodeWebhookUrl: () => 'http://127.0.0.1:5678/webhook/x/webhook', getMode: () => 'trigger' };

	await assert.rejects(trigger.webhookMethods.default.create.call(executing(byTask(), { members })), /has no Runner URL/);
});
