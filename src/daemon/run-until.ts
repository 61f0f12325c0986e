/** Runs a daemon until it is asked to stop, or until a part without which it is of no use has ended: then it stops as well, and says why. */
import { CliError } from '../cli/cli-error.js';
import { exitCodes } from '../cli/exit-codes.js';
import type { Daemon } from './serve.js';

export interface Failure {
  /** The first one counts. */
  report(reason: Error): void;
  /** Resolves with what was reported. */
  happened: Promise<Error>;
}

export function createFailure(): Failure {
  let report = (_: Error): void => {};
  const happened = new Promise<Error>((resolve) => {
    report = resolve;
  });
  return { report, happened };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Resolves when it has stopped because it was asked to. Throws CliError after it has stopped because of a failure. */
export async function runUntil(
  daemon: Pick<Daemon, 'stop'>,
  signal: AbortSignal,
  failure: Pick<Failure, 'happened'>,
  say: (line: string) => void,
): Promise<void> {
  const reason = await Promise.race([aborted(signal), failure.happened]);
  say(`Iris stops${reason === undefined ? '' : `, since ${reason.message}`}; what is reserved and built stays`);
  await daemon.stop();
  if (reason !== undefined) throw new CliError(exitCodes.failed, reason.message);
}
