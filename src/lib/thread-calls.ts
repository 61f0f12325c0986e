/**
 * Questions, answers and news between two threads, over a message port: either side asks the other by name. Whatever crosses is copied as by
 * structuredClone, so it is plain data; errors are made plain and whole again by who knows their classes.
 */
import type { MessagePort, Worker } from 'node:worker_threads';

// biome-ignore lint/suspicious/noExplicitAny: any function; its types are inferred where it is asked
type Call = (...args: any[]) => unknown;
/** What one side answers, by name. */
export type CallsOf<T> = { [K in keyof T]: Call };

export interface ErrorForm {
  toPlain(error: unknown): unknown;
  fromPlain(plain: unknown): Error;
}

export interface ThreadCalls<Theirs extends CallsOf<Theirs>> {
  /** Rejects with what the other side threw, or with what `end` was given. */
  ask<K extends keyof Theirs & string>(
    name: K,
    ...args: Parameters<Theirs[K]>
  ): Promise<Awaited<ReturnType<Theirs[K]>>>;
  /** The same, and rejects with NoAnswer when none has come by then. */
  askWithin<K extends keyof Theirs & string>(
    timeoutMs: number,
    name: K,
    ...args: Parameters<Theirs[K]>
  ): Promise<Awaited<ReturnType<Theirs[K]>>>;
  /** Nobody waits for an answer; what it throws there is thrown there. */
  tell<K extends keyof Theirs & string>(name: K, ...args: Parameters<Theirs[K]>): void;
  /** Whoever waits is told this, and whoever asks from now on. Idempotent. */
  end(reason: Error): void;
}

export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

type Message =
  | { kind: 'ask'; id: number; name: string; args: unknown[] }
  | { kind: 'tell'; name: string; args: unknown[] }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; error: unknown };

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout | undefined;
}

export function connectThread<Theirs extends CallsOf<Theirs>>(
  port: MessagePort | Worker,
  ours: Readonly<Record<string, Call>>,
  errors: ErrorForm,
): ThreadCalls<Theirs> {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: Error | undefined;

  const post = (message: Message): void => port.postMessage(message);

  function settle(id: number, done: (waiting: Waiting) => void): void {
    const asked = waiting.get(id);
    if (asked === undefined) return;
    waiting.delete(id);
    clearTimeout(asked.timer);
    done(asked);
  }

  async function answer(id: number, name: string, args: unknown[]): Promise<void> {
    try {
      post({ kind: 'answer', id, value: await ours[name]!(...args) });
    } catch (error) {
      post({ kind: 'failure', id, error: errors.toPlain(error) });
    }
  }

  port.on('message', (message: Message) => {
    if (message.kind === 'ask') void answer(message.id, message.name, message.args);
    else if (message.kind === 'tell') ours[message.name]!(...message.args);
    else if (message.kind === 'answer') settle(message.id, ({ resolve }) => resolve(message.value as never));
    else settle(message.id, ({ reject }) => reject(errors.fromPlain(message.error)));
  });

  function send(timeoutMs: number | undefined, name: string, args: unknown[]): Promise<never> {
    if (ended !== undefined) return Promise.reject(ended);
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      const late = (): void => settle(id, () => reject(new NoAnswer(`no answer to '${name}' within ${timeoutMs} ms`)));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      waiting.set(id, { resolve, reject, timer });
      try {
        post({ kind: 'ask', id, name, args });
      } catch (error) {
        settle(id, () => reject(error as Error));
      }
    });
  }

  return {
    ask: (name, ...args) => send(undefined, name, args),
    askWithin: (timeoutMs, name, ...args) => send(timeoutMs, name, args),
    tell(name, ...args) {
      if (ended === undefined) post({ kind: 'tell', name, args });
    },
    end(reason) {
      ended ??= reason;
      for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(reason));
    },
  };
}
