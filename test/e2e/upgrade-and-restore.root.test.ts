/**
 * What an upgrade and yesterday's database do to what stands, on real switches and hypervisors: nothing. A new process rewrites no flow and
 * restarts no VM; a database from before the VIs tears nothing down, and `iris orphans` adopts the one and removes the other.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForSuccess } from '../../src/lib/wait-until.js';
import { httpGet, type PingResult, parsePing } from '../../src/testbed/host.js';
import { ofctl, vsctl } from '../../src/testbed/machine.js';
import type { RmsResponse, WireReservation } from '../../src/wire/rms/types.js';
import { type Backup, backUp } from '../support/backup.js';
import { testDatabase } from '../support/postgres.js';
import { leftoversOf } from '../testbed/support/leftovers.js';
import { assertNotRewritten, type FlowAges, parseFlowAges } from './support/flow-ages.js';
import { bridge, type OneSite, serveOneSite } from './support/one-site.js';
import { untilSo } from './support/until-so.js';

type Orphans = RmsResponse<'listOrphans'>;

const address = { a: '192.168.60.11', b: '192.168.60.12' };

/** A ping that begins with one request and ends with another. */
const userData = `#!/bin/sh
mkdir -p /www/cgi-bin
cat >/www/cgi-bin/start <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
[ ! -e /tmp/pid ] || kill -INT $(cat /tmp/pid)
ping "$QUERY_STRING" >/tmp/ping 2>&1 </dev/null &
echo $! | tee /tmp/pid
END
cat >/www/cgi-bin/so-far <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
cat /tmp/ping
END
cat >/www/cgi-bin/stop <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
kill -INT $(cat /tmp/pid)
while kill -0 $(cat /tmp/pid) 2>/dev/null; do usleep 50000; done
cat /tmp/ping
END
chmod 755 /www/cgi-bin/*
httpd -h /www -p 80
`;

const vm = (name: string, image: string, ip?: string) => ({
  ...{ name, cpus: 1, memoryMiB: 128, diskGiB: 1, image },
  nics: ip === undefined ? [{}] : [{ ip, prefixLength: 24 }],
  ...(ip === undefined ? {} : { antiAffinity: 'apart', userData }),
});

const correlationId = (): string => `urn:uuid:${randomUUID()}`;

describe('an upgrade, and a restored database, on Open vSwitch and libvirt', function () {
  this.timeout(600_000);
  let site: OneSite;
  let database: string;
  /** From before the VIs. */
  let yesterday: Backup;
  let kept: string;
  let unwanted: string;

  const showOf = async (connectionId: string): Promise<WireReservation> =>
    (await site.client.getReservation({ connectionId })).reservation;

  async function reserve(criteria: object): Promise<string> {
    const { reservation } = await site.client.reserve({
      correlationId: correlationId(),
      criteria: { externalPorts: [], peers: [], hosts: [], ...criteria } as never,
    });
    const { connectionId } = reservation;
    await site.client.commit({ correlationId: correlationId(), connectionId });
    return connectionId;
  }

  const untilUp = (connectionId: string) =>
    untilSo(`${connectionId} to be up`, async () => {
      const { active, versionConsistent } = (await showOf(connectionId)).states.dataPlaneStatus;
      return active && versionConsistent;
    });

  async function readFlows(): Promise<FlowAges> {
    const read = site.nodes.map(async ({ name, machine }) =>
      parseFlowAges(name, (await ofctl(machine, 'dump-flows', bridge, '--names')).stdout.split('\n')),
    );
    return new Map((await Promise.all(read)).flat());
  }

  /** Of our VMs: `NODE DOMAIN PID`. */
  const readGuests = (): string[] =>
    site.nodes
      .flatMap(({ name, machine }) => {
        const folder = join(machine.directory, 'libvirt/run/qemu');
        return readdirSync(folder)
          .filter((file) => file.startsWith('iris-') && file.endsWith('.pid'))
          .map((file) => `${name} ${file.slice(0, -'.pid'.length)} ${readFileSync(join(folder, file), 'utf8').trim()}`);
      })
      .sort();

  const readPorts = async (): Promise<string[]> => {
    const read = site.nodes.map(async ({ name, machine }) =>
      (await vsctl(machine, 'list-ports', bridge)).stdout
        .split('\n')
        .filter((port) => port !== '')
        .map((port) => `${name} ${port}`),
    );
    return (await Promise.all(read)).flat().sort();
  };

  /** Asked again where the answer is late: nothing of it is different the second time. */
  const ask = (path: string): Promise<string> =>
    waitForSuccess(() => httpGet(site.host.namespace, address.a, path, 5), {
      ...{ what: `a VM to answer ${path}`, timeoutMs: 120_000, intervalMs: 200 },
    });

  /** From the one VM to the other, on different nodes, for as long as `work` takes. */
  async function pingDuring(work: () => Promise<void>): Promise<PingResult> {
    const answered = async () => (await ask('/cgi-bin/so-far')).match(/ seq=/g)?.length ?? 0;
    const begin = async () => {
      await ask(`/cgi-bin/start?${address.b}`);
      await untilSo('the ping to be answered', async () => (await answered()) > 0);
    };
    // The first is not counted: Open vSwitch drops what goes through a tunnel until it has resolved the tunnel's other end by ARP.
    await begin();
    await ask('/cgi-bin/stop');
    await begin();
    await work();
    const before = await answered();
    await untilSo('the ping to go on', async () => (await answered()) > before);
    return parsePing(await ask('/cgi-bin/stop'));
  }

  /** The last one may be on its way still. */
  function assertWhole({ sent, received }: PingResult): void {
    assert.ok(received > 1 && sent - received <= 1, `${received} of ${sent} were answered`);
  }

  /** Another process on a database, and what stood stands: no flow is younger than the change, and none counts anew. */
  async function restartUntouched(onDatabase: string): Promise<void> {
    const before = { guests: readGuests(), ports: await readPorts(), flows: await readFlows() };
    const changedAtMs = performance.now();
    await site.restart(onDatabase);
    await untilSo('the new process to have looked at both nodes', isSettled);
    const changedSeconds = (performance.now() - changedAtMs) / 1000;
    assertNotRewritten(before.flows, await readFlows(), changedSeconds);
    assert.deepEqual(readGuests(), before.guests);
    assert.deepEqual(await readPorts(), before.ports);
  }

  /** Switches are connected, and either all is well or it is known that the database was restored. */
  async function isSettled(): Promise<boolean | undefined> {
    const health = await site.health();
    return health?.switches.every(({ connected }) => connected) && (health.ok || health.restored !== undefined);
  }

  const listOrphans = (): Promise<Orphans> => site.iris('orphans', 'list');
  const idsOf = ({ orphans }: Orphans): string[] => [...new Set(orphans.map(({ id }) => id))].sort();

  before(async () => {
    database = await testDatabase();
    site = await serveOneSite(database);
    yesterday = await backUp(database);
    const { mac } = site.host;
    [kept, unwanted] = await Promise.all([
      reserve({
        segment: { key: 81, encapsulation: 'gre' },
        vms: [vm('a', 'small', address.a), vm('b', 'small', address.b)],
        externalPorts: [{ name: 'lan', vlans: [0], hostsUseSegmentMtu: true }],
        hosts: [{ mac, ip: '192.168.60.100', vlan: 0, site: 'kobe' }],
      }),
      reserve({ segment: { key: 82, encapsulation: 'gre' }, vms: [vm('m', 'mute')] }),
    ]);
    await Promise.all([kept, unwanted].map(untilUp));
    for (const ip of Object.values(address))
      await untilSo(`the VM at ${ip} to have booted`, () =>
        httpGet(site.host.namespace, ip, '/cgi-bin/so-far', 2).then(
          () => true,
          () => false,
        ),
      );
  });
  after(async () => {
    if (site === undefined) return;
    await site.close();
    assert.deepEqual(await leftoversOf(site.run), []);
  });

  it('a new process rewrites no flow and restarts no VM, and a ping between VMs goes on', async () => {
    assert.equal(readGuests().length, 3);
    assertWhole(await pingDuring(() => restartUntouched(database)));
    assert.equal((await showOf(kept)).errorEvent, undefined);
    assert.deepEqual(await listOrphans(), { orphans: [] });
  });

  it('a database from before the VIs touches nothing; one is adopted and terminated, the other removed', async () => {
    const restored = await yesterday.restore();
    const pinged = await pingDuring(async () => {
      await restartUntouched(restored);
      const health = await site.health();
      assert.equal(health!.ok, false);
      assert.match(health!.restored!.reason, /another database/);
      const found = await listOrphans();
      assert.match(found.restoredReason!, /another database/);
      assert.deepEqual(idsOf(found), [kept, unwanted].sort());
      assert.deepEqual([...new Set(found.orphans.map(({ state, tenant }) => `${state} ${tenant}`))], ['unknown acme']);

      const accepted = await site.iris<Orphans>('orphans', 'accept-database');
      assert.deepEqual([accepted.restoredSince, idsOf(accepted)], [undefined, [kept, unwanted].sort()]);
      const guests = readGuests();
      await site.iris('orphans', 'adopt', kept);
      await untilUp(kept);
      const { tenant, committed } = await showOf(kept);
      assert.deepEqual([tenant, committed!.vms.map(({ name }) => name)], ['acme', ['a', 'b']]);
      await site.iris('orphans', 'remove', unwanted);
      await untilSo('what nobody wants to be gone', async () => {
        const { states } = await showOf(unwanted);
        return states.lifecycleState === 'Terminated';
      });
      const ofKept = guests.filter((guest) => /-[ab] \d+$/.test(guest));
      assert.equal(ofKept.length, 2);
      assert.deepEqual(readGuests(), ofKept);
      assert.deepEqual(await listOrphans(), { orphans: [] });
      await untilSo('all to be well', async () => (await site.health())?.ok);
    });
    assertWhole(pinged);

    await site.client.terminate({ correlationId: correlationId(), connectionId: kept });
    await untilSo('it to be gone', async () => (await showOf(kept)).states.lifecycleState === 'Terminated');
    assert.deepEqual([readGuests(), await readPorts()], [[], []]);
    // The low half of a cookie is the number of the VI.
    const ofVis = [...(await readFlows()).keys()].filter((key) => !/cookie=0x[0-9a-f]*0{8},/.test(key));
    assert.deepEqual(ofVis, []);
  });
});
