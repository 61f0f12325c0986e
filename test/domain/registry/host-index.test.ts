/** The index says what a plain map would, whatever comes and goes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createHostIndex, type Host, type HostIndex } from '../../../src/domain/registry/host-index.js';

interface Found extends Host {
  owner: string;
}

function look(index: HostIndex<string>, ip: number): Found | undefined {
  const at = index.find(ip);
  if (at < 0) return undefined;
  return {
    macHigh: index.readMacHigh(at),
    macLow: index.readMacLow(at),
    placeId: index.readPlaceId(at),
    learntAtS: index.readLearntAtS(at),
    owner: index.readOwner(at),
  };
}

const host = (seed: number): Host => ({ macHigh: seed & 0xffff, macLow: ~seed, placeId: seed, learntAtS: seed * 3 });
const owner = (seed: number): string => `owner ${seed}`;
const found = (seed: number): Found => ({ ...host(seed), owner: owner(seed) });

describe('index of hosts', () => {
  it('agrees with a map through any sequence of changes', () => {
    // Few addresses, so that they come, go and come again; some far apart, so that they share slots.
    const ip = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    const step = fc.record({ ip, seed: fc.integer({ min: 0, max: 1000 }), goes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const index = createHostIndex<string>();
        const map = new Map<number, Found>();
        for (const { ip, seed, goes } of steps) {
          if (goes) {
            index.delete(ip);
            map.delete(ip);
          } else {
            index.set(ip, host(seed), owner(seed));
            map.set(ip, found(seed));
          }
        }
        for (const { ip } of steps) assert.deepEqual(look(index, ip), map.get(ip));
      }),
    );
  });

  it('holds a hundred thousand that follow each other', () => {
    const index = createHostIndex<string>();
    for (let ip = 0; ip < 100_000; ip++) index.set(ip, host(ip), owner(ip));
    for (let ip = 0; ip < 100_000; ip += 2) index.delete(ip);
    for (let ip = 0; ip < 100_000; ip++) assert.deepEqual(look(index, ip), ip % 2 === 0 ? undefined : found(ip));
  });
});
