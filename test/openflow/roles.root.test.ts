/** Two controllers and one real Open vSwitch: who is master changes it and hears its packets, and nobody else. */
import assert from 'node:assert/strict';
import { silentLog } from '../../src/lib/log.js';
import { type Controller, createController } from '../../src/openflow/controller.js';
import { askGeneration, becomeMaster, becomeSlave, isRefusedAsSlave } from '../../src/openflow/roles.js';
import type { SwitchSession } from '../../src/openflow/switch-session.js';
import type { Message } from '../../src/wire/openflow/message-codec.js';
import { meterFlag, reservedPort } from '../../src/wire/openflow/reserved-numbers.js';
import { type OvsSandbox, sandboxDatapathId, startOvs } from './ovs-sandbox.js';
import { recordEvents } from './recorded-events.js';
import { until } from './until.js';

const neverUsed = 0n;
const frame = Buffer.from(`ffffffffffff0200000000010806${'00'.repeat(46)}`, 'hex');

const toController: Message = {
  type: 'flow_mod',
  command: 'add',
  table_id: 0,
  priority: 1,
  match: { in_port: 1 },
  instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: reservedPort.controller }] }],
};
const meter: Message = {
  type: 'meter_mod',
  command: 'add',
  flags: meterFlag.packetsPerSecond,
  meter_id: 1,
  bands: [{ type: 'drop', rate: 10, burst_size: 0 }],
} as Message;

describe('roles on a real Open vSwitch', function () {
  this.timeout(400_000);
  const seen = [recordEvents(), recordEvents()] as const;
  let ovs: OvsSandbox;
  const controllers: Controller[] = [];
  let [one, two] = [] as unknown as [SwitchSession, SwitchSession];

  before(async () => {
    ovs = await startOvs();
    const paths = ['one', 'two'].map((name) => `${ovs.directory}/${name}.ctl`);
    for (const [index, path] of paths.entries()) {
      const listen = [{ kind: 'unix', path } as const];
      const controller = createController({ listen, log: silentLog, events: seen[index]!.events });
      controllers.push(controller);
      await controller.start();
    }
    await ovs.vsctl('set-controller', 'br-test', ...paths.map((path) => `unix:${path}`));
    const sessions = () => controllers.map((controller) => controller.session(sandboxDatapathId));
    await until(() => sessions().every((session) => session !== undefined), 'the switch connects to both');
    [one, two] = sessions() as [SwitchSession, SwitchSession];
  });
  after(async () => {
    await Promise.all(controllers.map((controller) => controller.stop()));
    await ovs?.stop();
  });

  const roleOf = async (session: SwitchSession) =>
    (await session.request({ type: 'role_request', role: 'nochange', generation_id: 0n })).role;

  it('one becomes master and the other slave, with the generation that the switch knows', async () => {
    assert.equal(await askGeneration(one), undefined);
    assert.deepEqual(await becomeMaster(one, 5n, neverUsed), { outcome: 'master', generation: 5n });
    assert.deepEqual(await becomeSlave(two), { outcome: 'slave' });
    assert.deepEqual([await roleOf(one), await roleOf(two)], ['master', 'slave']);
    assert.equal(await askGeneration(two), 5n);
  });

  it('a slave can change nothing, and hears of ports but of no packets', async () => {
    await one.bundle([toController]);
    await assert.rejects(two.bundle([{ ...toController, priority: 2 } as Message]), isRefusedAsSlave);
    assert.deepEqual(
      (await two.sendAll([meter])).map(({ errorType, errorCode }) => [errorType, errorCode]),
      [[1, 10]],
    );
    two.send({ type: 'packet_out', actions: [{ type: 'output', port: 2 }], data: frame });
    await two.barrier();
    // Of the bundle above, too, may come more than the one error that refused it.
    const refusals = new Set(seen[1].errors.map(({ error_type, error_code }) => `${error_type} ${error_code}`));
    assert.deepEqual([...refusals], ['1 10']);
    await ovs.receive('p1', frame);
    await until(() => seen[0].packetIns.length > 0, 'a packet at the master');
    await ovs.vsctl('add-port', 'br-test', 'p3', '--', 'set', 'interface', 'p3', 'type=dummy');
    await until(() => seen[1].portStatuses.length > 0, 'a port at the slave');
    assert.equal(seen[1].packetIns.length, 0);
    assert.equal((await two.multipart('flow', {})).length, 1);
  });

  it('a newer generation takes the switch over; the older one is refused and told which is newer', async () => {
    assert.deepEqual(await becomeMaster(two, 6n, neverUsed), { outcome: 'master', generation: 6n });
    assert.deepEqual([await roleOf(one), await roleOf(two)], ['slave', 'master']);
    assert.deepEqual(await becomeMaster(one, 5n, 5n), { outcome: 'stale', seen: 6n });
    assert.deepEqual(await becomeMaster(one, 6n, 5n), { outcome: 'stale', seen: 6n }, 'another has used it');
    await assert.rejects(one.bundle([{ ...toController, priority: 3 } as Message]), isRefusedAsSlave);
    const before = seen[1].packetIns.length;
    await ovs.receive('p1', frame);
    await until(() => seen[1].packetIns.length > before, 'a packet at the new master');
    assert.equal((await two.multipart('flow', {})).length, 1, 'flows stay through all of it');
  });

  it('the same process may use its own generation again, as it does when the switch connects anew', async () => {
    two.close('a broken wire');
    await until(() => (controllers[1]!.session(sandboxDatapathId)?.generation ?? 0) > two.generation, 'it is back');
    two = controllers[1]!.session(sandboxDatapathId)!;
    assert.equal(await roleOf(two), 'equal');
    assert.deepEqual(await becomeMaster(two, 6n, 6n), { outcome: 'master', generation: 6n });
  });

  it('a request that comes between question and answer wins', async () => {
    const [first, second] = await Promise.all([becomeMaster(one, 8n, neverUsed), becomeMaster(two, 7n, 6n)]);
    assert.deepEqual(first, { outcome: 'master', generation: 8n });
    if (second.outcome === 'stale') assert.equal(second.seen, 8n);
    assert.deepEqual([await roleOf(one), await roleOf(two)], ['master', 'slave']);
  });
});
