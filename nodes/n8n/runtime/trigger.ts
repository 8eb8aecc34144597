/** The trigger nodes: a subscription that is put, renewed and removed, and the events that the runner delivers. */
import type { ICredentialDataDecryptedObject as Credentials, IDataObject, IHookFunctions, ITriggerFunctions, ITriggerResponse, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { credentialOf, seenCredential } from './login';
import { parametersOf } from './parameters';
import { pause } from './pause';
import { asError, ask, type Answer } from './runner';
import { isSigned, subscriptionId } from './signature';
import { PROTOCOL } from './wire';

export type Subscription = { node: string; trigger: string; parameters: string[] };
type Delivery = { subscriptionId: string; claim: boolean; events: Array<{ eventId: string; item: IDataObject }> };

const urlOf = (context: IHookFunctions) => context.getNodeWebhookUrl('default') as string;

/** Puts the whole desired state, so that repeating it does no harm and heals what the runner has lost. Logs a problem. */
async function put(context: IHookFunctions | ITriggerFunctions, { node, trigger, parameters }: Subscription, webhookUrl: string, test: boolean): Promise<Answer> {
	const { name: nodeName, typeVersion, webhookId } = context.getNode();
	const { id: workflowId = '', name: workflowName = '' } = context.getWorkflow();
	const names = { protocol: PROTOCOL, typeVersion, node, trigger, webhookUrl, webhookId, workflowId, workflowName, nodeName };
	const wanted = await parametersOf(parameters, (parameter) => context.getNodeParameter(parameter, null));
	const body = { ...names, test, leaseSeconds: test ? 120 : 90, parameters: wanted };
	const answer = await ask(context, { method: 'PUT', url: `/v1/subscriptions/${subscriptionId(webhookUrl)}`, body });
	if (answer.problem) context.logger.warn(`${nodeName}: ${answer.problem.message}`);
	return answer;
}

/** n8n gives up activating for good, hence only a refusal stops it: the lease heals a runner that is away. */
export async function subscribe(this: IHookFunctions, subscription: Subscription): Promise<boolean> {
	const test = this.getMode() === 'manual';
	if (!test) this.getWorkflowStaticData('node').webhookUrl = urlOf(this);
	const { problem } = await put(this, subscription, urlOf(this), test);
	if (problem && (test || problem.httpStatus < 500)) throw asError(this.getNode(), problem);
	return true;
}

/** A runner that is away or has forgotten is as good as unsubscribed: its lease runs out. */
export async function unsubscribe(this: IHookFunctions): Promise<boolean> {
	const { problem } = await ask(this, { method: 'DELETE', url: `/v1/subscriptions/${subscriptionId(urlOf(this))}` });
	if (problem && problem.httpStatus !== 404) this.logger.warn(`${this.getNode().name}: ${problem.message}`);
	return true;
}

/** Renews the subscription while the workflow is active. A trigger is not told its webhook URL: `subscribe` notes it. */
export async function lease(this: ITriggerFunctions, subscription: Subscription): Promise<ITriggerResponse> {
	const closed = new AbortController();
	const usual = `${this.getInstanceBaseUrl()}webhook/${this.getNode().webhookId}/webhook`;
	const keep = async () => {
		while (!closed.signal.aborted) {
			const noted = this.getWorkflowStaticData('node').webhookUrl as string | undefined;
			await put(this, subscription, noted ?? usual, false).catch((error) => this.logger.warn(error.message));
			await pause(30_000, closed.signal).catch(() => undefined);
		}
	};
	if (this.getMode() !== 'manual') void keep();
	return { closeFunction: async () => closed.abort() };
}

/** Whether this workflow gets the event: a call that another one has claimed, or that has ended, starts nothing. */
async function isClaimed(context: IWebhookFunctions, eventId: string, id: string, credential: Credentials): Promise<boolean> {
	const claim = { method: 'POST', url: `/v1/deliveries/${encodeURIComponent(eventId)}/claim`, body: { subscriptionId: id } } as const;
	const first = await ask(context, claim, credential);
	const { body } = first.problem ? await ask(context, claim) : first; // the credential may just have been changed
	return (body as { claimed: boolean } | undefined)?.claimed ?? false;
}

/** The `webhook` of a trigger. Answers by itself, which comes before n8n waits for a free execution slot. */
export async function receive(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const raw = (this.getRequestObject() as unknown as { rawBody: Buffer }).rawBody;
	const signs = ({ clientSecret }: Credentials) => isSigned(this.getHeaderData()['x-3cx-signature'], raw, String(clientSecret), this.getNode().webhookId ?? '', Date.now() / 1000);
	const seen = await seenCredential(this);
	const credential = signs(seen) ? seen : await credentialOf(this);
	const trusted = signs(credential);
	const { subscriptionId: id, claim, events } = (trusted ? this.getBodyData() : { events: [] }) as unknown as Delivery;
	const mine = await Promise.all(events.map(({ eventId }) => !claim || isClaimed(this, eventId, id, credential)));
	const accepted = events.filter((_, index) => mine[index]);
	this.getResponseObject().status(trusted ? 200 : 401).json({ accepted: accepted.map(({ eventId }) => eventId) });
	return { noWebhookResponse: true, workflowData: accepted.length ? [accepted.map(({ item }) => ({ json: item }))] : undefined };
}
