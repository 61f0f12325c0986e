import assert from 'node:assert/strict';
import { pino } from 'pino';
import { type Pulse, startThread, type Thread } from '../../src/lib/thread.js';
import { plainMessages } from './plain-messages.js';
import type { OddCalls } from './threads/odd-thread.js';

const module = new URL('./threads/odd-thread.js', import.meta.url);
/** Longer than any of these tests may take. */
const seldom: Pulse = { everyMs: 600_000, missed: 1 };

describe('a thread', () => {
  let thread: Thread<OddCalls>;
  let ended: Promise<Error>;
  let endings = 0;
  let lines: { level: number; msg: string; err: { message: string } }[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });

  function start(pulse = seldom): void {
    endings = 0;
    lines = [];
    ended = new Promise((resolve) => {
      const onEnded = (reason: Error): void => {
        endings += 1;
        resolve(reason);
      };
      thread = startThread<OddCalls>({
        ...{ module, name: 'odd', data: undefined, answers: {}, errors: plainMessages, log, onEnded, pulse },
      });
    });
  }

  afterEach(() => thread.stop());

  /** Of the log, which must have nothing else: why it failed. */
  function failureLogged(): string {
    const said = lines.map(({ level, msg }) => [level, msg]);
    assert.deepEqual(said, [[pino.levels.values.fatal, 'the odd thread failed']]);
    return lines[0]!.err.message;
  }

  it('that exits is told of, and so is whoever waits for an answer of it', async () => {
    start();
    await assert.rejects(thread.calls.ask('exit', 3), /the odd thread has ended: exit code 3/);
    assert.match((await ended).message, /the odd thread has ended: exit code 3/);
    await assert.rejects(thread.calls.ask('pulse'), /has ended/);
    assert.match(failureLogged(), /exit code 3/);
  });

  it('that throws is told of with what it threw', async () => {
    start();
    await thread.calls.ask('throwLater');
    const reason = await ended;
    assert.match(reason.message, /the odd thread has ended: nobody expected this/);
    assert.ok(reason.cause instanceof TypeError);
    assert.equal(failureLogged(), 'nobody expected this');
  });

  it('that answers no more is ended, and told of once', async () => {
    start({ everyMs: 20, missed: 2 });
    await assert.rejects(thread.calls.ask('spin'), /it has not answered for/);
    assert.match((await ended).message, /it has not answered for/);
    await thread.stop();
    assert.equal(endings, 1);
    assert.match(failureLogged(), /it has not answered for/);
  });

  it('that is stopped ends by itself, or is ended, and is not told of', async () => {
    start();
    await thread.calls.ask('leave');
    await thread.stop();
    start();
    await thread.calls.ask('hold');
    await thread.calls.ask('leave');
    await thread.stop();
    assert.equal(endings, 0);
    assert.ok(lines.every(({ level }) => level < pino.levels.values.error!));
  });
});
