import assert from 'node:assert/strict';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { connectThread, type ErrorForm, NoAnswer, type ThreadCalls } from '../../src/lib/thread-calls.js';

class OddError extends Error {
  override name = 'OddError';
  constructor(readonly odd: number) {
    super(`odd ${odd}`);
  }
}

const errors: ErrorForm = {
  toPlain: (error) => (error instanceof OddError ? { odd: error.odd } : { message: (error as Error).message }),
  fromPlain: (plain) => {
    const { odd, message } = plain as { odd?: number; message: string };
    return odd === undefined ? new Error(message) : new OddError(odd);
  },
};

interface Theirs {
  add(a: number, b: bigint): bigint;
  later(given: Date): Promise<Map<string, Date>>;
  refuse(odd: number): void;
  never(): Promise<void>;
  unsayable(): () => void;
  note(text: string): void;
}

describe('calls between threads', () => {
  const noted: string[] = [];
  let ports: MessagePort[] = [];
  let calls: ThreadCalls<Theirs>;

  beforeEach(() => {
    const { port1, port2 } = new MessageChannel();
    ports = [port1, port2];
    const answers: Theirs = {
      add: (a, b) => BigInt(a) + b,
      later: async (given) => new Map([['given', given]]),
      refuse: (odd) => {
        throw new OddError(odd);
      },
      never: () => new Promise(() => {}),
      unsayable: () => () => {},
      note: (text) => void noted.push(text),
    };
    connectThread(port2, { ...answers }, errors);
    calls = connectThread<Theirs>(port1, {}, errors);
  });

  afterEach(() => {
    for (const port of ports) port.close();
  });

  it('bring each answer to its question', async () => {
    const at = new Date('2026-01-01T00:00:00Z');
    const [sum, map, other] = await Promise.all([
      calls.ask('add', 1, 2n),
      calls.ask('later', at),
      calls.ask('add', 3, 4n),
    ]);
    assert.deepEqual([sum, map, other], [3n, new Map([['given', at]]), 7n]);
  });

  it('bring errors over as what they are', async () => {
    await assert.rejects(calls.ask('refuse', 3), (error) => error instanceof OddError && error.odd === 3);
  });

  it('say what cannot cross, on either way', async () => {
    await assert.rejects(calls.ask('note', (() => {}) as never), /could not be cloned/);
    await assert.rejects(calls.ask('unsayable'), /could not be cloned/);
    assert.equal(await calls.ask('add', 1, 1n), 2n);
  });

  it('wait no longer than they are told to', async () => {
    await assert.rejects(calls.askWithin(5, 'never'), NoAnswer);
    assert.equal(await calls.askWithin(60_000, 'add', 1, 1n), 2n);
  });

  it('keep the order of what is told and asked', async () => {
    calls.tell('note', 'one');
    calls.tell('note', 'two');
    await calls.ask('note', 'three');
    assert.deepEqual(noted, ['one', 'two', 'three']);
  });

  it('tell whoever waits, and whoever asks later, that the other side is gone', async () => {
    const waiting = calls.ask('never');
    calls.end(new Error('gone'));
    calls.end(new Error('gone again'));
    await assert.rejects(waiting, /^Error: gone$/);
    await assert.rejects(calls.ask('add', 1, 1n), /^Error: gone$/);
    calls.tell('note', 'nobody hears it');
  });
});
