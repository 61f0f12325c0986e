/**
 * A thread of this process from its start to its end, and that it lives: one that ends without being asked to, or that does not come to an
 * answer for long, is told of once.
 */
import { Worker } from 'node:worker_threads';
import type { Log } from './log.js';
import { type CallsOf, connectThread, type ErrorForm, type ThreadCalls } from './thread-calls.js';

export interface ThreadOptions {
  /** Compiled module that begins with `connectThread(parentPort, …)`. */
  module: URL;
  /** What it is called in the log and in errors: `network`. */
  name: string;
  /** What it is given; structuredClone copies it. */
  data: unknown;
  answers: Parameters<typeof connectThread>[1];
  errors: ErrorForm;
  log: Log;
  /** What whoever waits for an answer is told when it has ended. */
  toReason?: (reason: Error) => Error;
  /** Once, unless `stop` was called before. */
  onEnded: (reason: Error) => void;
  pulse?: Pulse;
}

export interface Pulse {
  /** Between two questions whether it lives. */
  everyMs: number;
  /** So many of them in a row without an answer, and it is taken for dead: a process that was stopped misses one. */
  missed: number;
}

/** What a thread must answer. */
export interface PulseCalls {
  pulse(): void;
}

export interface Thread<Theirs extends CallsOf<Theirs>> {
  calls: ThreadCalls<Theirs>;
  /** Waits for it to end by itself, which it does when nothing is left to do there, and ends it if it does not. */
  stop(): Promise<void>;
}

const defaultPulse: Pulse = { everyMs: 10_000, missed: 3 };
const exitWithinMs = 2_000;

export function startThread<Theirs extends CallsOf<Theirs> & PulseCalls>(options: ThreadOptions): Thread<Theirs> {
  const { name, log, pulse = defaultPulse, toReason = (reason) => reason } = options;
  const worker = new Worker(options.module, { workerData: options.data, name });
  const calls = connectThread<Theirs>(worker, options.answers, options.errors);
  let stopping = false;
  let failure: Error | undefined;
  let missed = 0;

  const exited = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      clearInterval(watch);
      const reason = new Error(`the ${name} thread has ended: ${failure?.message ?? `exit code ${code}`}`, {
        cause: failure,
      });
      calls.end(toReason(reason));
      resolve();
      if (!stopping || failure !== undefined) log.fatal({ err: failure ?? reason }, `the ${name} thread failed`);
      if (!stopping) options.onEnded(reason);
    });
  });
  worker.on('error', (error) => {
    failure ??= error instanceof Error ? error : new Error(String(error));
  });
  worker.on('messageerror', (error) => log.error({ err: error }, `a message of the ${name} thread cannot be read`));

  const watch = setInterval(() => {
    (calls as unknown as ThreadCalls<PulseCalls>).askWithin(pulse.everyMs, 'pulse').then(
      () => {
        missed = 0;
      },
      () => {
        missed += 1;
        if (missed < pulse.missed || stopping) return;
        failure ??= new Error(`it has not answered for ${(pulse.everyMs * pulse.missed) / 1000} s`);
        void worker.terminate();
      },
    );
  }, pulse.everyMs);
  watch.unref();

  return {
    calls,
    async stop() {
      stopping = true;
      clearInterval(watch);
      const late = setTimeout(() => {
        log.info(`something still waits in the ${name} thread, which has stopped: it is ended`);
        void worker.terminate();
      }, exitWithinMs);
      await exited;
      clearTimeout(late);
    },
  };
}
