import assert from 'node:assert/strict';
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

test('a binary field goes to the Runner URL; without one the sentence says so', async (t) => {
	const { url, asked } = await runner(t, () => ({ body: '{"id": "f_1"}' }));
	const n8n = broker(async () => ({ ok: true, result: golden.result }));
	const helpers = { assertBinaryData: () => ({ data: Buffer.from('RIFF…').toString('base64'), mimeType: 'audio/wav' }) };
	const parameters = { operation: 'transferCall', target: { __rl: true, mode: 'binary', value: 'data' } };

	await run(executingBy(n8n, { credentials: byTask({ runnerUrl: url }), parameters, helpers }));
	const error = await caught(executingBy(n8n, { parameters, helpers }));

	assert.equal(asked[0].path, '/v1/files');
	assert.deepEqual(n8n.jobs[0].sent.request.items[0].parameters.target, { mode: 'binary', value: 'f_1' });
	assert.equal(n8n.jobs.length, 1);
	assert.match(error.message, /has no Runner URL/);
});

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
