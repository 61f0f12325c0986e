import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type NodeToPack, packVms, type VmToPack } from '../../../src/domain/vi/pack-vms.js';

const node = (name: string, cpus: number, memoryMiB = 1000, diskGiB = 1000): NodeToPack => ({
  node: name,
  total: { node: name, cpus, memoryMiB, diskGiB },
  free: { node: name, cpus, memoryMiB, diskGiB },
});
const vm = (name: string, cpus: number, antiAffinity?: string): VmToPack => ({
  name,
  cpus,
  memoryMiB: 1,
  diskGiB: 1,
  ...(antiAffinity === undefined ? {} : { antiAffinity }),
});

const fits = (vms: readonly VmToPack[], nodes: readonly NodeToPack[], nodeOf: ReadonlyMap<string, string>): boolean =>
  nodes.every(({ node: name, free }) => {
    const here = vms.filter((v) => nodeOf.get(v.name) === name);
    const groups = here.flatMap((v) => v.antiAffinity ?? []);
    return (
      here.reduce((sum, v) => sum + v.cpus, 0) <= free.cpus &&
      here.reduce((sum, v) => sum + v.memoryMiB, 0) <= free.memoryMiB &&
      here.reduce((sum, v) => sum + v.diskGiB, 0) <= free.diskGiB &&
      new Set(groups).size === groups.length
    );
  });

/** Tries every assignment there is. */
function isPossible(vms: readonly VmToPack[], nodes: readonly NodeToPack[]): boolean {
  const assign = (index: number, nodeOf: Map<string, string>): boolean =>
    index === vms.length
      ? fits(vms, nodes, nodeOf)
      : nodes.some((n) => assign(index + 1, new Map(nodeOf).set(vms[index]!.name, n.node)));
  return assign(0, new Map());
}

const place = (vms: VmToPack[], nodes: NodeToPack[], policy: 'spread' | 'pack' = 'spread'): Record<string, string> => {
  const result = packVms(vms, nodes, policy);
  assert.equal(result.outcome, 'placed');
  return result.outcome === 'placed' ? Object.fromEntries(result.nodeOf) : {};
};

describe('packVms', () => {
  it('spreads or packs as told', () => {
    const vms = ['a', 'b', 'c'].map((name) => vm(name, 1));
    const nodes = () => [node('n1', 4), node('n2', 4), node('n3', 4)];
    assert.deepEqual(new Set(Object.values(place(vms, nodes()))), new Set(['n1', 'n2', 'n3']));
    assert.equal(new Set(Object.values(place(vms, nodes(), 'pack'))).size, 1);
  });

  it('backs out of a choice that leaves no room', () => {
    // Spreading puts 2 and 2 on different nodes first, and then 3 would not fit anywhere.
    const result = place([vm('a', 2), vm('b', 2), vm('c', 3), vm('d', 1)], [node('n1', 4), node('n2', 4)]);
    assert.equal(result.c, result.d);
    assert.equal(result.a, result.b);
  });

  it('keeps a group apart', () => {
    const result = place([vm('a', 1, 'g'), vm('b', 1, 'g'), vm('c', 1)], [node('n1', 8), node('n2', 2)], 'pack');
    assert.notEqual(result.a, result.b);
    assert.equal(packVms([vm('a', 1, 'g'), vm('b', 1, 'g')], [node('n1', 8)], 'spread').outcome, 'impossible');
  });

  it('finds room for no VM where there is no node', () => {
    assert.equal(packVms([], [], 'spread').outcome, 'placed');
    assert.equal(packVms([vm('a', 1)], [], 'spread').outcome, 'impossible');
  });

  it('uses nothing of a node that is promised beyond what it has', () => {
    const shrunk = node('n1', 4);
    shrunk.free.cpus = -2;
    assert.equal(place([vm('a', 1)], [shrunk, node('n2', 1)]).a, 'n2');
  });

  it('places a VM for every node of a large site without trying them all', () => {
    const nodes = Array.from({ length: 500 }, (_, i) => node(`n${i}`, 4));
    const vms = Array.from({ length: 200 }, (_, i) => vm(`v${i}`, 3));
    assert.equal(new Set(Object.values(place(vms, nodes))).size, 200);
  });

  it('proves that equal VMs do not fit, without trying all orders', () => {
    const nodes = Array.from({ length: 20 }, (_, i) => node(`n${i}`, 5));
    const vms = Array.from({ length: 33 }, (_, i) => vm(`v${i}`, 3));
    assert.equal(packVms(vms, nodes, 'spread').outcome, 'impossible');
  });

  it('any small case: placed where and only where it is possible, the same every time', () => {
    const vmArbitrary = fc.record({
      cpus: fc.integer({ min: 1, max: 5 }),
      memoryMiB: fc.integer({ min: 1, max: 5 }),
      group: fc.constantFrom('g', 'h', undefined),
    });
    const nodeArbitrary = fc.record({
      cpus: fc.integer({ min: 0, max: 8 }),
      memoryMiB: fc.integer({ min: 0, max: 8 }),
    });
    fc.assert(
      fc.property(
        fc.array(vmArbitrary, { maxLength: 6 }),
        fc.array(nodeArbitrary, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('spread' as const, 'pack' as const),
        (vmSpecs, nodeSpecs, policy) => {
          const vms = vmSpecs.map(({ cpus, memoryMiB, group }, i) => ({ ...vm(`v${i}`, cpus, group), memoryMiB }));
          const nodes = nodeSpecs.map(({ cpus, memoryMiB }, i) => node(`n${i}`, cpus, memoryMiB));
          const result = packVms(vms, nodes, policy);
          assert.equal(result.outcome, isPossible(vms, nodes) ? 'placed' : 'impossible');
          if (result.outcome !== 'placed') return;
          assert.equal(result.nodeOf.size, vms.length);
          assert.ok(fits(vms, nodes, result.nodeOf));
          assert.deepEqual(packVms(vms, nodes, policy), result);
        },
      ),
      { numRuns: 300 },
    );
  });
});
