/** A deadline aborts in time, with its parent, and not after its release. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createDeadline } from '../../src/lib/deadline.js';

const { signal: never } = new AbortController();

describe('deadline', () => {
  it('aborts after its time, though nobody holds it but who waits, and garbage is collected meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const aborted = Array.from({ length: 50 }, () => once(createDeadline(50, never).signal, 'abort'));
    collect();
    await sleep(1);
    collect();
    assert.equal((await Promise.all(aborted)).length, 50);
  });

  it('says that it was the time', async () => {
    const { signal } = createDeadline(1, never);
    await once(signal, 'abort');
    assert.equal(signal.reason.name, 'TimeoutError');
  });

  it('aborts with the signal that it was given, also when that has aborted before', () => {
    const stop = new AbortController();
    const { signal, release } = createDeadline(60_000, stop.signal);
    assert.equal(signal.aborted, false);
    stop.abort();
    assert.equal(signal.aborted, true);
    release();
    const late = createDeadline(60_000, stop.signal);
    assert.equal(late.signal.aborted, true);
    late.release();
  });

  it('does not abort after its release', async () => {
    const stop = new AbortController();
    const { signal, release } = createDeadline(1, stop.signal);
    release();
    stop.abort();
    await sleep(20);
    assert.equal(signal.aborted, false);
  });
});
