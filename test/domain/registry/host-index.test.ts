/** The index says what a plain map would, whatever comes and goes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createHostIndex, type HashKeys, type Host, type HostIndex } from '../../../src/domain/registry/host-index.js';

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

const count = 4_096;
const someKeys: HashKeys[] = Array.from({ length: 20 }, (_, at) => ({
  before: Math.imul(at + 1, 0x85eb_ca6b),
  after: Math.imul(at + 1, 0xc2b2_ae35),
}));

/** Groups whose product with a known number has few bits: whoever knows how groups are spread makes up such. */
function makeUp(inverse: number): number[] {
  const ips: number[] = [];
  for (let product = 0; ips.length < count; product++) {
    const group = Math.imul(product, inverse) >>> 0;
    if (group < 2 ** 30) ips.push(group << 2, (group << 2) | 1, (group << 2) | 2, (group << 2) | 3);
  }
  return ips;
}

function placesOf(ips: readonly number[], keys?: HashKeys): number[] {
  const index = createHostIndex<string>(keys);
  for (const ip of ips) index.set(ip, host(1), owner(1));
  return ips.map((ip) => index.find(ip));
}

/** The most records in a row: no search looks at more, and none that goes pulls back more. */
function longestRun(places: readonly number[]): number {
  const taken = new Set(places);
  let longest = 0;
  for (const place of taken) {
    if (taken.has(place - 1)) continue;
    let end = place;
    while (taken.has(end)) end++;
    longest = Math.max(longest, end - place);
  }
  return longest;
}

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

  // 0x9e37_79b1 × 0x0e8b_2f51 = 1, in 32 bits.
  const madeUp: [string, number[]][] = [
    ['whose groups are multiples of the inverse of the multiplier', makeUp(0x0e8b_2f51)],
    ['whose groups follow each other', makeUp(1)],
    ['whose groups differ in their first bits only', Array.from({ length: count }, (_, at) => at << 20)],
  ];
  for (const [which, ips] of madeUp)
    it(`spreads addresses ${which}`, () => {
      assert.equal(new Set(ips).size, count);
      for (const keys of someKeys) {
        const run = longestRun(placesOf(ips, keys));
        assert.ok(run < count / 16, `${run} in a row with ${JSON.stringify(keys)}`);
      }
    });

  it('leaves the addresses of a group beside each other', () => {
    const [first, ...others] = placesOf([40, 41, 42, 43]);
    assert.deepEqual(
      others.map((place) => place - first!),
      [1, 2, 3],
    );
  });

  it('spreads them otherwise in each index', () => {
    const ips = makeUp(1);
    assert.notDeepEqual(placesOf(ips), placesOf(ips));
  });
});
