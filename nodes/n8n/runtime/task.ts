/** The second way to the runner, for operations and their files: n8n's own task broker, which the runner serves as task type `threecx`. */
import type { IExecuteFunctions } from 'n8n-workflow';
import { loginOf, runCredential } from './login';
import { pause } from './pause';
import { problem, type Answer } from './runner';
import { asProblem, type Problem } from './wire';

const TASK_TYPE = 'threecx';
const address = "n8n's task broker";
const TAKEN_WITHIN_S = 65; // n8n itself gives up after 60 s (N8N_RUNNERS_TASK_REQUEST_TIMEOUT), but only where it has a broker

/** The login to put into a task: memory and the broker's WebSocket, nothing else. Undefined: this node asks over HTTP. */
export async function taskLogin(context: IExecuteFunctions) {
	const credentials = await runCredential(context);
	return credentials.transport === 'taskRunner' ? loginOf(credentials) : undefined;
}

/** What n8n and the runner say against a job that was taken; n8n's own sentences are about Code nodes. */
function failure(error: unknown): Problem {
	const { message } = (error ?? {}) as { message?: unknown };
	return asProblem(error) ?? problem(/timed out/.test(String(message)) ? 'taskTimedOut' : 'answerCut', address);
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

async function answer(context: IExecuteFunctions, job: Job): Promise<Answer> {
	try {
		const told = await context.startJob(TASK_TYPE, job, 0);
		return told.ok ? { address, body: told.result } : { address, problem: failure(told.error) };
	} catch (error) {
		return { address, problem: job.state === 'taken' ? failure(error) : problem('taskRunnerMissing', address) };
	}
}

/** n8n never settles a job where it has no broker, hence a deadline of our own; and one for the work, as over HTTP. */
async function late(job: Job, seconds: number, over: AbortSignal): Promise<Answer> {
	await pause(TAKEN_WITHIN_S * 1000, over);
	const missing = job.state === 'waiting';
	if (!missing) await pause(seconds * 1000, over);
	job.state = 'left';
	return { address, problem: problem(missing ? 'taskBrokerMissing' : 'runnerTimedOut', address) };
}

/** The result of one task of the runner, or why there is none. */
export async function askByTask(context: IExecuteFunctions, settings: object, seconds: number): Promise<Answer> {
	const job = new Job(settings);
	const over = new AbortController();
	const stopped = context.getExecutionCancelSignal();
	const signal = stopped ? AbortSignal.any([over.signal, stopped]) : over.signal;
	stopped?.addEventListener('abort', () => (job.state = 'left'), { signal: over.signal });
	try {
		return await Promise.race([answer(context, job), late(job, seconds, signal)]);
	} finally {
		over.abort();
	}
}
