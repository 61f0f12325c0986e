/** Processes of their own, so that what is measured and what measures do not share a heap or an event loop: questions and answers over IPC. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Worker {
  ask<T>(question: string, given?: object): Promise<T>;
  end(): Promise<void>;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** `module` is a compiled file that calls `answerQuestions`. */
export function startWorker(module: URL, args: readonly string[] = [], execArgv: readonly string[] = []): Worker {
  const child: ChildProcess = fork(fileURLToPath(module), [...args], {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: [...execArgv],
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let lastId = 0;

  child.on('message', ({ id, result, error }: Answer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result as never);
    else asked?.reject(new Error(error));
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${module.pathname} ended early (${signal ?? code})`));
    waiting.clear();
  });

  return {
    ask: (question, given = {}) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        child.send({ id, question, given });
      }),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

type Questions = Record<string, (given: never) => unknown>;

/** The child's side: answers until its parent goes. */
export function answerQuestions(questions: Questions): void {
  process.on('message', async ({ id, question, given }: { id: number; question: string; given: never }) => {
    try {
      process.send!({ id, result: await questions[question]!(given) });
    } catch (error) {
      process.send!({ id, error: (error as Error).stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
