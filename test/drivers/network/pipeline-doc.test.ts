/** docs/pipeline.md shows flows as switches have them: the same that ovs-driver.root.test.ts compares with dumps of real ones. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { silentLog } from '../../../src/lib/log.js';
import { packageFile } from '../../../src/lib/package-root.js';
import { instances, osakaVi, tokyoVi } from './example-vi.js';
import { toSites } from './ovs-site.js';

const machine = (name: string) => ({ name, directory: '/run', ovsdb: 'unix:/run/db.sock' });
const sites = toSites({ tgw: machine('tgw'), ogw: machine('ogw'), on1: machine('on1'), on2: machine('on2') });

async function flowsOf(node: string): Promise<string[]> {
  const plans = [
    ...(await createOvsNetworkDriver({ site: sites.tokyo, instance: instances.tokyo, log: silentLog }).plan(
      tokyoVi(1, 101, 'gre'),
    )),
    ...(await createOvsNetworkDriver({ site: sites.osaka, instance: instances.osaka, log: silentLog }).plan(
      osakaVi(1, 101, 'gre'),
    )),
  ];
  return plans.find((plan) => plan.node === node)!.flows;
}

describe('docs/pipeline.md', () => {
  it('shows the flows that the plans have', async () => {
    const text = readFileSync(packageFile('docs', 'pipeline.md'), 'utf8');
    const shown = text.split('\n').filter((line) => line.startsWith('cookie='));
    const all = (await Promise.all(['tgw', 'ogw', 'on1'].map(flowsOf))).flat();
    if (process.env.IRIS_TEST_DUMP !== undefined) console.log(all.join('\n'));
    assert.deepEqual(
      shown.filter((line) => !all.includes(line)),
      [],
    );
    assert.deepEqual(
      (await flowsOf('on1')).filter((flow) => !shown.includes(flow)),
      [],
    );
  });
});
