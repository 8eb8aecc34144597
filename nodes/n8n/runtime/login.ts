/** How a request proves who asks. The credential's secrets go to the Runner URL, or inside a task to n8n's own broker, and nowhere else. */
import type { IAllExecuteFunctions, ICredentialDataDecryptedObject as Credentials, IExecuteFunctions, IHttpRequestOptions, ILoadOptionsFunctions } from 'n8n-workflow';

export const CREDENTIAL = 'threeCxCallControlApi';
export const runnerUrl = (credentials: Credentials): string => String(credentials.runnerUrl ?? '').trim().replace(/\/+$/, '');

type Asking = IAllExecuteFunctions | ILoadOptionsFunctions;
const seen = new Map<string, Credentials>();
const idOf = (context: Asking): string => context.getNode().credentials?.[CREDENTIAL]?.id ?? '';

/** The credential as it is now. */
export async function credentialOf(context: Asking): Promise<Credentials> {
	seen.delete(idOf(context)); // also when it is gone
	const credentials = await context.getCredentials<Credentials>(CREDENTIAL);
	if (idOf(context)) seen.set(idOf(context), credentials);
	return credentials;
}

/** As the trigger's lease saw it within the last half minute: in a webhook n8n takes 70 ms to give it (a second isolate; measured on 2.41.1). */
export const seenCredential = async (context: Asking): Promise<Credentials> => seen.get(idOf(context)) ?? (await credentialOf(context));

const ofRun = new WeakMap<IExecuteFunctions, Promise<Credentials>>();
/** The credential of a node's run: n8n decrypts it once, not for each request. */
export async function runCredential(context: IExecuteFunctions): Promise<Credentials> {
	const credentials = ofRun.get(context) ?? context.getCredentials<Credentials>(CREDENTIAL);
	ofRun.set(context, credentials);
	return await credentials;
}

/** What the runner must know to act at the PBX, without how it is reached. */
export const loginOf = (credentials: Credentials) => ({ ...credentials, transport: undefined, runnerUrl: undefined, runnerToken: undefined });

/** Header values are Latin-1, secrets need not be: hence base64. */
export function loginHeaders(credentials: Credentials): Record<string, string> {
	const login = JSON.stringify(loginOf(credentials));
	const token: Record<string, string> = credentials.runnerToken ? { Authorization: `Bearer ${String(credentials.runnerToken)}` } : {};
	return { 'X-3CX-Login': Buffer.from(login).toString('base64'), ...token };
}

/** The credential's `authenticate`. Throws for any other origin, so that no node can send the secrets elsewhere. */
export function authenticated(credentials: Credentials, options: IHttpRequestOptions & { uri?: string }): IHttpRequestOptions {
	const base = runnerUrl(credentials);
	const name = options.uri === undefined ? 'url' : 'uri'; // `uri` is what n8n's HTTP Request node asks for
	const target = new URL(String(options[name]), options.baseURL || base);
	if (target.origin !== new URL(base).origin) throw new Error(`This credential is for the 3CX runner at ${base} only, not for ${target.origin}`);
	const signed = { ...options, [name]: target.href, baseURL: undefined, headers: { ...options.headers, ...loginHeaders(credentials) } };
	return Object.assign(signed, { disableFollowRedirect: true, followRedirect: false });
}
