export const PROBLEMS = {
	runnerUnreachable: { message: 'No 3CX runner answers at {runnerUrl}.', hint: 'Start it with "uvx threecx-runner serve".', httpStatus: 503 },
	runnerTimedOut: { message: 'The 3CX runner at {runnerUrl} did not answer in time.', hint: 'x', httpStatus: 504 },
	notARunner: { message: 'What answers at {runnerUrl} is not a 3CX runner (HTTP status {status}).', hint: 'x', httpStatus: 502 },
	answerCut: { message: 'x', hint: 'x', httpStatus: 502 },
} as const;
