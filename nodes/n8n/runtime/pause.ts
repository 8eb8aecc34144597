/** Waiting that ends at once when its signal is aborted, in every n8n that we serve. */
import * as workflow from 'n8n-workflow';

/** Rejects when aborted. n8n 1's `sleep` knows no signal, and its timer would stay; its `sleepWithAbort` is gone from n8n 2. */
export const pause: (ms: number, signal: AbortSignal) => Promise<void> = (workflow as { sleepWithAbort?: typeof workflow.sleep }).sleepWithAbort ?? workflow.sleep;
