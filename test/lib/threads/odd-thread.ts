/** A thread that ends as it is told to. */
import { parentPort } from 'node:worker_threads';
import { connectThread } from '../../../src/lib/thread-calls.js';
import { plainMessages } from '../plain-messages.js';

export interface OddCalls {
  pulse(): void;
  leave(): void;
  exit(code: number): void;
  throwLater(): void;
  spin(): void;
  hold(): void;
}

const answers: OddCalls = {
  pulse() {},
  leave: () => void setImmediate(() => parentPort!.close()),
  exit: (code) => process.exit(code),
  throwLater: () =>
    void setImmediate(() => {
      throw new TypeError('nobody expected this');
    }),
  spin() {
    for (;;);
  },
  /** Something that would keep it from ending. */
  hold: () => void setInterval(() => {}, 1_000),
};

connectThread(parentPort!, { ...answers }, plainMessages);
