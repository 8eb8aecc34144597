import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { built, context, contract, credential, runner } from './support.mjs';

const { ThreeCxCallReceiverTrigger } = built('nodes/n8n/ThreeCxCallReceiverTrigger/ThreeCxCallReceiverTrigger.node.js');
const { isSigned, subscriptionId } = built('nodes/n8n/runtime/signature.js');
const receiver = new ThreeCxCallReceiverTrigger();
const hooks = receiver.webhookMethods.default;
const golden = contract('subscription');
const delivery = contract('delivery');
const { webhookUrl } = golden.body;
const node = { name: golden.body.nodeName, type: 'n8n-nodes-3cx-call-control.threeCxCallReceiverTrigger' };

const hooked = (credentials, { mode = 'trigger', url = webhookUrl, parameters = golden.body.parameters } = {}) =>
	context(credentials, {
		node,
		members: { getMode: () => mode, getNodeWebhookUrl: () => url, getNodeParameter: (name, fallback) => parameters[name] ?? fallback },
	});
const accepted = () => ({ body: JSON.stringify(golden.answer) });

test('activating puts the whole subscription, as the contract has it', async (t) => {
	const { url, asked } = await runner(t, accepted);

	assert.equal(await hooks.create.call(hooked(credential(url))), true);

	const [{ method, path, body }] = asked;
	assert.deepEqual({ method, path, body }, { method: golden.method, path: golden.path, body: golden.body });
});

test('an existing subscription is put again, since its parameters may be yesterday\'s', async () => {
	assert.equal(await hooks.checkExists.call({}), false);
});

test('a test event has a subscription of its own with a short life, and leaves the production URL alone', async (t) => {
	const { url, asked } = await runner(t, accepted);
	const testing = hooked(credential(url), { mode: 'manual', url: webhookUrl.replace('/webhook/', '/webhook-test/') });

	await hooks.create.call(testing);

	assert.equal(asked[0].body.test, true);
	assert.equal(asked[0].body.leaseSeconds, 120);
	assert.notEqual(asked[0].path, golden.path);
	assert.deepEqual(testing.getWorkflowStaticData(), {});
});

test('a refusal stops the activation with the runner\'s sentence', async (t) => {
	const problem = { ...contract('problem').good[0], errorId: 'receiverOverlap', httpStatus: 409, message: 'The workflow "Sales" already receives these calls.' };
	const { url } = await runner(t, () => ({ status: 409, body: JSON.stringify(problem) }));

	await assert.rejects(hooks.create.call(hooked(credential(url))), { name: 'NodeApiError', message: problem.message });
});

test('a runner that is away does not stop the activation: the lease will heal it', async () => {
	const production = hooked(credential('http://127.0.0.1:1'));

	assert.equal(await hooks.create.call(production), true);
	assert.match(production.warned[0], /No 3CX runner answers/);
});

test('a runner that is away stops a test event', async () => {
	await assert.rejects(hooks.create.call(hooked(credential('http://127.0.0.1:1'), { mode: 'manual' })), /No 3CX runner answers/);
});

test('deactivating removes the subscription; one that is gone already, or a runner that is away, is as good', async (t) => {
	const { url, asked } = await runner(t, () => ({ status: 404, body: JSON.stringify({ ...contract('problem').good[0], errorId: 'subscriptionUnknown', httpStatus: 404 }) }));
	const [found, away] = [hooked(credential(url)), hooked(credential('http://127.0.0.1:1'))];

	assert.deepEqual([await hooks.delete.call(found), await hooks.delete.call(away)], [true, true]);
	assert.deepEqual([asked[0].method, asked[0].path], ['DELETE', golden.path]);
	assert.deepEqual(found.warned, []);
	assert.equal(away.warned.length, 1);
});

test('an active workflow renews its subscription at once, with the URL that activation has noted, until it is closed', async (t) => {
	const { url, asked } = await runner(t, accepted);
	const leased = hooked(credential(url), { url: 'http://n8n.example/hooks/x/webhook' });
	await hooks.create.call(leased);

	const { closeFunction } = await receiver.trigger.call(leased);
	await new Promise((resolve) => setInterval(function () { if (asked.length === 2) (clearInterval(this), resolve()); }, 5));
	await closeFunction();

	assert.deepEqual(asked[1].body, asked[0].body);
	assert.equal(asked[1].body.webhookUrl, 'http://n8n.example/hooks/x/webhook');
});

test('a manual test run has no lease and passes its items through', async () => {
	const manual = hooked(credential('http://127.0.0.1:1'), { mode: 'manual' });
	const { closeFunction } = await receiver.trigger.call(manual);
	await closeFunction();

	assert.deepEqual(await receiver.execute.call({ getInputData: () => ['items'] }), [['items']]);
	assert.deepEqual(manual.warned, []);
});

const signatureOf = (body, secret, time) => {
	const key = createHmac('sha256', secret).update(`webhook:${delivery.webhookId}`).digest();
	return `t=${time},v1=${createHmac('sha256', key).update(`${time}.${body}`).digest('hex')}`;
};

/** Posts `body` to the trigger's webhook; gives n8n's result and the answer that the runner gets. */
async function posted(credentials, body, signature, from = node) {
	const answer = {};
	const response = { status: (status) => ((answer.status = status), response), json: (json) => ((answer.body = json), response) };
	const result = await receiver.webhook.call(
		context(credentials, {
			node: from,
			members: {
				getCredentials: async () => (typeof credentials === 'function' ? credentials() : credentials),
				getRequestObject: () => ({ rawBody: Buffer.from(body) }),
				getBodyData: () => JSON.parse(body),
				getHeaderData: () => (signature === undefined ? {} : { 'x-3cx-signature': signature }),
				getResponseObject: () => response,
			},
		}),
	);
	return { result, answer };
}
const now = () => Math.floor(Date.now() / 1000);
const signed = (body = delivery.body) => signatureOf(body, delivery.clientSecret, now());

test('the signature of the contract is ours', () => {
	const { signature, body, clientSecret, webhookId, timestamp } = delivery;

	assert.equal(isSigned(signature, Buffer.from(body), clientSecret, webhookId, timestamp), true);
	assert.equal(signatureOf(body, clientSecret, timestamp), signature);
});

test('a subscription is named after the path of its webhook URL', () => {
	assert.equal(subscriptionId(webhookUrl), golden.answer.id);
	assert.equal(subscriptionId(webhookUrl.replace('127.0.0.1:5678', 'n8n.example')), golden.answer.id);
});

test('a call that this workflow claims starts an execution and is acknowledged', async (t) => {
	const { url, asked } = await runner(t, () => ({ body: JSON.stringify(delivery.claim.answers[0]) }));

	const { result, answer } = await posted(credential(url), delivery.body, signed());

	assert.deepEqual({ ...asked[0], path: decodeURIComponent(asked[0].path), headers: undefined }, { method: delivery.claim.method, path: delivery.claim.path, body: delivery.claim.body, headers: undefined });
	assert.deepEqual(answer, { status: 200, body: delivery.answer });
	assert.deepEqual(result, { noWebhookResponse: true, workflowData: [[{ json: JSON.parse(delivery.body).events[0].item }]] });
});

test('a call that another workflow has claimed starts nothing and is not acknowledged', async (t) => {
	const { url } = await runner(t, () => ({ body: JSON.stringify(delivery.claim.answers[1]) }));

	const { result, answer } = await posted(credential(url), delivery.body, signed());

	assert.deepEqual(answer, { status: 200, body: { accepted: [] } });
	assert.equal(result.workflowData, undefined);
});

test('a claim that cannot be made starts nothing', async () => {
	const { result, answer } = await posted(credential('http://127.0.0.1:1'), delivery.body, signed());

	assert.deepEqual([answer.body, result.workflowData], [{ accepted: [] }, undefined]);
});

test('a webhook takes the credential that the lease has just used, and one that was changed since counts at once', async (t) => {
	const { url } = await runner(t, ({ headers }) =>
		headers['authorization'] === 'Bearer new' ? { body: JSON.stringify(delivery.claim.answers[0]) } : headers['authorization'] ? { status: 401 } : accepted(),
	);
	const saved = { ...node, credentials: { threeCxCallControlApi: { id: 'saved', name: '3CX' } } };
	const old = credential(url, { runnerToken: 'old' });
	await hooks.create.call(context(credential(url), { node: saved, members: { getNodeWebhookUrl: () => webhookUrl, getNodeParameter: (_, fallback) => fallback } }));
	let asked = 0;
	const count = (credentials) => () => ((asked += 1), credentials);

	const events = JSON.stringify({ ...JSON.parse(delivery.body), claim: false });
	const known = await posted(count(old), events, signed(events), saved);
	assert.deepEqual([known.answer.status, asked], [200, 0]);

	const secret = 'another secret';
	const resigned = signatureOf(events, secret, now());
	const changed = await posted(count({ ...old, clientSecret: secret }), events, resigned, saved);
	assert.deepEqual([changed.answer.status, asked], [200, 1]);

	const renamed = await posted(count({ ...old, clientSecret: secret, runnerToken: 'new' }), delivery.body, signatureOf(delivery.body, secret, now()), saved);
	assert.deepEqual([renamed.answer.body, asked], [delivery.answer, 2]);
});

test('events that need no claim become one item each', async () => {
	const events = [{ eventId: 'c_1:0', item: { type: 'call_started' } }, { eventId: 'c_1:1', item: { type: 'call_ended' } }];
	const body = JSON.stringify({ ...JSON.parse(delivery.body), claim: false, events });

	const { result, answer } = await posted(credential('http://127.0.0.1:1'), body, signed(body));

	assert.deepEqual(answer.body, { accepted: ['c_1:0', 'c_1:1'] });
	assert.deepEqual(result.workflowData, [events.map(({ item }) => ({ json: item }))]);
});

for (const [what, signature] of [
	['no signature', undefined],
	['a signature of other bytes', signatureOf(`${delivery.body} `, delivery.clientSecret, now())],
	['a signature by another secret', signatureOf(delivery.body, 'another', now())],
	['a signature of an hour ago', signatureOf(delivery.body, delivery.clientSecret, now() - 3600)],
	['a signature of the future', signatureOf(delivery.body, delivery.clientSecret, now() + 3600)],
	['a signature in another form', 'v1=00'],
]) {
	test(`a post with ${what} is refused with 401 and starts nothing`, async () => {
		const { result, answer } = await posted(credential('http://127.0.0.1:1'), delivery.body, signature);

		assert.equal(answer.status, 401);
		assert.deepEqual(result, { noWebhookResponse: true, workflowData: undefined });
	});
}
