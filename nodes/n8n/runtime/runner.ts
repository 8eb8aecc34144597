/** Requests to the runner, and its problems as n8n shows them. */
import {
	NodeApiError, type IAllExecuteFunctions, type ICredentialDataDecryptedObject, type ICredentialsDecrypted, type ICredentialTestFunctions,
	type IHttpRequestOptions, type ILoadOptionsFunctions, type INode, type INodeCredentialTestResult, type INodeListSearchResult,
} from 'n8n-workflow';
import { PROBLEMS } from '../generated/problems';
import { CREDENTIAL, credentialOf, loginHeaders, runnerUrl } from './login';
import { asProblem, parsed, type Problem } from './wire';

export type Answer = { address: string; body?: unknown; problem?: Problem };

/** A problem that the shim itself has found. It names the address and the status, never what was sent. */
export function problem(errorId: keyof typeof PROBLEMS, address: string, status = 0): Problem {
	const { message, hint, httpStatus } = PROBLEMS[errorId];
	const told = message.replace('{runnerUrl}', address).replace('{status}', String(status));
	return { errorId, message: told, description: hint, hint, httpStatus };
}

const told = new WeakMap<object, Problem>();
export function asError(node: INode, why: Problem, itemIndex?: number): NodeApiError {
	const { errorId, message, description, hint, httpStatus } = why;
	const error = new NodeApiError(node, { errorId }, { message, description: description || hint, httpCode: String(httpStatus), itemIndex });
	told.set(error, why);
	return error;
}

/** What an error tells of its item; n8n's own ones are about what the node was given, such as a binary field that the item lacks. */
export const problemOf = (error: Error & { description?: string | null }): Problem =>
	told.get(error) ?? { errorId: 'badParameter', message: error.message, description: error.description ?? '', httpStatus: 400 };

function unanswered(error: unknown, address: string): Problem {
	const told = (one: unknown): string => (one instanceof Error ? `${one.name} ${one.message} ${(one as { code?: string }).code} ${told(one.cause)}` : '');
	if (/ECONNABORTED|ETIMEDOUT|TimeoutError|timeout/.test(told(error))) return problem('runnerTimedOut', address);
	return problem(/ECONNRESET|aborted|terminated|other side closed/.test(told(error)) ? 'answerCut' : 'runnerUnreachable', address);
}

const refusal = (address: string, status: number, body: unknown) => asProblem(parsed(body)) ?? problem('notARunner', address, status);
/** One authenticated request: its body, or the problem when no runner answers or its status is 300 or more. */
export async function ask(context: IAllExecuteFunctions | ILoadOptionsFunctions, request: IHttpRequestOptions, known?: ICredentialDataDecryptedObject): Promise<Answer> {
	const data = known ?? (await credentialOf(context));
	const address = runnerUrl(data);
	if (!address) return { address, problem: problem('runnerUrlMissing', address) };
	const options = { timeout: 30_000, json: true, ...request, ignoreHttpStatusErrors: true, returnFullResponse: true };
	const credentialsDecrypted = { id: '', name: '', type: CREDENTIAL, data };
	try {
		const send = context.helpers.httpRequestWithAuthentication;
		const { statusCode, body } = await send.call(context as IAllExecuteFunctions, CREDENTIAL, options, { credentialsDecrypted });
		return statusCode < 300 ? { address, body } : { address, problem: refusal(address, statusCode, body) };
	} catch (error) {
		return { address, problem: unanswered(error, address) };
	}
}

/** The sentence of the credential's Test button. n8n has no authenticated helper there, hence `fetch`. */
export async function testCredential(this: ICredentialTestFunctions, { data = {} }: ICredentialsDecrypted): Promise<INodeCredentialTestResult> {
	const address = runnerUrl(data);
	const account = async () => {
		if (!address) return problem('runnerUrlMissing', address);
		const answer = await fetch(`${address}/v1/account`, { headers: loginHeaders(data), redirect: 'manual', signal: AbortSignal.timeout(30_000) });
		const body = parsed(await answer.text()) as { problem?: string | null; hint?: string } | null;
		return answer.ok && body?.problem !== undefined ? { message: body.problem, hint: body.hint } : refusal(address, answer.status, body);
	};
	const { message, hint } = await account().catch((error) => unanswered(error, address));
	return message ? { status: 'Error', message: [message, hint].filter(Boolean).join(' ') } : { status: 'OK', message: 'The runner reaches the PBX' };
}

/** A dropdown: what the runner lists at /v1/options. */
export async function search(this: ILoadOptionsFunctions, list: string, filter = '', begin = '0'): Promise<INodeListSearchResult> {
	const answer = await ask(this, { url: `/v1/options/${list}`, qs: { search: filter, begin } });
	if (answer.problem) throw asError(this.getNode(), answer.problem);
	const { results, paginationToken } = answer.body as INodeListSearchResult;
	return { results, paginationToken: paginationToken ?? undefined };
}
