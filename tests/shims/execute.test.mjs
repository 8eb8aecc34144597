import assert from 'node:assert/strict';
import { test } from 'node:test';
import { built, contract, credential, executing, lines, runner } from './support.mjs';

const { ThreeCxCallControl } = built('nodes/n8n/ThreeCxCallControl/ThreeCxCallControl.node.js');
const callControl = new ThreeCxCallControl();
const run = (context) => callControl.execute.call(context);
const answer = { operation: 'answerCall', call: 'thisExecution', timeout: 10 };
const done = (...values) => ({ body: lines(...values, { end: true }) });
const CALL = 'c_0123456789abcdef';

test('all items of an execution travel in one request, as the contract has it', async (t) => {
	const golden = contract('request');
	const { url, asked } = await runner(t, () => done({ index: 0, item: { callId: CALL }, output: null }));
	const items = [{ json: { callId: CALL } }];

	const outputs = await run(executing(credential(url), { parameters: answer, items }));

	assert.equal(asked.length, 1);
	const [{ method, path, headers, body }] = asked;
	assert.deepEqual([method, path], [golden.method, golden.path]);
	assert.deepEqual(JSON.parse(Buffer.from(headers['x-3cx-login'], 'base64').toString()), golden.login);
	assert.deepEqual(body, { ...golden.body, deadlineSeconds: 70 });
	assert.deepEqual(outputs, [[{ json: { callId: CALL }, pairedItem: { item: 0 } }]]);
});

test('the runner token is sent as a bearer token, and not inside the login', async (t) => {
	const { url, asked } = await runner(t, () => done());

	await run(executing(credential(url, { runnerToken: 'a-token' }), { parameters: answer }));

	assert.equal(asked[0].headers.authorization, 'Bearer a-token');
	assert.ok(!Buffer.from(asked[0].headers['x-3cx-login'], 'base64').toString().includes('a-token'));
});

test('a secret outside Latin-1 arrives unharmed', async (t) => {
	const { url, asked } = await runner(t, () => done());

	await run(executing(credential(url, { clientSecret: 'pässwörd✓' }), { parameters: answer }));

	assert.equal(JSON.parse(Buffer.from(asked[0].headers['x-3cx-login'], 'base64').toString()).clientSecret, 'pässwörd✓');
});

test('results come out in the order of the items, each at its output, paired with its item', async (t) => {
	const { url } = await runner(t, () =>
		done({ index: 1, item: { outcome: 'busy' }, output: 'notConnected' }, { index: 2, item: null, output: null }, { index: 0, item: { outcome: 'human' }, output: 'connected' }),
	);
	const parameters = { operation: 'transferCall', target: { __rl: true, mode: 'list', value: '101', cachedResultName: '101 Sam' }, timeout: 30 };
	const context = executing(credential(url), { parameters, items: [{ json: {} }, { json: {} }, { json: {} }] });

	const outputs = await run(context);

	assert.deepEqual(outputs, [
		[{ json: { outcome: 'human' }, pairedItem: { item: 0 } }],
		[{ json: { outcome: 'busy' }, pairedItem: { item: 1 } }],
		[],
	]);
	assert.deepEqual(context.hints.map(({ message }) => message), ['The caller hung up, so this branch ends here']);
});

test('a resource locator travels without n8n\'s own marks, options travel as parameters', async (t) => {
	const { url, asked } = await runner(t, () => done());
	const parameters = {
		operation: 'transferCall', target: { __rl: true, mode: 'number', value: 101 }, timeout: 200, options: { onHangUp: 'error', itemExecution: 'oneByOne' },
	};

	await run(executing(credential(url), { parameters, items: [{ json: {} }, { json: {} }] }));

	const { items, concurrency, deadlineSeconds } = asked[0].body;
	assert.deepEqual(items[0].parameters, { target: { mode: 'number', value: '101' }, timeout: 200, onHangUp: 'error' });
	assert.equal(concurrency, 1);
	assert.ok(deadlineSeconds > 2 * 200, 'one by one takes the sum of the time-outs');
});

test('how many items are handled at a time is the author\'s choice, and no parameter of the operation', async (t) => {
	const { url, asked } = await runner(t, () => done());
	const items = Array.from({ length: 11 }, () => ({ json: {} }));

	await run(executing(credential(url), { parameters: { operation: 'playAudio', options: { concurrency: 64 } }, items }));

	assert.equal(asked[0].body.concurrency, 64);
	assert.equal(asked[0].body.deadlineSeconds, 4 * 3600);
	assert.ok(!('concurrency' in asked[0].body.items[0].parameters));
});

test('an expression is worked out for each item, a fixed value once', async (t) => {
	const { url, asked } = await runner(t, () => done());
	const read = [];
	const parameters = { operation: 'transferCall', target: '={{ $json.to }}', timeout: 20, options: {} };
	const members = {
		getNodeParameter: (name, index, fallback) => {
			read.push(name);
			return name === 'target' ? `number ${index}` : (parameters[name] ?? fallback);
		},
	};

	await run(executing(credential(url), { node: { parameters }, members, items: [{ json: {} }, { json: {} }] }));

	assert.deepEqual(asked[0].body.items.map((item) => [item.parameters.target, item.parameters.timeout]), [['number 0', 20], ['number 1', 20]]);
	assert.deepEqual([read.filter((name) => name === 'target').length, read.filter((name) => name === 'timeout').length], [2, 1]);
});

test('the time to wait covers the longest that the operation lasts, for each batch of ten', async (t) => {
	const { url, asked } = await runner(t, () => done());
	const items = Array.from({ length: 11 }, () => ({ json: {} }));

	await run(executing(credential(url), { parameters: { operation: 'playAudio' }, items }));

	assert.equal(asked[0].body.deadlineSeconds, 2 * 4 * 3600);
});

test('each choice of a menu has its output, before No Input and Hung Up', async (t) => {
	const choices = { rows: [{ key: '1', label: 'Sales' }, { key: '2', label: 'Support' }] };
	const { url, asked } = await runner(t, () => done({ index: 0, item: { choice: '2' }, output: '2' }, { index: 1, item: { status: 'timeout' }, output: 'noInput' }));

	const outputs = await run(executing(credential(url), { parameters: { operation: 'menu', choices }, items: [{ json: {} }, { json: {} }] }));

	assert.deepEqual(outputs.map((items) => items.map(({ json }) => json)), [[], [{ choice: '2' }], [{ status: 'timeout' }], []]);
	assert.deepEqual(asked[0].body.items[0].parameters.choices, choices);
});

test('each item chooses among its own keys, at the outputs that n8n draws for the first', async (t) => {
	const choices = (index) => ({ rows: [{ key: '1', label: 'Sales' }, { key: ['2', '7'][index], label: 'Yours' }] });
	const { url } = await runner(t, () => done({ index: 0, item: { key: '2' }, output: '2' }, { index: 1, item: { key: '7' }, output: '7' }, { index: 1, item: { key: '9' }, output: '9' }));
	const node = { parameters: { choices: { rows: [{ key: '1' }, { key: '={{ $json.key }}' }] } } };
	const members = { getNodeParameter: (name, index, fallback) => ({ operation: 'menu', choices: choices(index) })[name] ?? fallback };

	const outputs = await run(executing(credential(url), { node, members, items: [{ json: {} }, { json: {} }] }));

	assert.deepEqual(outputs.map((items) => items.map(({ json }) => json.key)), [[], ['2', '7'], ['9'], []]);
});

for (const [operation, output, of] of [['makeCall', 1, 2], ['transferCall', 1, 3], ['divertCall', 1, 3], ['collectDTMF', 1, 3], ['menu', 1, 3]]) {
	test(`an item that failed does not leave ${operation} by its success`, async (t) => {
		const { url } = await runner(t, () => done(contract('outcome').good[3]));
		const choices = { rows: [{ key: '1', label: 'Sales' }] };

		const outputs = await run(executing(credential(url), { parameters: { operation, choices }, continueOnFail: true }));

		assert.deepEqual(outputs.map((items) => items.length), Array.from({ length: of }, (_, at) => Number(at === output)));
		assert.deepEqual(Object.keys(outputs[output][0].json), ['error', 'details']);
	});
}

test('an answer may come in any chunks', async (t) => {
	const body = lines({ index: 0, item: { fromName: 'Gödel' }, output: null }, { end: true });
	const bytes = Buffer.from(body);
	const chunks = [...bytes].map((byte) => Buffer.of(byte));
	const { url } = await runner(t, () => ({ chunks }));

	assert.deepEqual(await run(executing(credential(url), { parameters: answer })), [[{ json: { fromName: 'Gödel' }, pairedItem: { item: 0 } }]]);
});

test('input fields are kept on request, the result wins', async (t) => {
	const { url } = await runner(t, () => done({ index: 0, item: { callId: CALL }, output: null }));
	const items = [{ json: { name: 'Ada', callId: 'old' } }];

	const outputs = await run(executing(credential(url), { parameters: { ...answer, options: { includeInput: true } }, items }));

	assert.deepEqual(outputs[0][0].json, { name: 'Ada', callId: CALL });
});

test('a failed item fails the node with its message, remedy and item', async (t) => {
	const failure = contract('outcome').good[3];
	const { url } = await runner(t, () => done({ ...failure, index: 1 }));
	const items = [{ json: {} }, { json: {} }];

	await assert.rejects(run(executing(credential(url), { parameters: answer, items })), (error) => {
		assert.equal(error.name, 'NodeApiError');
		assert.equal(error.message, failure.error.message);
		assert.equal(error.description, failure.error.description);
		assert.equal(error.httpCode, '404');
		assert.equal(error.context.itemIndex, 1);
		return true;
	});
});

test('with continue on fail a failed item becomes one that n8n sends to the error output', async (t) => {
	const failure = contract('outcome').good[3];
	const { url, asked } = await runner(t, () => done({ index: 0, item: { callId: CALL }, output: null }, { ...failure, index: 1 }));
	const context = executing(credential(url), { parameters: answer, items: [{ json: {} }, { json: {} }], continueOnFail: true });

	const [outputs] = await run(context);

	assert.equal(asked[0].body.stopOnError, false);
	assert.deepEqual(Object.keys(outputs[1].json), ['error', 'details']);
	assert.equal(outputs[1].json.details.errorId, 'callUnknown');
	assert.deepEqual(outputs.map(({ pairedItem }) => pairedItem), [{ item: 0 }, { item: 1 }]);
});

test('a refused request fails with the runner\'s own sentence', async (t) => {
	const [refusal] = contract('problem').good;
	const { url } = await runner(t, () => ({ status: 401, body: JSON.stringify(refusal) }));

	await assert.rejects(run(executing(credential(url), { parameters: answer })), { message: refusal.message, description: refusal.description, httpCode: '401' });
});

for (const [what, given, message] of [
	['a page of another server', { status: 404, body: '<html>not here</html>' }, /is not a 3CX runner \(HTTP status 404\)/],
	['an answer without its end line', { body: lines({ index: 0, item: {}, output: null }) }, /broke off before its end/],
	['a connection that is cut in the middle', { body: lines({ index: 0, item: {}, output: null }), cut: true }, /broke off before its end/],
	['an empty answer', { body: '' }, /broke off before its end/],
	...contract('outcome').bad.map((line) => [`the bad line ${JSON.stringify(line)}`, { body: lines(line, { end: true }) }, /broke off before its end/]),
]) {
	test(`${what} is a failure that says so`, async (t) => {
		const { url } = await runner(t, () => given);

		await assert.rejects(run(executing(credential(url), { parameters: answer })), { message });
	});
}

test('without a runner the sentence names the address and the command that starts one', async () => {
	const error = await run(executing(credential('http://127.0.0.1:1'), { parameters: answer })).catch((caught) => caught);

	assert.match(error.message, /No 3CX runner answers at http:\/\/127\.0\.0\.1:1/);
	assert.match(error.description, /uvx threecx-runner serve/);
	assert.ok(!JSON.stringify(error).includes('not-a-real-secret'));
});

test('the runner being away is an item for the error output when the node continues on fail', async () => {
	const items = [{ json: {} }, { json: {} }];
	const [outputs] = await run(executing(credential('http://127.0.0.1:1'), { parameters: answer, items, continueOnFail: true }));

	assert.deepEqual(outputs.map(({ json }) => json.details.errorId), ['runnerUnreachable', 'runnerUnreachable']);
});

test('the call is the item\'s own, else the one that the Receiver above has given', async (t) => {
	const { url, asked } = await runner(t, () => done());
	const paired = { item: { json: { callId: 'c_paired' } }, first: () => ({ json: { callId: 'c_first' } }) };
	const unpaired = { get item() { throw new Error('no pairing'); }, first: () => ({ json: { callId: 'c_first' } }) };
	const sent = async (json, receivers, more = {}) => {
		await run(executing(credential(url), { parameters: answer, items: [{ json }], receivers, ...more }));
		return asked.at(-1).body.items[0].callId;
	};

	assert.equal(await sent({ callId: 'c_own' }, { Receiver: paired }), 'c_own');
	assert.equal(await sent({}, { Receiver: paired }), 'c_paired');
	assert.equal(await sent({}, { Receiver: unpaired }), 'c_first');
	assert.equal(await sent({}, { Idle: undefined, Receiver: paired }), 'c_paired');
	assert.equal(await sent({}, {}), null);
});

test('a language model never chooses the call, and a tool has a single output', async (t) => {
	const { url, asked } = await runner(t, () => done({ index: 0, item: { outcome: 'busy' }, output: 'notConnected' }));
	const node = { type: 'n8n-nodes-3cx-call-control.threeCxCallControlTool' };
	const items = [{ json: { callId: 'c_from_a_model' } }];

	const outputs = await run(executing(credential(url), { parameters: { operation: 'transferCall' }, items, node }));

	assert.equal(asked[0].body.tool, true);
	assert.equal(asked[0].body.items[0].callId, null);
	assert.deepEqual(outputs, [[{ json: { outcome: 'busy' }, pairedItem: { item: 0 } }]]);
});

test('a tool finds the Receiver above its agent, since n8n gives a tool no parents', async (t) => {
	const { url, asked } = await runner(t, () => done());
	const node = { type: 'n8n-nodes-3cx-call-control.threeCxCallControlTool', name: 'Transfer' };
	const receiver = { name: 'Receiver', type: 'n8n-nodes-3cx-call-control.threeCxCallReceiverTrigger' };
	const members = {
		getParentNodes: (name) => (name === 'Agent' ? [receiver] : []),
		getChildNodes: (name) => (name === 'Receiver' ? [{ name: 'Agent', type: '@n8n/n8n-nodes-langchain.agent' }] : []),
		getWorkflowDataProxy: () => ({ $runIndex: 0, $prevNode: { name: 'Receiver' }, $: () => ({ first: () => ({ json: { callId: CALL } }) }) }),
	};

	await run(executing(credential(url), { parameters: { operation: 'transferCall' }, items: [{ json: { callId: 'c_from_a_model' } }], node, members }));

	assert.equal(asked[0].body.items[0].callId, CALL);
});

test('a binary field is uploaded as it is and named by its ID', async (t) => {
	const { url, asked } = await runner(t, ({ method }) => (method === 'PUT' ? { body: '{"id": "f_1"}' } : done()));
	const helpers = { assertBinaryData: () => ({ data: Buffer.from('RIFF…').toString('base64'), mimeType: 'audio/wav', fileName: 'grüße.wav' }) };
	const parameters = { operation: 'transferCall', target: { __rl: true, mode: 'binary', value: 'data' } };

	await run(executing(credential(url), { parameters, helpers }));

	const [file, envelope] = asked;
	assert.deepEqual([file.path, file.body, file.headers['content-type']], ['/v1/files', 'RIFF…', 'audio/wav']);
	assert.equal(Buffer.from(file.headers['x-file-name'], 'base64').toString(), 'grüße.wav');
	assert.deepEqual(envelope.body.items[0].parameters.target, { mode: 'binary', value: 'f_1' });
});

const withoutFile = { assertBinaryData: (index) => {
	if (index === 1) throw new Error('This operation expects a binary file \'data\', but none was found [item 1]');
	return { data: Buffer.from('RIFF…').toString('base64'), mimeType: 'audio/wav' };
} };
const playing = { operation: 'playAudio', audioFile: { __rl: true, mode: 'binary', value: 'data' } };
const two = [{ json: {} }, { json: {} }];

test('with continue on fail an item without its binary field fails alone, and the others are done', async (t) => {
	const { url, asked } = await runner(t, ({ method }) => (method === 'PUT' ? { body: '{"id": "f_1"}' } : done({ index: 0, item: { callId: CALL }, output: null })));

	const [outputs] = await run(executing(credential(url), { parameters: playing, helpers: withoutFile, items: two, continueOnFail: true }));

	assert.deepEqual(asked.at(-1).body.items.map(({ index }) => index), [0]);
	assert.deepEqual(outputs.map(({ json, pairedItem }) => [json.callId ?? json.error, pairedItem.item]), [[CALL, 0], [outputs[1].json.error, 1]]);
	assert.match(outputs[1].json.error, /none was found \[item 1\]/);
});

test('without continue on fail an item without its binary field fails the node, before anything is done', async (t) => {
	const { url, asked } = await runner(t, () => ({ body: '{"id": "f_1"}' }));

	await assert.rejects(run(executing(credential(url), { parameters: playing, helpers: withoutFile, items: two })), /none was found/);
	assert.deepEqual(asked.filter(({ method }) => method === 'POST'), []);
});

test('when no item can be sent nothing is asked', async (t) => {
	const { url, asked } = await runner(t, () => done());
	const helpers = { assertBinaryData: () => { throw new Error('none was found'); } };

	const [outputs] = await run(executing(credential(url), { parameters: playing, helpers, items: two, continueOnFail: true }));

	assert.deepEqual([outputs.map(({ json }) => json.error), asked], [['none was found', 'none was found'], []]);
});
