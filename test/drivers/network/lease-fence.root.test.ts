/** A process that was stopped for longer than its lease, and goes on with what it was about to do: the node's own database refuses it. */
import assert from 'node:assert/strict';
import { DriverError } from '../../../src/domain/errors/driver-error.js';
import type { SiteLease } from '../../../src/domain/ports/site-lease.js';
import { createOvsNode, type OvsNode } from '../../../src/drivers/network/ovs/ovs-node.js';
import { silentLog } from '../../../src/lib/log.js';
import { createOvsWorld, type Machine, type OvsWorld, until } from './ovs-world.js';
import { testInstance } from './sites.js';

const waitMs = 10_000;
const timeouts = { databaseMs: waitMs, sessionMs: waitMs, portMs: waitMs, probeMs: waitMs, plugMs: waitMs };

describe('a lease that was lost meanwhile', function () {
  this.timeout(60_000);
  let world: OvsWorld;
  let machine: Machine;
  const nodes: OvsNode[] = [];

  before(async () => {
    world = createOvsWorld();
    machine = await world.addMachine('n');
  });

  after(async () => {
    for (const node of nodes) node.close();
    await world?.close();
  });

  /** A process in this generation. `stopped`: what others do between its last look at the lease and the change behind that. */
  function createProcess(generation: bigint) {
    const process: { node: OvsNode; lease: SiteLease; stopped?: () => Promise<unknown>; raised: bigint[] } = {
      node: undefined!,
      lease: undefined!,
      raised: [],
    };
    let mine: bigint | undefined = generation;
    const lease: SiteLease = {
      generation: () => mine,
      heldMs: Number.POSITIVE_INFINITY,
      onChange() {},
      async ensure() {
        if (mine === undefined) throw new DriverError('transient', 'iris', 'another process has the lease');
        const held = mine;
        const { stopped } = process;
        if (stopped !== undefined) {
          process.stopped = undefined;
          mine = undefined;
          await stopped();
        }
        return held;
      },
      async raise(seen) {
        process.raised.push(seen);
        mine = seen + 1n;
        return mine;
      },
      controllers: () => [`unix:${machine.directory}/iris.ctl`],
      noteMaster() {},
    };
    process.lease = lease;
    process.node = createOvsNode({
      spec: {
        node: 'n',
        bridge: 'br-iris',
        instance: testInstance,
        datapathId: '00000000000000f7',
        datapathType: 'netdev',
      },
      ...{ lease, endpoint: machine.ovsdb, timeouts, log: silentLog },
      onPortsChanged: () => {},
    });
    nodes.push(process.node);
    return process;
  }

  const read = async (column: string): Promise<string> =>
    (await world.vsctl(machine, 'get', 'Bridge', 'br-iris', column)).trim();
  const set = (setting: string) => world.vsctl(machine, '--no-wait', 'set', 'Bridge', 'br-iris', setting);
  const claimElsewhere = (generation: number) => set(`external_ids:iris-generation=${generation}`);
  const lost = { name: 'DriverError', errorClass: 'transient' };

  it('repairs no bridge that is another process’s by then', async () => {
    const process = createProcess(5n);
    await process.node.join();
    assert.equal(await read('fail_mode'), 'secure');
    await set('fail_mode=standalone');
    process.stopped = () => claimElsewhere(6);
    // It has nothing to repair before it has heard of it.
    const refused = await until('a repair', () =>
      process.node.join().then(
        () => undefined,
        (error: DriverError) => error,
      ),
    );
    assert.equal(refused.errorClass, 'transient');
    assert.equal(await read('fail_mode'), 'standalone');
    assert.match(await read('external_ids'), /iris-generation="6"/);
  });

  it('writes no note on it, also before the process has done anything else', async () => {
    const process = createProcess(6n);
    await process.node.reach();
    process.stopped = () => claimElsewhere(7);
    await assert.rejects(process.node.writeNote({ round: 3, records: { a: 'v1:one' } }), lost);
    assert.doesNotMatch(await read('external_ids'), /v1:one/);
  });

  it('writes one no later either', async () => {
    const process = createProcess(7n);
    await process.node.join();
    process.stopped = () => claimElsewhere(8);
    await assert.rejects(process.node.writeNote({ round: 3, records: { a: 'v1:two' } }), lost);
    assert.doesNotMatch(await read('external_ids'), /v1:two/);
  });

  it('takes no bridge away', async () => {
    const process = createProcess(8n);
    await process.node.reach();
    process.stopped = () => claimElsewhere(9);
    await assert.rejects(process.node.leave(), lost);
    assert.match(await read('external_ids'), /iris-generation="9"/);
  });

  it('is nobody’s where the database that gave it came from a backup: the newer generation is outrun', async () => {
    const process = createProcess(2n);
    await process.node.join();
    assert.deepEqual(process.raised, [9n]);
    assert.match(await read('external_ids'), /iris-generation="10"/);
    await process.node.writeNote({ round: 3, records: { a: 'v1:three' } });
    assert.match(await read('external_ids'), /v1:three/);
  });

  it('claims no bridge that bore no generation and is another process’s by then', async () => {
    await world.vsctl(machine, '--no-wait', 'remove', 'Bridge', 'br-iris', 'external_ids', 'iris-generation');
    const process = createProcess(11n);
    await process.node.reach();
    process.stopped = () => claimElsewhere(12);
    await assert.rejects(process.node.join(), lost);
    assert.match(await read('external_ids'), /iris-generation="12"/);
  });

  it('claims a bridge whose generation is none', async () => {
    await set('external_ids:iris-generation=x');
    await createProcess(13n).node.join();
    assert.match(await read('external_ids'), /iris-generation="13"/);
  });

  it('writes a note in the lease that it has now, whatever it had claimed the bridge in', async () => {
    const process = createProcess(14n);
    await process.node.join();
    await claimElsewhere(15);
    await process.lease.raise(15n);
    await process.node.writeNote({ round: 4, records: { a: 'v1:four' } });
    assert.match(await read('external_ids'), /iris-generation="16".*v1:four/);
  });
});
