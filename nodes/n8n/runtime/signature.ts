/** The runner signs each delivery; both sides derive the key from the client secret, so nothing is stored in n8n. */
import { createHash, createHmac, timingSafeEqual } from 'crypto';

/** Whether `header` (t=…,v1=…) signs these bytes for this webhook, within 300 s of `now` (Unix seconds). */
export function isSigned(header: unknown, raw: Buffer, clientSecret: string, webhookId: string, now: number): boolean {
	const [, time, signature] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(String(header)) ?? [];
	if (!signature || Math.abs(now - Number(time)) > 300) return false;
	const key = createHmac('sha256', clientSecret).update(`webhook:${webhookId}`).digest();
	const expected = createHmac('sha256', key).update(`${time}.`).update(raw).digest();
	return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

/** Named after the path of the webhook URL, so that a test event has a subscription of its own. */
export const subscriptionId = (webhookUrl: string): string => createHash('sha256').update(new URL(webhookUrl).pathname).digest('hex').slice(0, 32);
