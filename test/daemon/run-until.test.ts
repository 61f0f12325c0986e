import assert from 'node:assert/strict';
import { CliError } from '../../src/cli/cli-error.js';
import { exitCodes } from '../../src/cli/exit-codes.js';
import { createFailure, runUntil } from '../../src/daemon/run-until.js';

describe('a daemon that runs', () => {
  const said: string[] = [];
  let stops = 0;
  const daemon = {
    stop: async () => {
      stops += 1;
    },
  };
  const say = (line: string) => void said.push(line);

  beforeEach(() => {
    said.length = 0;
    stops = 0;
  });

  it('stops when it is asked to', async () => {
    const asking = new AbortController();
    const running = runUntil(daemon, asking.signal, createFailure(), say);
    assert.equal(stops, 0);
    asking.abort();
    await running;
    await runUntil(daemon, asking.signal, createFailure(), say);
    assert.equal(stops, 2);
    assert.deepEqual(said, ['Iris stops; what is reserved and built stays', said[0]]);
  });

  it('stops where a part of it has failed, and says so with an exit code', async () => {
    const failure = createFailure();
    const running = runUntil(daemon, new AbortController().signal, failure, say);
    failure.report(new Error('the network thread has ended: out of memory'));
    failure.report(new Error('and so has another'));
    await assert.rejects(running, (error) => {
      assert.ok(error instanceof CliError);
      assert.deepEqual(
        [error.exitCode, error.message],
        [exitCodes.failed, 'the network thread has ended: out of memory'],
      );
      return true;
    });
    assert.equal(stops, 1);
    assert.match(said[0]!, /Iris stops, since the network thread has ended: out of memory; what is reserved/);
  });
});
