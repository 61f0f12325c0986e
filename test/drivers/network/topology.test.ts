import assert from 'node:assert/strict';
import { deriveTopology } from '../../../src/drivers/network/plan/topology.js';
import { toSite, toVi } from './sites.js';

const site = toSite({ name: 's', number: 1, computeNodes: 0 });

describe('topology', () => {
  it('of a segment on hundreds of nodes has the MTU of the narrowest underlay', () => {
    const names = Array.from({ length: 360 }, (_, index) => `n${index}`);
    const [node] = site.nodes;
    const toNode = (name: string, index: number) => ({
      ...node!,
      name,
      network: {
        ...node!.network,
        underlay: `10.0.${index >> 8}.${index & 0xff}`,
        underlayMtu: index === 200 ? 1400 : 1500,
      },
    });
    const vi = toVi({ viNumber: 1, key: 7, vmNodes: names });
    // GRE over IPv4: 20 + 8, a header of Ethernet and a tag.
    assert.equal(deriveTopology(vi, { ...site, nodes: names.map(toNode) }).mtu, 1400 - 20 - 8 - 14 - 4);
  });
});
