import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IrisError } from '../../../src/domain/errors/iris-error.js';
import type { NodeCapacity } from '../../../src/domain/reservation/reservation.js';
import { deriveNodeCapacities } from '../../../src/domain/site/node-capacity.js';
import type { Criteria, VmSpec } from '../../../src/domain/vi/criteria.js';
import type { Before } from '../../../src/domain/vi/keep-vms.js';
import { deriveFree, placeVi } from '../../../src/domain/vi/place-vi.js';
import type { PlacedVi, PlacedVm } from '../../../src/domain/vi/placed-vi.js';
import { keepsItsDisk } from '../../../src/domain/vi/vi-change.js';
import { deriveNamesInForce } from '../../../src/domain/vi/vm-names.js';
import { sampleCriteria, sampleSite, sampleVm } from '../../support/domain-samples.js';

const site = sampleSite();
const totals = deriveNodeCapacities(site);
const request = { connectionId: 'c-1', tenant: 'alpha', viNumber: 42 };

const first = (criteria: Criteria): PlacedVi =>
  placeVi({ ...request, version: 1, criteria }, site, deriveFree(totals, []));

function next(
  inForce: { criteria: Criteria; placed: PlacedVi },
  criteria: Criteria,
  changes: Partial<Before> = {},
  others: NodeCapacity[] = [],
): PlacedVi {
  const names = deriveNamesInForce(inForce.criteria, inForce.placed);
  const before: Before = { inForce: inForce.placed, names, replaced: [], wasBuilt: true, ...changes };
  return placeVi(
    { ...request, version: inForce.placed.version + 1, criteria, before },
    site,
    deriveFree(totals, others),
  );
}

const vmOf = (vi: PlacedVi, name: string): PlacedVm => vi.vms.find((vm) => vm.name === name)!;
const macsOf = (vm: PlacedVm): string[] => vm.nics.map(({ mac }) => mac);

describe('placing the next version', () => {
  it('gives back the same placement for the same criteria, whoever came meanwhile', () => {
    const criteria = sampleCriteria({ vms: [sampleVm({ count: 3, nics: [{}, {}] })] });
    const placed = first(criteria);
    const others = totals.map(({ node }, index) => ({ node, cpus: index === 0 ? 6 : 0, memoryMiB: 0, diskGiB: 0 }));
    assert.deepEqual(next({ criteria, placed }, criteria, {}, others), { ...placed, version: 2 });
  });

  it('refuses, when built, what cannot stay on its node; before that it may go elsewhere', () => {
    const criteria = sampleCriteria({ vms: [sampleVm({ name: 'a' })] });
    const placed = first(criteria);
    const { node } = vmOf(placed, 'a');
    const larger = sampleCriteria({ vms: [sampleVm({ name: 'a', cpus: 5 })] });
    const others = [{ node, cpus: 4, memoryMiB: 0, diskGiB: 0 }];
    assert.throws(
      () => next({ criteria, placed }, larger, {}, others),
      (error) =>
        error instanceof IrisError &&
        error.kindName === 'capacityUnavailable' &&
        error.variables.node === node &&
        error.variables.vm === 'a',
    );
    assert.notEqual(vmOf(next({ criteria, placed }, larger, { wasBuilt: false }, others), 'a').node, node);
  });

  it('keeps those of a group apart also from one that stays', () => {
    const group = (count: number) => sampleCriteria({ vms: [sampleVm({ count, antiAffinity: 'apart' })] });
    const placed = first(group(2));
    const grown = next({ criteria: group(2), placed }, group(3));
    assert.equal(new Set(grown.vms.map(({ node }) => node)).size, 3);
  });

  it('keeps a MAC unless somebody else asks for it by name', () => {
    const criteria = sampleCriteria({ vms: [sampleVm({ name: 'a' })] });
    const placed = first(criteria);
    const [mac] = macsOf(vmOf(placed, 'a'));
    const taken = sampleCriteria({ vms: [sampleVm({ name: 'a' }), sampleVm({ name: 'b', nics: [{ mac: mac! }] })] });
    const grown = next({ criteria, placed }, taken);
    assert.deepEqual(macsOf(vmOf(grown, 'b')), [mac]);
    assert.notDeepEqual(macsOf(vmOf(grown, 'a')), [mac]);
  });

  it('names no port as one that may still stand', () => {
    const criteria = sampleCriteria({ vms: [sampleVm({ name: 'a' }), sampleVm({ name: 'b' })] });
    const placed = first(criteria);
    const shrunk = sampleCriteria({ vms: [sampleVm({ name: 'b' })] });
    const second = next({ criteria, placed }, shrunk);
    const grown = sampleCriteria({ vms: [sampleVm({ name: 'b' }), sampleVm({ name: 'c' })] });
    const third = next({ criteria: shrunk, placed: second }, grown, { replaced: [placed] });
    const used = placed.vms.flatMap(({ nics }) => nics.map(({ portName }) => portName));
    assert.ok(!used.includes(vmOf(third, 'c').nics[0]!.portName));
    assert.equal(vmOf(third, 'b').nics[0]!.portName, vmOf(placed, 'b').nics[0]!.portName);
  });

  it('keeps the gateway that other sites know', () => {
    const criteria = sampleCriteria();
    const placed = { ...first(criteria), gateway: 'gw-b' };
    const extended = sampleCriteria({ externalPorts: [{ name: 'lan1', vlans: [0] }] });
    assert.equal(next({ criteria, placed }, extended).gateway, 'gw-b');
    assert.equal(next({ criteria, placed }, sampleCriteria({ peers: [] })).gateway, undefined);
  });

  const vmSpec: fc.Arbitrary<VmSpec> = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    count: fc.integer({ min: 1, max: 3 }),
    cpus: fc.integer({ min: 1, max: 4 }),
    memoryMiB: fc.constantFrom(512, 4096),
    diskGiB: fc.integer({ min: 1, max: 30 }),
    image: fc.constantFrom('small', 'large'),
    nested: fc.boolean(),
    nics: fc.constantFrom([], [{}], [{}, {}]),
  });
  const vms = fc.uniqueArray(vmSpec, { selector: ({ name }) => name, maxLength: 5 });

  it('any two versions: what stays has its place, MACs and ports; none stand twice; no node is overfull', () => {
    let both = 0;
    fc.assert(
      fc.property(vms, vms, (old, wanted) => {
        const criteria = sampleCriteria({ vms: old });
        let placed: PlacedVi;
        let after: PlacedVi;
        try {
          placed = first(criteria);
          after = next({ criteria, placed }, sampleCriteria({ vms: wanted }));
        } catch (error) {
          assert.ok(error instanceof IrisError && error.kindName === 'capacityUnavailable', String(error));
          return;
        }
        both += 1;
        const names = after.vms.map(({ name }) => name);
        assert.equal(new Set(names).size, names.length);
        const ports = after.vms.flatMap(({ nics }) => nics.map(({ portName }) => portName));
        assert.equal(new Set(ports).size, ports.length);
        for (const vm of after.vms) {
          const before = placed.vms.find(({ name }) => name === vm.name);
          if (before === undefined) continue;
          if (keepsItsDisk(before, vm)) assert.equal(vm.node, before.node);
          const kept = Math.min(vm.nics.length, before.nics.length);
          assert.deepEqual(vm.nics.slice(0, kept), before.nics.slice(0, kept));
        }
        for (const total of totals)
          for (const d of ['cpus', 'memoryMiB', 'diskGiB'] as const) {
            const sum = after.vms.filter(({ node }) => node === total.node).reduce((all, vm) => all + vm[d], 0);
            assert.ok(sum <= total[d], `${total.node} ${d}: ${sum}`);
          }
      }),
      { numRuns: 300 },
    );
    assert.ok(both > 30, `only ${both} pairs could be placed`);
  });
});
