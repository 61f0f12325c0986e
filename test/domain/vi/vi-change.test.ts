import assert from 'node:assert/strict';
import type { PlacedVi, PlacedVm } from '../../../src/domain/vi/placed-vi.js';
import { deriveGone, deriveVmChange, findBefore } from '../../../src/domain/vi/vi-change.js';

const vm = (changes: Partial<PlacedVm> = {}): PlacedVm => ({
  name: 'a',
  node: 'n1',
  cpus: 2,
  memoryMiB: 1024,
  diskGiB: 5,
  image: 'small',
  nested: true,
  nics: [{ mac: '52:54:00:00:00:01', portName: 'iris1-0' }],
  ...changes,
});
const vi = (version: number, ...vms: PlacedVm[]): PlacedVi => ({
  connectionId: 'c',
  version,
  tenant: 'alpha',
  viNumber: 1,
  segment: { key: 1, encapsulation: 'gre' },
  vms,
  externalPorts: [],
  peers: [],
  hosts: [],
});

describe('deriveVmChange', () => {
  const cases: [string, Partial<PlacedVm>, ReturnType<typeof deriveVmChange>][] = [
    ['nothing', {}, 'stay'],
    ['user data', { userData: 'new' }, 'stay'],
    ['the address that it is told', { nics: [{ ...vm().nics[0]!, ip: '10.0.0.9' }] }, 'stay'],
    ['CPUs', { cpus: 1 }, 'restart'],
    ['memory', { memoryMiB: 2048 }, 'restart'],
    ['a larger disk', { diskGiB: 6 }, 'restart'],
    ['nesting', { nested: false }, 'restart'],
    ['a NIC less', { nics: [] }, 'restart'],
    ['another MAC', { nics: [{ mac: '52:54:00:00:00:02', portName: 'iris1-0' }] }, 'restart'],
    ['a smaller disk', { diskGiB: 4 }, 'remake'],
    ['another image', { image: 'large' }, 'remake'],
  ];
  for (const [what, changes, expected] of cases)
    it(`${what}: ${expected}`, () => {
      assert.equal(deriveVmChange(vm(), vm(changes)), expected);
    });
});

describe('findBefore', () => {
  const [one, two, three] = [vi(1, vm({ cpus: 1 })), vi(2, vm({ cpus: 2 })), vi(3, vm({ cpus: 3 }))];
  const cpusBefore = (definedBy: number | undefined): number | undefined =>
    findBefore(vm({ cpus: 3 }), definedBy, three, [one, two])?.cpus;

  it('is what the version that it bears placed', () => {
    assert.deepEqual([1, 2].map(cpusBefore), [1, 2]);
  });
  it('is nothing for one that the version in force has defined', () => {
    assert.equal(cpusBefore(3), undefined);
  });
  it('is the oldest known for one that has stayed since before, or that is not there', () => {
    assert.equal(cpusBefore(0), 1);
    assert.equal(cpusBefore(undefined), 1);
  });
  it('is nothing for one that is new in its place', () => {
    assert.equal(findBefore(vm({ node: 'n2' }), undefined, three, [one, two]), undefined);
  });
});

describe('deriveGone', () => {
  it('are those that have no place in the version in force, each once', () => {
    const [stays, moved, gone] = [vm(), vm({ name: 'b' }), vm({ name: 'c' })];
    const replaced = [vi(1, stays, moved, gone), vi(2, stays, moved, gone)];
    const names = deriveGone(vi(3, stays, { ...moved, node: 'n2' }), replaced).map(
      ({ node, name }) => `${node} ${name}`,
    );
    assert.deepEqual(names, ['n1 b', 'n1 c']);
  });
});
