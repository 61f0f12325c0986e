import assert from 'node:assert/strict';
import { IrisError } from '../../../src/domain/errors/iris-error.js';
import { deriveNodeCapacities } from '../../../src/domain/site/node-capacity.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import { isUnicastMac } from '../../../src/domain/vi/addresses.js';
import type { Criteria } from '../../../src/domain/vi/criteria.js';
import { derivePortName } from '../../../src/domain/vi/derive-names.js';
import { deriveFree, placeVi } from '../../../src/domain/vi/place-vi.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { sampleCriteria, sampleSite, sampleVm } from '../../support/domain-samples.js';

const request = (criteria: Criteria) => ({ connectionId: 'c-1', version: 1, tenant: 'alpha', viNumber: 42, criteria });
const place = (criteria: Criteria, site: Site = sampleSite()): PlacedVi =>
  placeVi(request(criteria), site, deriveFree(deriveNodeCapacities(site), []));

describe('placeVi', () => {
  it('makes every choice, and the same ones again', () => {
    const criteria = sampleCriteria({
      vms: [sampleVm({ name: 'web', count: 2, nics: [{}, {}], antiAffinity: 'web', userData: 'secret' })],
      externalPorts: [{ name: 'lan1', vlans: [0, 100] }],
    });
    const placed = place(criteria);
    assert.deepEqual(placed, place(criteria));
    assert.deepEqual(
      placed.vms.map((vm) => [vm.name, vm.cpus, vm.userData]),
      [
        ['web-1', 2, 'secret'],
        ['web-2', 2, 'secret'],
      ],
    );
    assert.notEqual(placed.vms[0]!.node, placed.vms[1]!.node);
    assert.deepEqual(placed.externalPorts, [{ name: 'lan1', node: 'gw', vlans: [0, 100] }]);
    assert.equal(placed.gateway, 'gw');
    const nics = placed.vms.flatMap((vm) => vm.nics);
    assert.equal(new Set(nics.map((nic) => nic.mac)).size, 4);
    assert.equal(new Set(nics.map((nic) => nic.portName)).size, 4);
    for (const { mac, portName } of nics) {
      assert.ok(isUnicastMac(mac), mac);
      assert.equal(Number.parseInt(mac.slice(0, 2), 16) & 2, 2, 'locally administered');
      assert.ok(portName.length <= 15, portName);
    }
  });

  it('keeps MACs and addresses that were asked for', () => {
    const nic = { mac: '52:54:00:00:00:01', ip: '10.0.0.1', prefixLength: 16 };
    const [placed] = place(sampleCriteria({ vms: [sampleVm({ nics: [nic] })] })).vms;
    assert.deepEqual(placed!.nics, [{ ...nic, portName: derivePortName(42, 0) }]);
  });

  it('gives other reservations other MACs and port names', () => {
    const site = sampleSite();
    const nodes = deriveFree(deriveNodeCapacities(site), []);
    const one = placeVi(request(sampleCriteria()), site, nodes);
    const two = placeVi({ ...request(sampleCriteria()), connectionId: 'c-2', viNumber: 43 }, site, nodes);
    const all = [one, two].flatMap((vi) => vi.vms.flatMap((vm) => vm.nics));
    assert.equal(new Set(all.map((nic) => nic.mac)).size, all.length);
    assert.equal(new Set(all.map((nic) => nic.portName)).size, all.length);
  });

  it('names ports within 15 characters for the largest VI number', () => {
    assert.equal(derivePortName(2 ** 32 - 1, 46_655).length, 15);
  });

  it('needs no node and no gateway for a segment that nothing is on', () => {
    const placed = place(sampleCriteria({ vms: [], peers: [] }));
    assert.deepEqual([placed.vms, placed.gateway], [[], undefined]);
  });

  it('places nothing on a site that has only a gateway, and refuses VMs there', () => {
    const whole = sampleSite();
    const site = sampleSite({ nodes: whole.nodes.filter((node) => node.gateway !== undefined) });
    const extended = sampleCriteria({ vms: [], externalPorts: [{ name: 'lan1', vlans: [0] }] });
    assert.equal(place(extended, site).gateway, 'gw');
    assert.throws(() => place(sampleCriteria(), site), { kindName: 'capacityUnavailable' });
  });

  it('counts what others have at their peak', () => {
    const site = sampleSite();
    const totals = deriveNodeCapacities(site);
    const peak = totals.map(({ node }) => ({ node, cpus: node === 'n2' ? 4 : 7, memoryMiB: 0, diskGiB: 0 }));
    const placed = placeVi(request(sampleCriteria()), site, deriveFree(totals, peak));
    assert.deepEqual(
      placed.vms.map((vm) => vm.node),
      ['n2', 'n2'],
    );
  });

  const refusals: [string, Criteria, Record<string, string>][] = [
    [
      'the resource that all nodes together lack',
      sampleCriteria({ vms: [sampleVm({ count: 13 })] }),
      { resource: 'cpus', needed: '26', free: '24' },
    ],
    ['the VM that no node has room for', sampleCriteria({ vms: [sampleVm({ cpus: 9 })] }), { vm: 'vm' }],
    [
      'that they do not fit together',
      sampleCriteria({ vms: [sampleVm({ count: 4, cpus: 5 })] }),
      { search: 'exhausted' },
    ],
  ];
  for (const [what, criteria, variables] of refusals)
    it(`refuses with 00705 and names ${what}`, () => {
      assert.throws(
        () => place(criteria),
        (error) => {
          assert.ok(error instanceof IrisError);
          assert.equal(error.kind.id, '00705');
          for (const [name, value] of Object.entries(variables)) assert.equal(error.variables[name], value);
          return true;
        },
      );
    });
});
