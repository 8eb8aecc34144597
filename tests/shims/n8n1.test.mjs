// The same shims inside n8n 1, whose `sleep` knows no signal (n8n-workflow 1.120.31, dist/cjs/utils.js).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(import.meta.url);
const path = require.resolve('n8n-workflow');
const now = require(path);
const sleep = async (ms) => await new Promise((resolve) => setTimeout(resolve, ms));
const sleepWithAbort = async (ms, signal) => await now.sleep(ms, signal);
require.cache[path].exports = { ...now, sleep, sleepWithAbort };

const { contract, credential, executing, built } = await import('./support.mjs');
const { ThreeCxCallControl } = built('nodes/n8n/ThreeCxCallControl/ThreeCxCallControl.node.js');
const answer = { operation: 'answerCall', call: 'thisExecution', timeout: 10 };
const run = (startJob, signal) =>
	new ThreeCxCallControl().execute.call(executing(credential('', { transport: 'taskRunner' }), { parameters: answer, members: { startJob, getExecutionCancelSignal: () => signal } }));
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

test('a job that is done leaves no timer behind', async () => {
	const before = timers();
	await run(async (_type, job) => (JSON.stringify(job), { ok: true, result: contract('task').result }));

	assert.equal(timers(), before);
});

test('an execution that is stopped waits no longer', async () => {
	const stop = new AbortController();
	const running = run(() => new Promise(() => {}), stop.signal);
	await new Promise(setImmediate);
	stop.abort();

	await assert.rejects(running);
});
