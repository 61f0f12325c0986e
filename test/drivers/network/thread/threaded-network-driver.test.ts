/** A driver in a thread of its own. That it does what every driver does is for ovs-contract.root.test.ts; here is what crosses, and how it ends. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { DriverError } from '../../../../src/domain/errors/driver-error.js';
import type { NetworkDriver } from '../../../../src/domain/ports/network-driver.js';
import type { SiteLease } from '../../../../src/domain/ports/site-lease.js';
import { createFakeNetworkDriver } from '../../../../src/drivers/network/fake/fake-network-driver.js';
import { createThreadedNetworkDriver } from '../../../../src/drivers/network/thread/threaded-network-driver.js';
import { type Log, silentLog } from '../../../../src/lib/log.js';
import { eventually } from '../../../support/eventually.js';
import { testInstance, toSite, toVi } from '../sites.js';

const site = toSite({ name: 's', number: 1, computeNodes: 2 });
const vi = toVi({ viNumber: 1, key: 501, vmNodes: ['s-n1', 's-n2'] });

describe('a network driver in a thread', () => {
  let driver: NetworkDriver;
  const told: unknown[] = [];
  const endings: Error[] = [];

  async function start({ lease, log = silentLog }: { lease?: SiteLease; log?: Log } = {}): Promise<void> {
    told.length = 0;
    endings.length = 0;
    driver = createThreadedNetworkDriver({
      ...{ module: new URL('./odd-network-thread.js', import.meta.url), site, instance: testInstance, log },
      ...(lease === undefined ? {} : { lease }),
      onEnded: (reason) => endings.push(reason),
    });
    await driver.start({
      nodeChanged: (node) => told.push(node),
      registryChanged: (connectionId, entry) => told.push([connectionId, entry]),
    });
  }
  const ask = async (odd: string): Promise<string> => (await driver.fingerprint(odd)).switchVersion;

  afterEach(() => driver.stop());

  it('answers as it does in this one', async () => {
    const here = createFakeNetworkDriver(site, { instance: testInstance });
    await here.start({ nodeChanged: () => {}, registryChanged: () => {} });
    await start();
    assert.deepEqual(await driver.plan(vi), await here.plan(vi));
    assert.equal(driver.segmentMtu(vi), here.segmentMtu(vi));
    await Promise.all([driver.ensure(vi), here.ensure(vi)]);
    const withoutTime = (entries: Awaited<ReturnType<typeof driver.registry>>) =>
      entries.map(({ learntAt, ...entry }) => [entry, learntAt instanceof Date]);
    assert.deepEqual(withoutTime(await driver.registry('vi-1')), withoutTime(await here.registry('vi-1')));
    const [from, to] = vi.vms.map(({ nics }) => nics[0]!.mac) as [string, string];
    assert.deepEqual(
      await driver.trace('vi-1', { vlan: 0, from, to }),
      await here.trace('vi-1', { vlan: 0, from, to }),
    );
    assert.deepEqual(await driver.status(), await here.status());
    await driver.adopt([]);
    assert.deepEqual(await driver.registry('vi-1'), []);
  });

  it('throws what the driver throws', async () => {
    await start();
    await assert.rejects(driver.observe('elsewhere'), (error) => {
      assert.ok(error instanceof DriverError);
      assert.deepEqual([error.errorClass, error.node], ['notFound', 'elsewhere']);
      return /elsewhere: is not a node of this site/.test(error.message);
    });
  });

  it('tells of nodes and of what is learnt, in order of the segment', async () => {
    await start();
    await ask('tell');
    await ask('learn');
    await eventually('all of it is told', () => told.length === 4);
    assert.equal(told[0], 'n1');
    const entries = told.slice(1) as [string, { vlan: number; learntAt: Date }][];
    assert.deepEqual(
      entries.map(([connectionId, { vlan, learntAt }]) => [connectionId, vlan, learntAt]),
      [0, 1, 2].map((vlan) => ['vi-1', vlan, new Date(5)]),
    );
  });

  it('has told all that it knows when it has stopped', async () => {
    await start();
    await ask('learn');
    await driver.stop();
    assert.equal(told.length, 3);
  });

  it('writes into the log of the others, in its form', async () => {
    const lines: string[] = [];
    const log = pino({ name: 'iris test', level: 'info' }, { write: (line) => void lines.push(line) });
    await start({ log });
    log.child({ node: 'n1' }).warn({ password: 'public' }, 'said here');
    await ask('log');
    await eventually('the line', () => lines.length === 2);
    const [here, there] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(lines.every((line) => line.endsWith('}\n')));
    assert.deepEqual(Object.keys(there!), Object.keys(here!));
    assert.deepEqual({ ...there, time: 0 }, { ...here, time: 0, password: '[redacted]', msg: 'said in the thread' });
  });

  it('asks the lease of the others, each time', async () => {
    let generation: bigint | undefined = 3n;
    let listener = (): void => {};
    const masters: unknown[] = [];
    const lease: SiteLease = {
      generation: () => generation,
      async ensure() {
        if (generation === undefined) throw new DriverError('transient', 'iris', 'another process has the lease');
        return generation;
      },
      heldMs: 60_000,
      onChange: (given) => {
        listener = given;
      },
      async raise(seen) {
        generation = seen + 1n;
        return generation;
      },
      controllers: (node) => [`unix:${node}/${generation}`],
      noteMaster: (...master) => void masters.push(master),
    };
    await start({ lease });
    assert.equal(await ask('lease'), '3 3 ');
    assert.equal(await ask('raise'), '10 10 ');
    await ask('master');
    assert.deepEqual(masters, [['n1', 4n]]);
    generation = undefined;
    await assert.rejects(ask('lease'), { name: 'DriverError', errorClass: 'transient', node: 'iris' });
    listener();
    assert.equal(await ask('master'), 'undefined undefined ');
  });

  it('that fails is told of once; what is under way fails, and its switches are not well', async () => {
    await start();
    const before = await driver.status();
    const waiting = ask('crash').then(() => driver.ensure(vi));
    await eventually('its end', () => endings.length === 1);
    assert.match(endings[0]!.message, /the network thread has ended: nobody expected this/);
    await waiting.catch(() => {});
    await assert.rejects(driver.ensure(vi), { name: 'DriverError', errorClass: 'transient', node: 'iris' });
    const after = await driver.status();
    assert.deepEqual(
      after.map(({ node, connected, packetIns }) => [node, connected, packetIns]),
      before.map(({ node, packetIns }) => [node, false, packetIns]),
    );
    assert.ok(after.every(({ problems }) => /the network thread has ended/.test(problems[0]!)));
    await driver.stop();
    assert.equal(endings.length, 1);
  });

  it('can be started again after it was stopped', async () => {
    await start();
    await driver.stop();
    await assert.rejects(driver.ensure(vi), { name: 'DriverError', errorClass: 'transient' });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    await driver.ensure(vi);
    assert.equal(endings.length, 0);
  });
});
