/** A machine of the testbed whose kernel takes nothing from its ports. */
import assert from 'node:assert/strict';
import { closeKernelToPorts, type Machine, startMachine } from '../../src/testbed/machine.js';
import { addLink, runInside } from '../../src/testbed/network-namespace.js';
import { type Raised, raiseInRun } from './support/raise-in-run.js';

describe('a machine whose kernel is closed to its ports', () => {
  let raised: Raised & { machine: Machine };

  before(async () => {
    raised = await raiseInRun(async (run) => ({ machine: await startMachine(run, 'm1') }));
  });
  after(() => raised?.close());

  it('filters strictly on those that come, also where it was to filter loosely on all', async () => {
    const { namespace } = raised.machine;
    await runInside(namespace, ['sh', '-c', 'echo 2 >/proc/sys/net/ipv4/conf/all/rp_filter']);
    await closeKernelToPorts(raised.machine);
    await addLink({ namespace, interface: 'port' }, { namespace, interface: 'vm' });
    const files = ['all', 'port'].map((name) => `/proc/sys/net/ipv4/conf/${name}/rp_filter`);
    const { stdout } = await runInside(namespace, ['cat', ...files]);
    // Documentation/networking/ip-sysctl: the larger of the two is what the device does.
    assert.equal(Math.max(...stdout.trim().split('\n').map(Number)), 1);
  });
});
