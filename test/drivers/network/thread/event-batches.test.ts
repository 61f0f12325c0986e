import assert from 'node:assert/strict';
import type { RegistryEntry } from '../../../../src/domain/registry/registry-entry.js';
import type { EventBatch } from '../../../../src/drivers/network/thread/calls.js';
import { createEventBatches } from '../../../../src/drivers/network/thread/event-batches.js';

const entry = (number: number, portName = 'p1'): RegistryEntry => ({
  vlan: 0,
  mac: `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`,
  ips: [],
  place: { kind: 'port', node: 'n1', portName },
  learntFrom: 'arp',
  learntAt: new Date(0),
});

/** A listener that takes its time. */
function createListener() {
  const batches: EventBatch[] = [];
  const waiting: (() => void)[] = [];
  return {
    batches,
    listen: (batch: EventBatch) => {
      batches.push(batch);
      return new Promise<void>((resolve) => waiting.push(resolve));
    },
    /** Is done with what it was told, and with whatever comes. */
    async take(until: Promise<void>): Promise<void> {
      let isDone = false;
      until.finally(() => {
        isDone = true;
      });
      while (!isDone) {
        for (const resolve of waiting.splice(0)) resolve();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

describe('what a driver in a thread tells', () => {
  it('waits for the listener, and then says the newest once', async () => {
    const listener = createListener();
    const events = createEventBatches(listener.listen);
    events.registryChanged('vi-1', entry(1));
    for (let index = 0; index < 10_000; index += 1) events.registryChanged('vi-1', entry(2, `p${index}`));
    for (let index = 0; index < 10_000; index += 1) events.nodeChanged(`n${index % 3}`);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(listener.batches.length, 1, 'nothing more is sent before the first batch is answered');
    await listener.take(events.flush());
    assert.deepEqual(listener.batches, [
      { nodes: [], entries: [['vi-1', [entry(1)]]] },
      { nodes: ['n0', 'n1', 'n2'], entries: [['vi-1', [entry(2, 'p9999')]]] },
    ]);
  });

  it('comes in pieces that are no burden', async () => {
    const listener = createListener();
    const events = createEventBatches(listener.listen);
    const all = Array.from({ length: 2_500 }, (_, number) => entry(number));
    for (const [index, one] of all.entries()) events.registryChanged(`vi-${index % 2}`, one);
    await listener.take(events.flush());
    const sizes = listener.batches.map(({ entries }) => entries.reduce((sum, [, some]) => sum + some.length, 0));
    assert.ok(Math.max(...sizes) <= 1_000, sizes.join());
    const told = listener.batches.flatMap(({ entries }) => entries.flatMap(([, some]) => some.map(({ mac }) => mac)));
    assert.deepEqual(told.sort(), all.map(({ mac }) => mac).sort());
  });

  it('is lost, and ends nothing, where nobody listens any more', async () => {
    const events = createEventBatches(() => Promise.reject(new Error('gone')));
    events.nodeChanged('n1');
    await new Promise((resolve) => setImmediate(resolve));
    await events.flush();
  });
});
