// What n8n itself makes of the generated descriptions: which parameters a node has that nobody filled in.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { built } from './support.mjs';

const { NodeHelpers } = createRequire(import.meta.url)('n8n-workflow');
const { ThreeCxCallData } = built('nodes/n8n/ThreeCxCallData/ThreeCxCallData.node.js');
const { description } = new ThreeCxCallData();
const parameters = (given) => NodeHelpers.getNodeParameters(description.properties, given, true, false, { typeVersion: 1 }, description);

test('dates without a time range are the period of the call history', () => {
	const { timeRange, startDate, endDate } = parameters({ resource: 'call', operation: 'getCallHistory', startDate: '2026-03-01', endDate: '2026-03-02' });

	assert.deepEqual([timeRange, startDate, endDate], ['custom', '2026-03-01', '2026-03-02']);
});

test('one known call is looked for in the last seven days', () => {
	assert.equal(parameters({ resource: 'call', operation: 'getCallDetails', callHistoryId: 'x' }).timeRange, 'last7Days');
});

test('a queue\'s figures are those of today', () => {
	const { timeRange, startDate } = parameters({ resource: 'queue', operation: 'getQueueStats' });

	assert.deepEqual([timeRange, startDate], ['today', undefined]);
});
