/** Which nodes a VI has something on: all of them are compared, counted and given its record. */
import assert from 'node:assert/strict';
import type { PlacedEnd } from '../../../src/domain/p2p/point-to-point.js';
import { nodesOf, type PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { hostingNodes } from '../../../src/drivers/network/plan/topology.js';
import { toVi } from '../../drivers/network/sites.js';

const portAt = (node: string): PlacedEnd => ({ kind: 'port', stp: `${node}-lan?vlan=5`, port: 'lan', node, vlan: 5 });
const peerAt = (node: string): PlacedEnd => ({ kind: 'peer', stp: 'peer+kyoto?vlan=5', site: 'kyoto', node, key: 5 });
const viAt = (node: string): PlacedEnd => ({
  ...{ kind: 'vi', stp: 'vi+v1?vlan=5', connectionId: 'v1', viNumber: 1 },
  ...{ node, vlan: 5 },
});

/** With nothing but its ends to say where it is. */
const service = (source: PlacedEnd, dest: PlacedEnd): PlacedVi => ({
  ...toVi({ viNumber: 7, key: 7, vmNodes: [] }),
  pointToPoint: { source, dest, capacityMbit: 1, directionality: 'Bidirectional', symmetricPath: true },
});

describe('the nodes of a VI', () => {
  it('are those of its VMs, external ports and gateway, over all versions, each once', () => {
    const externalPorts = [{ name: 'lan', node: 'gw2', vlans: [5] }];
    const versions = [
      toVi({ viNumber: 7, key: 7, vmNodes: ['n1', 'n2', 'n1'], gateway: 'gw' }),
      toVi({ viNumber: 7, key: 7, vmNodes: ['n2'], externalPorts }),
    ];
    assert.deepEqual(nodesOf(versions).sort(), ['gw', 'gw2', 'n1', 'n2']);
    assert.deepEqual(versions.map(hostingNodes), [
      ['gw', 'n1', 'n2'],
      ['gw2', 'n2'],
    ]);
  });

  for (const [what, source, dest, nodes] of [
    ['two ports', portAt('gw2'), portAt('gw'), ['gw', 'gw2']],
    ['two peers', peerAt('gw'), peerAt('gw2'), ['gw', 'gw2']],
    ['a VI and a port', viAt('gw2'), portAt('gw2'), ['gw2']],
    ['a peer and a VI', peerAt('gw'), viAt('gw'), ['gw']],
  ] as const)
    it(`are both ends of a point-to-point service between ${what}`, () => {
      assert.deepEqual(nodesOf([service(source, dest)]).sort(), nodes);
      assert.deepEqual(hostingNodes(service(source, dest)), nodes);
    });
});
