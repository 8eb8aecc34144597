import assert from 'node:assert/strict';
import { test } from 'node:test';
import { built, context, contract, credential, runner } from './support.mjs';

const { ThreeCxCallControlApi } = built('credentials/ThreeCxCallControlApi.credentials.js');
const { ThreeCxCallControl } = built('nodes/n8n/ThreeCxCallControl/ThreeCxCallControl.node.js');
const { methods } = new ThreeCxCallControl();
const testCredential = (data) => methods.credentialTest.threeCxCallControlApiTest.call({}, { data });

for (const url of ['https://evil.example/collect', 'http://127.0.0.1:5691/', '//evil.example/', 'http://localhost:5690/']) {
	test(`the credential refuses to sign a request for ${url}`, async () => {
		const given = credential('http://127.0.0.1:5690');

		await assert.rejects(new ThreeCxCallControlApi().authenticate(given, { url }), /is for the 3CX runner at http:\/\/127\.0\.0\.1:5690 only/);
	});
}

test('a request of n8n\'s HTTP Request node, which names its address `uri`, is refused as well', async () => {
	const given = credential('http://127.0.0.1:5690');

	await assert.rejects(new ThreeCxCallControlApi().authenticate(given, { uri: 'https://evil.example/collect' }), /not for https:\/\/evil\.example/);
});

test('what is signed is the address that was checked', async () => {
	const signed = await new ThreeCxCallControlApi().authenticate(credential('http://127.0.0.1:5690'), { uri: '\\\\127.0.0.1:5690\\v1' });

	assert.equal(signed.uri, 'http://127.0.0.1:5690/v1');
});

test('a base URL of another origin is refused as well', async () => {
	const given = credential('http://127.0.0.1:5690');

	await assert.rejects(new ThreeCxCallControlApi().authenticate(given, { baseURL: 'https://evil.example', url: '/v1/account' }));
});

test('a signed request follows no redirect, which could carry the secret elsewhere', async () => {
	const signed = await new ThreeCxCallControlApi().authenticate(credential('http://127.0.0.1:5690/'), { url: '/v1/account' });

	assert.deepEqual([signed.disableFollowRedirect, signed.followRedirect], [true, false]);
	assert.equal(signed.url, 'http://127.0.0.1:5690/v1/account');
});

test('a credential that works is told so', async (t) => {
	const { url, asked } = await runner(t, () => ({ body: JSON.stringify({ problem: null, errorId: null, hint: null, pbx: { version: '20.0' } }) }));

	assert.deepEqual(await testCredential(credential(url)), { status: 'OK', message: 'The runner reaches the PBX' });
	assert.equal(asked[0].path, '/v1/account');
});

test('a credential that does not work is told the one sentence and the remedy', async (t) => {
	const body = JSON.stringify({ problem: '3CX refused the Client ID or the Client Secret.', errorId: 'wrongCredentials', hint: 'Check both.', pbx: null });
	const { url } = await runner(t, () => ({ body }));

	assert.deepEqual(await testCredential(credential(url)), { status: 'Error', message: '3CX refused the Client ID or the Client Secret. Check both.' });
});

test('a wrong runner token is told in the runner\'s words', async (t) => {
	const problem = { ...contract('problem').good[0], errorId: 'runnerTokenWrong', message: 'The Runner Token is wrong.', hint: 'Run threecx-runner token.' };
	const { url } = await runner(t, () => ({ status: 401, body: JSON.stringify(problem) }));

	assert.deepEqual(await testCredential(credential(url)), { status: 'Error', message: 'The Runner Token is wrong. Run threecx-runner token.' });
});

test('without a runner the test says which command starts one', async () => {
	const { status, message } = await testCredential(credential('http://127.0.0.1:1'));

	assert.equal(status, 'Error');
	assert.match(message, /^No 3CX runner answers at http:\/\/127\.0\.0\.1:1\. .*uvx threecx-runner serve/);
});

test('a Runner URL that is no address at all is a sentence, not a crash', async () => {
	assert.equal((await testCredential(credential('not an address'))).status, 'Error');
});

for (const body of contract('problem').bad) {
	test(`an answer that is no problem of ours is not shown as one: ${JSON.stringify(body)}`, async (t) => {
		const { url } = await runner(t, () => ({ status: 422, body: JSON.stringify(body) }));

		assert.match((await testCredential(credential(url))).message, /is not a 3CX runner \(HTTP status 422\)/);
	});
}

test('a dropdown asks the runner for what was typed', async (t) => {
	const results = [{ name: '101 Sam Sales', value: '101' }];
	const { url, asked } = await runner(t, () => ({ body: JSON.stringify({ results, paginationToken: null }) }));

	const found = await methods.listSearch.extensions.call(context(credential(url)), 'sam');
	assert.deepEqual(found, { results, paginationToken: undefined }); // the last page
	assert.equal(asked[0].path, '/v1/options/extensions?search=sam&begin=0');
});
