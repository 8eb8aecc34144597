/** How a request proves who asks. The credential's secrets go to the Runner URL and nowhere else. */
import type { ICredentialDataDecryptedObject as Credentials, IHttpRequestOptions } from 'n8n-workflow';

export const CREDENTIAL = 'threeCxCallControlApi';
export const runnerUrl = (credentials: Credentials): string => String(credentials.runnerUrl).trim().replace(/\/+$/, '');

/** Header values are Latin-1, secrets need not be: hence base64. */
export function loginHeaders(credentials: Credentials): Record<string, string> {
	const login = JSON.stringify({ ...credentials, runnerUrl: undefined, runnerToken: undefined });
	const headers = { 'X-3CX-Login': Buffer.from(login).toString('base64') };
	return credentials.runnerToken ? { ...headers, Authorization: `Bearer ${String(credentials.runnerToken)}` } : headers;
}

/** The credential's `authenticate`. Throws for any other origin, so that no node can send the secrets elsewhere. */
export function authenticated(credentials: Credentials, options: IHttpRequestOptions): IHttpRequestOptions {
	const baseURL = runnerUrl(credentials);
	const { origin } = new URL(options.url, options.baseURL || baseURL);
	if (origin !== new URL(baseURL).origin) throw new Error(`This credential is for the 3CX runner at ${baseURL} only, not for ${origin}`);
	return { ...options, baseURL, headers: { ...options.headers, ...loginHeaders(credentials) }, disableFollowRedirect: true };
}
