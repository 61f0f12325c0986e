/** docs/point-to-point.md shows the flows that plans have, and every refusal by its right name. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { nsiErrors } from '../../../src/domain/errors/nsi-errors.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import { compile } from '../../../src/drivers/network/plan/compile.js';
import { toNodeNetworkPlan } from '../../../src/drivers/network/plan/plan-text.js';
import { packageFile } from '../../../src/lib/package-root.js';
import { type ServiceOptions, toService } from './example-service.js';
import { instances, osakaVi } from './example-vi.js';
import { toSites } from './ovs-site.js';

const machine = (name: string) => ({ name, directory: '/run', ovsdb: 'unix:/run/db.sock' });
const { tokyo, osaka } = toSites({
  tgw: machine('tgw'),
  ogw: machine('ogw'),
  on1: machine('on1'),
  on2: machine('on2'),
});
const vi = osakaVi(1, 101, 'gre');

const services: [Site, string, ServiceOptions][] = [
  [tokyo, instances.tokyo, { viNumber: 5, from: 'lan1?vlan=100', to: 'lan2?vlan=200' }],
  [tokyo, instances.tokyo, { viNumber: 6, from: 'lan1?vlan=110', to: 'lan2?vlan=0' }],
  [tokyo, instances.tokyo, { viNumber: 8, from: 'lan1?vlan=120', to: 'peer+osaka?vlan=1234' }],
  [osaka, instances.osaka, { viNumber: 9, from: 'peer+tokyo?vlan=1234', to: `vi+${vi.connectionId}`, vis: [vi] }],
];

describe('docs/point-to-point.md', () => {
  const lines = readFileSync(packageFile('docs', 'point-to-point.md'), 'utf8').split('\n');

  it('shows the flows that the plans have', () => {
    const flows = services.flatMap(([site, instance, options]) =>
      compile(toService(site, options), site, { instance, entries: [] }).flatMap(
        (plan) => toNodeNetworkPlan(plan, site.bridge).flows,
      ),
    );
    assert.deepEqual(
      lines.filter((line) => line.startsWith('cookie=')),
      flows,
    );
  });

  it('names errors as they are', () => {
    const known = new Set(Object.values(nsiErrors).map(({ id, code }) => `${id} ${code}`));
    const named = lines.flatMap((line) => line.match(/\b00\d{3} [A-Z_]+/g) ?? []);
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });
});
