/** The second way to the runner, for operations only: n8n's own task broker, which the runner serves as task type `threecx`. */
import { sleep, type ICredentialDataDecryptedObject as Credentials, type IExecuteFunctions } from 'n8n-workflow';
import { CREDENTIAL, loginOf } from './login';
import { problem } from './runner';
import { asProblem, linesOf, type Line, type Problem } from './wire';

const TASK_TYPE = 'threecx';
const BROKER = "n8n's task broker";
const TAKEN_WITHIN_S = 65; // n8n itself gives up after 60 s (N8N_RUNNERS_TASK_REQUEST_TIMEOUT), but only where it has a broker

export const isByTask = async (context: IExecuteFunctions) => (await context.getCredentials<Credentials>(CREDENTIAL)).transport === 'taskRunner';

/** What n8n and the runner say against a job that was taken; n8n's own sentences are about Code nodes. */
function failure(error: unknown): Problem {
	const { message } = (error ?? {}) as { message?: unknown };
	return asProblem(error) ?? problem(/timed out/.test(String(message)) ? 'taskTimedOut' : 'answerCut', BROKER);
}

/** n8n writes a job's settings out when a runner has taken it, so we see that moment; `left`: nobody waits any more, so nothing may be done. */
class Job {
	state: 'waiting' | 'taken' | 'left' = 'waiting';
	constructor(private readonly settings: object) {}
	toJSON(): object | null {
		if (this.state === 'left') return null;
		this.state = 'taken';
		return this.settings;
	}
}

async function answer(context: IExecuteFunctions, job: Job): Promise<Line[] | Problem> {
	try {
		const told = await context.startJob<{ lines: unknown[] }>(TASK_TYPE, job, 0);
		return told.ok ? (linesOf(told.result.lines) ?? problem('answerCut', BROKER)) : failure(told.error);
	} catch (error) {
		return job.state === 'taken' ? failure(error) : problem('taskRunnerMissing', BROKER);
	}
}

/** n8n never settles a job where it has no broker, hence a deadline of our own; and one for the work, as over HTTP. */
async function late(job: Job, seconds: number, over: AbortSignal): Promise<Problem> {
	await sleep(TAKEN_WITHIN_S * 1000, over);
	const missing = job.state === 'waiting';
	if (!missing) await sleep(seconds * 1000, over);
	job.state = 'left';
	return problem(missing ? 'taskBrokerMissing' : 'runnerTimedOut', BROKER);
}

/** The answer's lines, or why there are none. The login travels inside the settings: memory and the broker's WebSocket, nothing else. */
export async function runTask(context: IExecuteFunctions, node: string, operation: string, request: { deadlineSeconds: number }): Promise<Line[] | Problem> {
	const login = loginOf(await context.getCredentials<Credentials>(CREDENTIAL));
	const job = new Job({ node, operation, login, request });
	const over = new AbortController();
	const stopped = context.getExecutionCancelSignal();
	const signal = stopped ? AbortSignal.any([over.signal, stopped]) : over.signal;
	stopped?.addEventListener('abort', () => (job.state = 'left'), { signal: over.signal });
	try {
		return await Promise.race([answer(context, job), late(job, request.deadlineSeconds, signal)]);
	} finally {
		over.abort();
	}
}
