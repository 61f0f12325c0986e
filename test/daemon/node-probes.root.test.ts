/** Doctor's own looks at a real Open vSwitch: its database, its addresses, their MTU. */
import assert from 'node:assert/strict';
import { diagnoseNode, type Finding } from '../../src/cli/doctor/diagnose-node.js';
import { createNodeProbes } from '../../src/daemon/node-probes.js';
import { siteFileSchema } from '../../src/domain/site/site-file.js';
import { createFakeComputeDriver } from '../../src/drivers/compute/fake/fake-compute-driver.js';
import { lookAtOpenVswitch } from '../../src/drivers/network/ovs/switch-sight.js';
import { createOvsWorld, type Machine } from '../drivers/network/ovs-world.js';

const datapathId = '00000000000000d1';

describe('doctor at a real switch', function () {
  this.timeout(400_000);
  const world = createOvsWorld();
  let machine: Machine;
  before(async () => {
    machine = await world.addMachine('doc');
    // As the distribution's start script says it.
    await world.vsctl(machine, 'set', 'Open_vSwitch', '.', 'ovs_version=3.1.0');
    const lan = await world.addLan('doclan');
    await world.addUnderlay(machine, lan, 'br-phy', '10.77.0.1/24', 1);
  });
  after(() => world.close());

  async function diagnose(underlayMtu: number): Promise<(check: string) => Finding> {
    const node = {
      name: 'doc',
      network: {
        ovsdb: machine.ovsdb,
        controller: `unix:${machine.directory}/iris.ctl`,
        datapathId,
        underlay: '10.77.0.1',
        underlayMtu,
      },
    };
    const site = siteFileSchema.parse({ site: 's', nodes: [node], tenants: [{ name: 'acme' }] });
    const [probe] = createNodeProbes({
      site,
      node: undefined,
      compute: createFakeComputeDriver(site),
      lookAtSwitch: (known) => lookAtOpenVswitch(known, site.bridge),
    });
    const findings = await diagnoseNode(probe!);
    return (check) => findings.find((finding) => finding.check === check)!;
  }

  it('sees version, missing bridge, and the address of the underlay', async () => {
    const found = await diagnose(1500);
    assert.equal(found('Open vSwitch').what, 'Open vSwitch 3.1.0');
    assert.equal(found('bridge').level, 'warn');
    assert.deepEqual([found('underlay').level, found('underlay').what], ['ok', '10.77.0.1, MTU 1500']);
    assert.equal((await diagnose(9000))('underlay').level, 'fail');
  });

  it('sees the bridge, and that nobody controls it', async () => {
    await world.vsctl(
      machine,
      ...[
        'add-br',
        'br-iris',
        '--',
        'set',
        'Bridge',
        'br-iris',
        'datapath_type=netdev',
        `other-config:datapath-id=${datapathId}`,
      ],
      ...['--', 'set-controller', 'br-iris', 'tcp:127.0.0.1:1'],
    );
    const found = await diagnose(1500);
    assert.deepEqual([found('bridge').level, found('OpenFlow').level], ['ok', 'warn'], found('bridge').what);
  });

  it('says that a database which is away is away', async () => {
    await world.stopDatabase(machine);
    assert.equal((await diagnose(1500))('Open vSwitch').level, 'fail');
  });
});
