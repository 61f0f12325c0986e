/** Plans as an operator reads them: the golden texts of test/drivers/network/golden. IRIS_UPDATE_GOLDEN=1 writes them anew. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { deriveListedEntries } from '../../../src/domain/registry/listed-entries.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { compile } from '../../../src/drivers/network/plan/compile.js';
import { toNodeNetworkPlan } from '../../../src/drivers/network/plan/plan-text.js';
import { packageFile } from '../../../src/lib/package-root.js';
import { testInstance, toSite, toVi } from './sites.js';

function textOf(vi: PlacedVi, site: Site): string {
  const entries = deriveListedEntries(vi, site, new Date(0)).map((entry) => ({ entry, confirmed: true }));
  const plans = compile(vi, site, { instance: testInstance, entries });
  const lines = plans
    .map((plan) => toNodeNetworkPlan(plan, site.bridge))
    .flatMap(({ node, ovsdbRows, meters, flows }) => [`# ${node}`, ...ovsdbRows, ...meters, ...flows, '']);
  return lines.join('\n');
}

const cases: Record<string, () => string> = {
  'one-node': () =>
    textOf(toVi({ viNumber: 1, key: 7, vmNodes: ['s-n1', 's-n1'] }), toSite({ name: 's', number: 1, computeNodes: 1 })),
  'two-nodes-and-gateway': () =>
    textOf(
      toVi({
        viNumber: 2,
        key: 4711,
        encapsulation: 'vxlan',
        vmNodes: ['s-n1', 's-n2'],
        gateway: 's-gw',
        peers: [{ name: 'p', number: 2 }],
        hosts: [{ mac: '52:54:00:aa:00:01', ip: '10.0.0.1', vlan: 100, site: 'p' }],
      }),
      toSite({ name: 's', number: 1, computeNodes: 2, peers: [{ name: 'p', number: 2 }] }),
    ),
  'external-port': () =>
    textOf(
      toVi({
        viNumber: 3,
        key: 12,
        encapsulation: 'geneve',
        vmNodes: [],
        externalPorts: [{ name: 'lan1', node: 's-gw', vlans: [0, 100] }],
        gateway: 's-gw',
        peers: [
          { name: 'p', number: 2 },
          { name: 'q', number: 3 },
        ],
        hosts: [{ mac: '52:54:00:aa:00:01', vlan: 100, site: 's' }],
      }),
      toSite({ name: 's', number: 1, computeNodes: 0, externalPorts: [{ name: 'lan1', vlans: ['0-199'] }] }),
    ),
};

describe('plan in words', () => {
  for (const [name, derive] of Object.entries(cases))
    it(`of ${name}`, () => {
      const file = packageFile('test', 'drivers', 'network', 'golden', `${name}.txt`);
      const text = derive();
      if (process.env.IRIS_UPDATE_GOLDEN === '1') writeFileSync(file, text);
      assert.equal(text, readFileSync(file, 'utf8'));
    });
});
