/** The controller against a real Open vSwitch: what we say is what it does, asked from it by its own tools. */
import assert from 'node:assert/strict';
import { silentLog } from '../../src/lib/log.js';
import { type Controller, createController } from '../../src/openflow/controller.js';
import { OpenflowError } from '../../src/openflow/openflow-error.js';
import type { SwitchSession } from '../../src/openflow/switch-session.js';
import { errorType } from '../../src/wire/openflow/error-names.js';
import type { Message } from '../../src/wire/openflow/message-codec.js';
import { flowModFlag, meterFlag, reservedPort } from '../../src/wire/openflow/reserved-numbers.js';
import { type OvsSandbox, sandboxDatapathId, startOvs } from './ovs-sandbox.js';
import { recordEvents } from './recorded-events.js';
import { until } from './until.js';

const arpRequest = Buffer.from(
  'ffffffffffff' +
    '020000000001' +
    '0806' +
    '0001080006040001' +
    '0200000000010a000001' +
    '0000000000000a000002'.padEnd(56, '0'),
  'hex',
);

const flow = (priority: number, extra: Partial<Extract<Message, { type: 'flow_mod' }>> = {}): Message => ({
  type: 'flow_mod',
  command: 'add',
  table_id: 0,
  priority,
  cookie: 0xabcd_0000_0000_0001n,
  match: { in_port: 1, eth_type: 0x0806 },
  instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: reservedPort.controller }] }],
  ...extra,
});

describe('a controller and a real Open vSwitch', function () {
  this.timeout(400_000);
  const seen = recordEvents();
  let ovs: OvsSandbox;
  let controller: Controller;
  let session: SwitchSession;

  before(async () => {
    ovs = await startOvs();
    controller = createController({
      listen: [{ kind: 'unix', path: ovs.controllerPath }],
      log: silentLog,
      events: seen.events,
    });
    await controller.start();
    await until(() => controller.session(sandboxDatapathId) !== undefined, 'the switch connects');
    session = controller.session(sandboxDatapathId)!;
  });

  after(async () => {
    await controller?.stop();
    await ovs?.stop();
  });

  it('shakes hands and knows the ports by name', () => {
    assert.equal(session.datapathId, sandboxDatapathId);
    assert.deepEqual([...session.ports.values()].map((port) => [port.port_no, port.name]).sort(), [
      [1, 'p1'],
      [2, 'p2'],
      [reservedPort.local, 'br-test'],
    ]);
  });

  it('hears of a port that comes and of one that goes', async () => {
    await ovs.vsctl('add-port', 'br-test', 'p3', '--', 'set', 'interface', 'p3', 'type=dummy', 'ofport_request=3');
    await until(() => session.ports.get(3)?.name === 'p3', 'port 3 is known');
    await ovs.vsctl('del-port', 'p3');
    await until(() => !session.ports.has(3), 'port 3 is forgotten');
    assert.ok(seen.portStatuses.some((status) => status.reason === 'delete' && status.desc.name === 'p3'));
  });

  it('reads the description of the switch', async () => {
    const desc = await session.multipart('desc', {});
    assert.equal(desc.hw_desc, 'Open vSwitch');
    assert.match(desc.sw_desc, /^\d+\.\d+/);
  });

  it('installs groups and flows in one bundle, and reads back what the switch shows', async () => {
    await session.bundle([
      {
        type: 'group_mod',
        command: 'add',
        group_type: 'all',
        group_id: 7,
        buckets: [{ actions: [{ type: 'output', port: 1 }] }, { actions: [{ type: 'output', port: 2 }] }],
      },
      flow(10),
      flow(9, {
        match: { metadata: { value: 5n, mask: 0xffn }, vlan_vid: { value: 0x1000, mask: 0x1000 } },
        instructions: [
          {
            type: 'apply_actions',
            actions: [
              { type: 'set_field', field: { tunnel_id: 0x1234n } },
              { type: 'group', group_id: 7 },
            ],
          },
          { type: 'write_metadata', metadata: 6n, metadata_mask: 0xffn },
          { type: 'goto_table', table_id: 1 },
        ],
      }),
    ]);
    const shown = await ovs.ofctl('dump-flows', '--no-stats');
    assert.match(shown, /cookie=0xabcd000000000001, priority=10,arp,in_port=p?1 actions=CONTROLLER:65535/);
    assert.match(
      shown,
      /priority=9,metadata=0x5\/0xff,vlan_tci=0x1000\/0x1000 actions=set_field:0x1234->tun_id,group:7,write_metadata:0x6\/0xff,goto_table:1/,
    );
    assert.match(await ovs.ofctl('dump-groups'), /group_id=7,type=all,bucket=.*output:p?"?1"?,bucket=.*output:p?"?2"?/);

    const flows = await session.multipart('flow', {
      cookie: 0xabcd_0000_0000_0000n,
      cookie_mask: 0xffff_0000_0000_0000n,
    });
    const read = flows.find((f) => f.priority === 9)!;
    assert.deepEqual(read.match, { metadata: { value: 5n, mask: 0xffn }, vlan_vid: { value: 0x1000, mask: 0x1000 } });
    assert.deepEqual(
      read.instructions.map((i) => i.type),
      ['apply_actions', 'write_metadata', 'goto_table'],
    );
    const groups = await session.multipart('group_desc', {});
    assert.deepEqual(
      groups.map((g) => [g.group_id, g.group_type, g.buckets.length]),
      [[7, 'all', 2]],
    );
    assert.deepEqual(
      (await session.multipart('group', {})).map((g) => g.bucket_stats.length),
      [2],
    );
    assert.ok((await session.multipart('aggregate', {})).flow_count >= 2);
    assert.ok((await session.multipart('port_stats', {})).some((p) => p.port_no === 1));
    assert.ok((await session.multipart('table', {})).length > 100);
    assert.ok((await session.multipart('table_features', { data: Buffer.alloc(0) })).data.length > 65_536);
    assert.equal((await session.multipart('group_features', {})).max_groups.all, 0xffffff00);
  });

  it('changes nothing when one message of a bundle is refused, and says which', async () => {
    const before = await ovs.ofctl('dump-flows', '--no-stats');
    const toUnknownGroup = flow(20, {
      instructions: [{ type: 'apply_actions', actions: [{ type: 'group', group_id: 99 }] }],
    });
    await assert.rejects(session.bundle([flow(21), toUnknownGroup, flow(22)]), (error) => {
      assert.ok(error instanceof OpenflowError);
      assert.equal(error.kind, 'refused');
      assert.deepEqual(error.refusals, [{ index: 1, errorType: errorType.badAction, errorCode: 9 }]);
      return true;
    });
    const badMatch = flow(23, { match: { ipv4_src: '10.0.0.1' } });
    await assert.rejects(session.bundle([flow(24), badMatch]), (error) => {
      assert.ok(error instanceof OpenflowError);
      assert.deepEqual(error.refusals, [{ index: 1, errorType: errorType.badMatch, errorCode: 9 }]);
      return true;
    });
    assert.equal(await ovs.ofctl('dump-flows', '--no-stats'), before);
  });

  it('installs meters behind one barrier and reports each that is refused', async () => {
    const meter = (meter_id: number): Message => ({
      type: 'meter_mod',
      command: 'add',
      flags: meterFlag.packetsPerSecond | meterFlag.burst,
      meter_id,
      bands: [{ type: 'drop', rate: 100, burst_size: 10 }],
    });
    assert.deepEqual(await session.sendAll([meter(4), meter(4), meter(5)]), [
      { index: 1, errorType: errorType.meterModFailed, errorCode: 1 },
    ]);
    assert.match(await ovs.ofctl('dump-meters'), /meter=4 pktps burst bands=\s*type=drop rate=100 burst_size=10/);
    assert.deepEqual(
      (await session.multipart('meter_config', {})).map((m) => [m.meter_id, m.bands]),
      [
        [4, [{ type: 'drop', rate: 100, burst_size: 10 }]],
        [5, [{ type: 'drop', rate: 100, burst_size: 10 }]],
      ],
    );
    assert.deepEqual(
      (await session.multipart('meter', {})).map((m) => [m.meter_id, m.band_stats.length]),
      [
        [4, 1],
        [5, 1],
      ],
    );
    assert.ok((await session.multipart('meter_features', {})).max_meter > 0);
  });

  it('gets a frame by packet-in and sends one by packet-out', async () => {
    await ovs.receive('p1', arpRequest);
    await until(() => seen.packetIns.length > 0, 'a packet-in');
    const packet = seen.packetIns[0]!;
    assert.equal(packet.match.in_port, 1);
    assert.equal(packet.reason, 'action');
    assert.equal(packet.cookie, 0xabcd_0000_0000_0001n);
    assert.deepEqual(packet.data, arpRequest);

    session.send({ type: 'packet_out', actions: [{ type: 'output', port: 2 }], data: packet.data });
    await session.barrier();
    await until(async () => (await ovs.sentBy('p2')).includes(arpRequest), 'the frame leaves by p2');
  });

  it('tells of a flow that was removed', async () => {
    const removed = flow(30, { flags: flowModFlag.sendFlowRemoved });
    await session.bundle([removed, { ...removed, command: 'delete_strict' } as Message]);
    await until(() => seen.flowsRemoved.length > 0, 'a flow-removed');
    assert.equal(seen.flowsRemoved[0]!.reason, 'delete');
    assert.equal(seen.flowsRemoved[0]!.priority, 30);
  });

  it('reports an error that nobody waits for', async () => {
    session.send(flow(31, { table_id: 0, match: { ipv4_src: '10.0.0.1' } }));
    await session.barrier();
    assert.equal(seen.errors.at(-1)!.error_type, errorType.badMatch);
    assert.equal(session.counters.unsolicitedErrors, 1);
  });

  it('asks for its role without taking one, and becomes master with a generation id', async () => {
    const asked = await session.request({ type: 'role_request', role: 'nochange', generation_id: 0n });
    assert.equal(asked.role, 'equal');
    const master = await session.request({ type: 'role_request', role: 'master', generation_id: 5n });
    assert.deepEqual([master.role, master.generation_id], ['master', 5n]);
    await assert.rejects(session.request({ type: 'role_request', role: 'master', generation_id: 4n }), {
      kind: 'refused',
    });
  });

  it('sends 5,000 flows in a bundle, and the switch has them all', async () => {
    const many = Array.from({ length: 5_000 }, (_, n) =>
      flow(100, { table_id: 5, match: { metadata: BigInt(n), eth_dst: '02:00:00:00:00:01' } }),
    );
    await session.bundle(many);
    const read = await session.multipart('flow', { table_id: 5 });
    assert.equal(read.length, 5_000);
    assert.equal(new Set(read.map((f) => f.match.metadata)).size, 5_000);
    assert.equal((await ovs.ofctl('dump-aggregate', 'table=5')).match(/flow_count=(\d+)/)?.[1], '5000');
  });

  it('gets the switch back after it died, as a new session', async () => {
    const waiting = assert.rejects(
      async () => {
        for (;;) await session.barrier();
      },
      { kind: 'closed' },
    );
    await ovs.restartSwitch();
    await waiting;
    await until(() => (controller.session(sandboxDatapathId)?.generation ?? 0) > session.generation, 'it is back');
    assert.deepEqual(
      seen.downs.map((down) => down.session.generation),
      [session.generation],
    );
    assert.equal(session.closed, true);
    await controller.session(sandboxDatapathId)!.barrier();
  });
});
