/**
 * What bears our mark on a node where nothing of its reservation belongs, on real switches and hypervisors: the periodic round finds and
 * removes it, and touches neither what is placed nor what is somebody else's.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import { externalIdKeys } from '../../src/domain/vi/mark.js';
import { toCookie } from '../../src/drivers/network/plan/pipeline.js';
import { waitUntil } from '../../src/lib/wait-until.js';
import { foreignDomain } from '../../src/testbed/foreign.js';
import { virsh } from '../../src/testbed/hypervisor.js';
import { ofctl, vsctl } from '../../src/testbed/machine.js';
import { sampleVm } from '../support/domain-samples.js';
import { leftoversOf } from '../testbed/support/leftovers.js';
import { type RealNode, type RealSite, raiseRealSite } from './real-site.js';
import { call, request } from './site-under-test.js';

const bridge = 'br-iris';
const somebodysCookie = '0x1234';

const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

describe('what is astray, on Open vSwitch and libvirt', function () {
  this.timeout(600_000);
  let site: RealSite;
  before(async () => {
    site = await raiseRealSite({ reservations: { resyncSeconds: 1 } });
  });
  after(async () => {
    if (site === undefined) return;
    await site.close();
    assert.deepEqual(await leftoversOf(site.run), []);
  });

  async function build(): Promise<Reservation> {
    const vm = sampleVm({ cpus: 1, memoryMiB: 64, diskGiB: 1 });
    const { connectionId } = await site.provider.reserve(call(), request({ vms: [vm], peers: [] }));
    await site.provider.commit(call(), connectionId);
    await site.provider.provision(call(), connectionId);
    return waitUntil(
      async () => {
        const reservation = (await site.store.findReservation(connectionId))!;
        return reservation.states.dataPlane.active && reservation;
      },
      { what: 'the VI to be active', timeoutMs: 120_000, intervalMs: 100 },
    ) as Promise<Reservation>;
  }

  /** All that stands on a node, of whomsoever; a domain that starts anew has another id. */
  async function look({ machine, hypervisor }: RealNode): Promise<string[]> {
    const [domains, ports, flows] = await Promise.all([
      virsh(hypervisor, 'list', '--all'),
      vsctl(machine, 'list-ports', bridge),
      ofctl(machine, 'dump-flows', bridge, '--no-stats'),
    ]);
    const files = readdirSync(hypervisor.diskDirectory, { recursive: true, encoding: 'utf8' });
    return [
      ...lines(domains.stdout).map((line) => `domain ${line.trim().split(/\s+/).join(' ')}`),
      ...files.filter((name) => /\.(qcow2|iso|log)$/.test(name)).map((name) => `file ${name}`),
      ...lines(ports.stdout).map((port) => `port ${port}`),
      ...lines(flows.stdout).map((flow) => `flow ${flow.trim()}`),
    ].sort();
  }

  it('a VM, a port and a flow of a live VI are removed from the node where it has no part', async () => {
    const { connectionId, viNumber, committed } = await build();
    const [vm] = committed!.placed.vms;
    const home = site.nodes.find(({ name }) => name === vm!.node)!;
    const away = site.nodes.find(({ name }) => name !== vm!.node)!;
    const cookie = `0x${toCookie(site.instance, viNumber).toString(16)}`;
    await ofctl(away.machine, 'add-flow', bridge, `cookie=${somebodysCookie},table=9,priority=7,actions=drop`);
    const atHome = await look(home);
    const elsewhere = await look(away);
    assert.ok(elsewhere.some((line) => line.includes(foreignDomain)));
    assert.ok(elsewhere.some((line) => line.includes(somebodysCookie)));

    const mark = { instance: site.instance, connectionId, version: 1 };
    const lost = await site.compute.ensure({ mark, vm: { ...vm!, node: away.name }, bridge, mtu: 1400 });
    const ids = [
      `external_ids:${externalIdKeys.instance}=${site.instance}`,
      `external_ids:${externalIdKeys.connectionId}=${connectionId}`,
    ];
    await vsctl(away.machine, '--', 'add-port', bridge, 'gone', '--', 'set', 'Port', 'gone', ...ids).catch(() => {});
    await ofctl(away.machine, 'add-flow', bridge, `cookie=${cookie},table=0,priority=5,actions=drop`);
    assert.equal(lost.node, away.name);

    let now: string[] = [];
    const isClean = async (): Promise<boolean> => {
      now = await look(away);
      return JSON.stringify(now) === JSON.stringify(elsewhere);
    };
    await waitUntil(isClean, { what: 'the node to be clean', timeoutMs: 120_000, intervalMs: 200 }).catch(() =>
      assert.deepEqual(now, elsewhere),
    );
    assert.deepEqual(await look(home), atHome);
    const { states, errorEvent } = (await site.store.findReservation(connectionId))!;
    assert.deepEqual([states.dataPlane.active, errorEvent], [true, undefined]);

    await site.provider.terminate(call(), connectionId);
    await waitUntil(async () => (await site.store.findReservation(connectionId))!.states.lifecycle === 'Terminated', {
      what: 'it to be over',
      timeoutMs: 120_000,
      intervalMs: 100,
    });
  });
});
