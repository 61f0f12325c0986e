/**
 * Somebody breaks what Iris has built, on real switches and hypervisors, and nobody calls: within seconds it is as reserved again. The
 * periodic round is switched off, so that it is the watching that is tested.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import { metadataNamespace } from '../../src/domain/vi/mark.js';
import type { PlacedVm } from '../../src/domain/vi/placed-vi.js';
import { runCommand } from '../../src/lib/run-command.js';
import { waitForSuccess, waitUntil } from '../../src/lib/wait-until.js';
import { foreignDomain } from '../../src/testbed/foreign.js';
import { takeForeignSnapshot } from '../../src/testbed/foreign-snapshot.js';
import { startLibvirtd, virsh } from '../../src/testbed/hypervisor.js';
import { ofctl, startDatabase, startSwitch, vsctl } from '../../src/testbed/machine.js';
import { onceSettled } from '../../src/testbed/once-settled.js';
import { sampleVm } from '../support/domain-samples.js';
import { lastLook } from '../support/last-look.js';
import { crash, killGuests, powerOff, powerOn, revive } from '../testbed/support/crash.js';
import { leftoversOf } from '../testbed/support/leftovers.js';
import { type RealNode, type RealSite, raiseRealSite } from './real-site.js';
import { call, request } from './site-under-test.js';

const bridge = 'br-iris';
const repairedWithinMs = 120_000;

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

describe('repair, on Open vSwitch and libvirt', function () {
  this.timeout(600_000);
  let site: RealSite;
  let connectionId: string;
  let whole: string;
  /** By node name. */
  let foreign: Map<string, string>;
  /** Nodes whose foreign things went down with a daemon that a test stopped. */
  const disturbed = new Set<string>();
  let n1: RealNode;
  let n2: RealNode;
  let vms: PlacedVm[];

  const isOurs = (domainName: string): boolean => domainName.startsWith('iris-');

  /** What stands of the VI on a node, in words that do not change with port numbers. */
  async function describeNode({ name, machine, hypervisor }: RealNode): Promise<string> {
    const [ports, flows, domains] = await Promise.all([
      vsctl(machine, 'list-ports', bridge),
      ofctl(machine, 'dump-flows', bridge, '--names', '--no-stats'),
      virsh(hypervisor, 'list', '--all'),
    ]);
    const states = lines(domains.stdout)
      .map((line) => line.trim().split(/\s+/).slice(1).join(' '))
      .filter(isOurs);
    const rules = lines(flows.stdout).map((line) => line.trim().replaceAll(/meter:\d+/g, 'meter'));
    return [name, ...states.sort(), ...lines(ports.stdout).sort(), ...rules.sort()].join('\n');
  }

  const describeSite = async (): Promise<string> => (await Promise.all(site.nodes.map(describeNode))).join('\n');

  const takeForeign = async (): Promise<Map<string, string>> => {
    const own = { bridge, domainMark: metadataNamespace };
    const texts = site.nodes.map(
      async ({ name, machine, hypervisor }): Promise<[string, string]> => [
        name,
        await takeForeignSnapshot(machine, hypervisor, own),
      ],
    );
    return new Map(await Promise.all(texts));
  };

  const standsAgain = async (): Promise<void> =>
    assert.equal(await lastLook(describeSite, (found) => found === whole, repairedWithinMs), whole);

  const becomes = (what: string, is: (states: Reservation['states']) => boolean) =>
    waitUntil(async () => is((await site.store.findReservation(connectionId))!.states), {
      ...{ what, timeoutMs: repairedWithinMs, intervalMs: 100 },
    });

  /** The disk of a VM that is down. */
  async function onDisk({ hypervisor }: RealNode, command: string): Promise<void> {
    const names = readdirSync(hypervisor.diskDirectory, { recursive: true, encoding: 'utf8' });
    const disk = names.find((name) => name.endsWith('.qcow2'))!;
    // A QEMU that was killed has its locks for a moment more.
    const { stdout } = await waitForSuccess(
      () => runCommand('qemu-io', ['-c', command, join(hypervisor.diskDirectory, disk)]),
      { what: 'the disk to be free', timeoutMs: repairedWithinMs, intervalMs: 200 },
    );
    assert.doesNotMatch(stdout, /failed/i);
  }

  const domainOf = async ({ hypervisor }: RealNode): Promise<string> =>
    lines((await virsh(hypervisor, 'list', '--all', '--name')).stdout).find(isOurs)!;
  const portOf = ({ name }: RealNode): string => vms.find(({ node }) => node === name)!.nics[0]!.portName;

  before(async () => {
    site = await raiseRealSite();
    [n1, n2] = site.nodes as [RealNode, RealNode];
    const vm = sampleVm({ count: 2, cpus: 1, memoryMiB: 64, diskGiB: 1, antiAffinity: 'apart' });
    const asked = request({ vms: [vm], peers: [] });
    ({ connectionId } = await site.provider.reserve(call(), asked));
    await site.provider.commit(call(), connectionId);
    await site.provider.provision(call(), connectionId);
    await becomes('active', ({ dataPlane }) => dataPlane.active);
    vms = (await site.store.findReservation(connectionId))!.committed!.placed.vms;
    whole = await onceSettled(describeSite);
    foreign = await onceSettled(takeForeign);
  });
  after(async () => {
    if (site === undefined) return;
    await site.close();
    assert.deepEqual(await leftoversOf(site.run), []);
  });
  /** A step that fails half way leaves the next one two nodes that serve, whatever it stopped. */
  afterEach(async function () {
    const hasFailed = this.currentTest?.state === 'failed';
    for (const { machine, hypervisor } of site.nodes) {
      await revive(machine, hypervisor);
      await startForeign(hypervisor);
    }
    const untouched = site.nodes.map(({ name }) => name).filter((name) => !hasFailed && !disturbed.has(name));
    disturbed.clear();
    // A switch whose database was restarted tells it of its links again when it has time.
    const now = await lastLook(takeForeign, (seen) => untouched.every((name) => seen.get(name) === foreign.get(name)));
    for (const name of untouched)
      assert.deepEqual(lines(now.get(name)!), lines(foreign.get(name)!), `foreign on ${name}`);
    if (untouched.length < site.nodes.length) foreign = await onceSettled(takeForeign);
  });

  async function reboot({ name, hypervisor }: RealNode): Promise<void> {
    disturbed.add(name);
    await powerOff(hypervisor);
    await powerOn(hypervisor);
    await startForeign(hypervisor);
  }

  async function startForeign(hypervisor: RealNode['hypervisor']): Promise<void> {
    const { stdout } = await virsh(hypervisor, 'list', '--name');
    if (!lines(stdout).includes(foreignDomain)) await virsh(hypervisor, 'start', foreignDomain);
  }

  const tunnelOf = async (node: RealNode): Promise<string> =>
    lines((await vsctl(node.machine, 'list-ports', bridge)).stdout).find((name) => name !== portOf(node))!;

  /** Something on each node, at once. */
  const faults: Record<string, () => Promise<unknown>> = {
    'a VM whose QEMU is killed; one that is destroyed and undefined': async () => {
      const domain = await domainOf(n2);
      assert.equal(await killGuests(n1.hypervisor, isOurs), 1);
      await virsh(n2.hypervisor, 'destroy', domain);
      await virsh(n2.hypervisor, 'undefine', domain);
    },
    'a VM that is suspended; one flow that is deleted': async () => {
      await virsh(n1.hypervisor, 'suspend', await domainOf(n1));
      const { stdout } = await ofctl(n2.machine, 'dump-flows', bridge, '--no-stats');
      const flow = /table=(\d+), (priority=\S+)/.exec(stdout)!;
      await ofctl(n2.machine, 'del-flows', bridge, `table=${flow[1]},${flow[2]}`, '--strict');
    },
    'a flow that is changed; one that is deleted while another is added': async () => {
      const flowOf = async ({ machine }: RealNode): Promise<string> => {
        const { stdout } = await ofctl(machine, 'dump-flows', bridge, '--no-stats');
        const [, cookie, table, match] = /cookie=(\w+), (?:table=(\d+), )?(priority=\S+)/.exec(stdout)!;
        return `cookie=${cookie}/-1,table=${table ?? 0},${match}`;
      };
      const withoutMask = (flow: string): string => flow.replace('/-1', '');
      await ofctl(n1.machine, 'mod-flows', bridge, `${await flowOf(n1)},actions=drop`, '--strict');
      const gone = await flowOf(n2);
      await ofctl(
        n2.machine,
        'add-flow',
        bridge,
        `${withoutMask(gone).replace(/priority=.*/, 'priority=7')},actions=drop`,
      );
      await ofctl(n2.machine, 'del-flows', bridge, gone, '--strict');
    },
    'all flows and meters that are deleted; a tunnel that is removed': async () => {
      await ofctl(n1.machine, 'del-flows', bridge);
      await ofctl(n1.machine, 'del-meters', bridge);
      await vsctl(n2.machine, 'del-port', bridge, await tunnelOf(n2));
    },
    'the port of a VM that is removed; the whole bridge': async () => {
      await vsctl(n1.machine, 'del-port', bridge, portOf(n1));
      await vsctl(n2.machine, 'del-br', bridge);
    },
    'ovs-vswitchd that is restarted; ovsdb-server': async () => {
      disturbed.add(n1.name);
      await crash(n1.machine, 'ovs-vswitchd');
      await startSwitch(n1.machine);
      await crash(n2.machine, 'ovsdb-server');
      await startDatabase(n2.machine);
    },
    'libvirtd that is restarted, and a VM that died meanwhile': async () => {
      disturbed.add(n1.name);
      await crash(n1.machine, 'libvirtd');
      try {
        assert.equal(await killGuests(n1.hypervisor, isOurs), 1);
        await onDisk(n1, 'write -P 0x5a 512k 64k');
      } finally {
        await startLibvirtd(n1.hypervisor);
      }
    },
    'a node that reboots': () => reboot(n1),
  };
  for (const [what, breakIt] of Object.entries(faults))
    it(`mends ${what}`, async () => {
      await breakIt();
      await standsAgain();
      await becomes('active', ({ dataPlane }) => dataPlane.active);
    });

  it('a guest that shut itself down stays down over a reboot of its node, and says so', async () => {
    const domain = await domainOf(n2);
    const stateOf = async () =>
      (await site.provider.getReservation(call(), connectionId)).vmStates.find(({ node }) => node === n2.name)!.state;
    const isDown = async (): Promise<boolean> => {
      await virsh(n2.hypervisor, 'shutdown', domain, '--mode', 'acpi').catch(() => {});
      return (await stateOf()) === 'shutDownByGuest';
    };
    await waitUntil(isDown, { what: 'the guest to power off', timeoutMs: repairedWithinMs, intervalMs: 300 });
    await reboot(n2);
    // A round that mends the other VM looks at this one, too.
    const other = await domainOf(n1);
    await virsh(n1.hypervisor, 'destroy', other);
    const runs = async () => (await describeNode(n1)).includes(`${other} running`);
    await waitUntil(runs, { what: 'the other VM to run again', timeoutMs: repairedWithinMs, intervalMs: 200 });
    await becomes('active', ({ dataPlane }) => dataPlane.active);
    assert.equal(await stateOf(), 'shutDownByGuest');
  });

  it('and through all of it, and a release, disks kept what was on them; terminate leaves nothing', async () => {
    await site.provider.release(call(), connectionId);
    await becomes('released', ({ provision }) => provision === 'Released');
    await onDisk(n1, 'read -P 0x5a 512k 64k');
    await site.provider.terminate(call(), connectionId);
    await becomes('over', ({ lifecycle }) => lifecycle === 'Terminated');
    for (const { machine, hypervisor } of site.nodes) {
      assert.deepEqual(lines((await virsh(hypervisor, 'list', '--all', '--name')).stdout).filter(isOurs), []);
      assert.deepEqual(lines((await vsctl(machine, 'list-ports', bridge)).stdout), []);
      assert.equal((await ofctl(machine, 'dump-flows', bridge, '--no-stats')).stdout.trim(), '');
    }
  });
});
