/** What switches do to controllers: each case that users of other controllers suffer from, against a fake switch. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/lib/log.js';
import { type Controller, createController } from '../../src/openflow/controller.js';
import type { ControllerLimits } from '../../src/openflow/limits.js';
import type { ListenAddress } from '../../src/openflow/listen-address.js';
import { OpenflowError } from '../../src/openflow/openflow-error.js';
import type { SwitchSession } from '../../src/openflow/switch-session.js';
import { errorType } from '../../src/wire/openflow/error-names.js';
import { encodeMessage, type Message } from '../../src/wire/openflow/message-codec.js';
import { toWhole } from '../../src/wire/openflow/packet-in.js';
import { connectFakeSwitch, type FakeSwitch, type FakeSwitchOptions, fakePort } from './fake-switch.js';
import { recordEvents } from './recorded-events.js';
import { until } from './until.js';

const loopback: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };
const idOne = '0000000000000001';

const flow = (priority: number): Message => ({
  type: 'flow_mod',
  command: 'add',
  table_id: 0,
  priority,
  match: { in_port: 1 },
  instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: 2 }] }],
});

const packetIn = (n: number): Message => ({
  type: 'packet_in',
  buffer_id: 0xffffffff,
  total_len: 4,
  reason: 'no_match',
  table_id: 0,
  cookie: 0n,
  match: { in_port: n },
  data: Buffer.from([1, 2, 3, 4]),
});

describe('a controller and switches that misbehave', () => {
  let controller: Controller;
  let seen: ReturnType<typeof recordEvents>;
  let fakes: FakeSwitch[];

  async function startController(limits: Partial<ControllerLimits> = {}): Promise<void> {
    seen = recordEvents();
    controller = createController({ listen: [loopback], log: silentLog, events: seen.events, limits });
    await controller.start();
  }

  async function connectFake(options: Omit<FakeSwitchOptions, 'address'> = {}): Promise<FakeSwitch> {
    const fake = await connectFakeSwitch({ address: controller.addresses()[0]!, ...options });
    fakes.push(fake);
    return fake;
  }

  async function sessionOf(datapathId = idOne): Promise<SwitchSession> {
    await until(() => controller.session(datapathId) !== undefined, `switch ${datapathId} is up`);
    return controller.session(datapathId)!;
  }

  beforeEach(() => {
    fakes = [];
  });

  afterEach(async () => {
    await controller.stop();
    await Promise.all(fakes.map((fake) => fake.close()));
  });

  describe('in the handshake', () => {
    it('tells a switch of an older version so, and closes', async () => {
      await startController();
      const oldHello = encodeMessage({ type: 'hello', elements: [] }, 1);
      oldHello[0] = 0x01;
      const fake = await connectFake({ hello: oldHello });
      await until(() => fake.closed, 'the connection is closed');
      const error = fake.received.find((message) => message.type === 'error');
      assert.equal(error?.type === 'error' && error.error_type, errorType.helloFailed);
      assert.deepEqual([seen.ups.length, seen.downs.length], [0, 0]);
    });

    it('believes the version bitmap rather than the header', async () => {
      await startController();
      const hello = encodeMessage({ type: 'hello', elements: [{ type: 'versionbitmap', bitmaps: [0b110010] }] }, 1);
      hello[0] = 0x05;
      await connectFake({ hello });
      assert.equal((await sessionOf()).ports.size, 2);
    });

    it('closes a connection that speaks something else', async () => {
      await startController();
      for (const words of ['GET / HTTP/1.1\r\n\r\n', Buffer.alloc(64), Buffer.from([4, 0, 0, 3, 0, 0, 0, 0])]) {
        const fake = await connectFake({ hello: Buffer.from(words) });
        fake.socket.write(Buffer.alloc(66_000));
        await until(() => fake.closed, 'the connection is closed');
      }
      assert.equal(seen.ups.length, 0);
      assert.equal(controller.counters.connections, 0);
    });

    it('gives up on one that says nothing', async () => {
      await startController({ handshakeMs: 50 });
      const fake = await connectFake({ hello: Buffer.alloc(0) });
      await until(() => fake.closed && controller.counters.connections === 0, 'the connection is closed');
    });

    it('refuses an auxiliary connection at once', async () => {
      await startController();
      const fake = await connectFake({ auxiliaryId: 1 });
      await until(() => fake.closed, 'the connection is closed');
      assert.equal(controller.session(idOne), undefined);
    });

    it('takes no more connections than it may', async () => {
      await startController({ connections: 1 });
      await connectFake();
      await sessionOf();
      const second = await connectFake({ datapathId: 2n });
      await until(() => second.closed, 'the second is closed');
      assert.equal(controller.counters.connectionsRefused, 1);
    });
  });

  describe('with a datapath id that is taken', () => {
    it('keeps the first that lives, and counts the second', async () => {
      await startController();
      await connectFake();
      const first = await sessionOf();
      const second = await connectFake();
      await until(() => second.closed, 'the second is refused');
      assert.equal(controller.session(idOne), first);
      assert.equal(controller.counters.duplicatesRefused, 1);
      await first.barrier();
    });

    it('replaces the first that answers no ECHO; its late end leaves the second alone', async () => {
      await startController({ probeMs: 50 });
      await connectFake({ instead: (message) => message.type === 'echo_request' });
      const first = await sessionOf();
      await connectFake();
      await until(() => controller.session(idOne) !== first && controller.session(idOne) !== undefined, 'replaced');
      first.close('again');
      const second = await sessionOf();
      await second.barrier();
      assert.ok(second.generation > first.generation);
      assert.deepEqual(
        seen.downs.map((down) => down.session),
        [first],
      );
    });
  });

  describe('with requests', () => {
    it('rejects at the deadline when no answer comes, and lives on', async () => {
      await startController({ requestMs: 50 });
      let mute = true;
      await connectFake({ instead: (message) => mute && message.type === 'barrier_request' });
      const session = await sessionOf();
      await assert.rejects(session.barrier(), { name: 'OpenflowError', kind: 'deadline' });
      mute = false;
      await session.barrier();
    });

    it('rejects what waits when the switch goes, and what comes after', async () => {
      await startController();
      const fake = await connectFake({ instead: (message) => message.type === 'barrier_request' });
      const session = await sessionOf();
      const waiting = assert.rejects(session.barrier(), { kind: 'closed' });
      await fake.close();
      await waiting;
      await assert.rejects(session.barrier(), { kind: 'closed' });
      assert.equal(seen.downs.length, 1);
      session.close('twice');
      assert.equal(seen.downs.length, 1);
      assert.equal(controller.session(idOne), undefined);
    });

    it('rejects a request whose answer is of another kind or cannot be read', async () => {
      await startController();
      await connectFake({
        instead(message, fake) {
          if (message.type === 'barrier_request')
            fake.send({ type: 'role_reply', role: 'master', generation_id: 0n }, message.xid);
          if (message.type !== 'role_request') return message.type === 'barrier_request';
          fake.send({ type: 'unknown', number: 25, data: Buffer.alloc(3) }, message.xid);
          return true;
        },
      });
      const session = await sessionOf();
      await assert.rejects(session.barrier(), { kind: 'unreadable' });
      const role = session.request({ type: 'role_request', role: 'nochange', generation_id: 0n });
      await assert.rejects(role, { kind: 'unreadable' });
    });

    it('joins a multipart answer, and bounds it', async () => {
      await startController({ multipartBytes: 10_000 });
      let parts = 3;
      await connectFake({
        instead(message, fake) {
          if (message.type !== 'multipart_request' || message.part !== 'port_stats') return false;
          for (let n = 1; n <= parts; n++) {
            const flags = n < parts ? 1 : 0;
            const zero = 0n;
            fake.send(
              {
                type: 'multipart_reply',
                part: 'port_stats',
                flags,
                body: [
                  {
                    ...{ port_no: n, rx_packets: zero, tx_packets: zero, rx_bytes: zero, tx_bytes: zero },
                    ...{ rx_dropped: zero, tx_dropped: zero, rx_errors: zero, tx_errors: zero, rx_frame_err: zero },
                    ...{ rx_over_err: zero, rx_crc_err: zero, collisions: zero, duration_sec: 0, duration_nsec: 0 },
                  },
                ],
              },
              message.xid,
            );
          }
          return true;
        },
      });
      const session = await sessionOf();
      assert.deepEqual(
        (await session.multipart('port_stats', {})).map((port) => port.port_no),
        [1, 2, 3],
      );
      parts = 100;
      await assert.rejects(session.multipart('port_stats', {}), { kind: 'limit' });
      await session.barrier();
    });

    it('changes nothing when one message of a bundle cannot be written, wherever it stands', async () => {
      await startController();
      const fake = await connectFake();
      const session = await sessionOf();
      const bad = { ...flow(2), priority: 70_000 } as Message;
      const many = Array.from({ length: 2_000 }, (_, n) => flow(n));
      await assert.rejects(session.bundle([...many, bad]), { name: 'WireError', path: '[2000].flow_mod.priority' });
      await assert.rejects(session.sendAll([flow(1), bad]), { name: 'WireError', path: '[1].flow_mod.priority' });
      await session.barrier();
      const controls = fake.received.flatMap((message) => (message.type === 'bundle_control' ? [message.control] : []));
      assert.deepEqual(controls, ['open_request', 'discard_request']);
      assert.ok(!fake.received.some(({ type }) => type === 'flow_mod'));
    });
  });

  describe('with bundles', () => {
    it('rejects as closed when the switch dies half way', async () => {
      await startController();
      let added = 0;
      await connectFake({
        instead(message, fake) {
          if (message.type === 'bundle_add' && ++added === 500) void fake.close();
          return false;
        },
      });
      const session = await sessionOf();
      await assert.rejects(session.bundle(Array.from({ length: 5_000 }, (_, n) => flow(n))), { kind: 'closed' });
      await until(() => seen.downs.length === 1, 'the session is down');
    });

    it('does not commit when a message was refused, says which one, and discards', async () => {
      await startController();
      const fake = await connectFake({
        instead(message, self) {
          if (message.type !== 'bundle_add') return false;
          const inner = message.message.readUInt16BE(8 + 22);
          if (inner === 3)
            self.send({ type: 'error', error_type: 5, error_code: 1, data: Buffer.alloc(0) }, message.xid);
          return true;
        },
      });
      const session = await sessionOf();
      await assert.rejects(session.bundle([flow(1), flow(2), flow(3)]), (error) => {
        assert.ok(error instanceof OpenflowError);
        assert.equal(error.kind, 'refused');
        assert.deepEqual(error.refusals, [{ index: 2, errorType: 5, errorCode: 1 }]);
        assert.match(error.message, /FLOW_MOD_FAILED\/TABLE_FULL/);
        return true;
      });
      await session.barrier();
      const steps = fake.received.flatMap((message) => (message.type === 'bundle_control' ? [message.control] : []));
      assert.deepEqual(steps, ['open_request', 'close_request', 'discard_request']);
    });

    it('says that the outcome is unknown when the commit is not answered', async () => {
      await startController({ requestMs: 50 });
      await connectFake({
        instead: (message) => message.type === 'bundle_control' && message.control === 'commit_request',
      });
      const session = await sessionOf();
      await assert.rejects(session.bundle([flow(1)]), { kind: 'deadline' });
    });

    it('gives every message of a bundle the xid of the message around it', async () => {
      await startController();
      const fake = await connectFake();
      await (await sessionOf()).bundle([flow(1), flow(2)]);
      const added = fake.received.flatMap((message) => (message.type === 'bundle_add' ? [message] : []));
      assert.equal(added.length, 2);
      for (const add of added) assert.equal(add.message.readUInt32BE(4), add.xid);
      assert.equal(fake.received.at(-1)!.type, 'barrier_request');
    });

    it('sends nothing for an empty one', async () => {
      await startController();
      const fake = await connectFake();
      const session = await sessionOf();
      await session.bundle([]);
      assert.deepEqual(await session.sendAll([]), []);
      await session.barrier();
      assert.deepEqual(fake.received.map((message) => message.type).slice(-2), [
        'multipart_request',
        'barrier_request',
      ]);
    });

    it('answers ECHO while a long bundle is being sent', async () => {
      await startController();
      let asked = false;
      let commitAt = -1;
      const fake = await connectFake({
        instead(message, self) {
          if (message.type === 'bundle_add' && !asked) {
            asked = true;
            self.send({ type: 'echo_request', data: Buffer.from('are you there') }, 77);
          }
          if (message.type === 'bundle_control' && message.control === 'close_request') commitAt = self.received.length;
          return false;
        },
      });
      const session = await sessionOf();
      await session.bundle(Array.from({ length: 20_000 }, (_, n) => flow(n)));
      const echoAt = fake.received.findIndex((message) => message.type === 'echo_reply');
      assert.ok(
        echoAt > 0 && echoAt < commitAt,
        `the ECHO was answered as message ${echoAt}, the bundle ended at ${commitAt}`,
      );
    }).timeout(20_000);
  });

  describe('with bytes', () => {
    it('understands a stream that comes byte by byte', async () => {
      await startController();
      const fake = await connectFake({ hello: Buffer.alloc(0), instead: () => true });
      const say = async (message: Message, xid: number) => {
        for (const byte of encodeMessage(message, xid)) {
          await new Promise((resolve) => fake.socket.write(Buffer.of(byte), resolve));
        }
      };
      await say({ type: 'hello', elements: [] }, 1);
      await until(() => fake.received.some((m) => m.type === 'features_request'), 'features are asked for');
      const features = { datapath_id: 1n, n_buffers: 0, n_tables: 1, auxiliary_id: 0, capabilities: 0, reserved: 0 };
      await say({ type: 'features_reply', ...features }, fake.received.at(-1)!.xid);
      await until(() => fake.received.some((m) => m.type === 'multipart_request'), 'ports are asked for');
      await say({ type: 'multipart_reply', part: 'port_desc', body: [fakePort(9, 'p9')] }, fake.received.at(-1)!.xid);
      assert.equal((await sessionOf()).ports.get(9)?.name, 'p9');
      await say(packetIn(9), 0);
      await until(() => seen.packetIns.length === 1, 'the packet-in');
    });

    it('lives on after a message that it cannot read, and counts it', async () => {
      await startController();
      const fake = await connectFake();
      const session = await sessionOf();
      const bad = encodeMessage(packetIn(1), 0);
      bad.writeUInt16BE(0xfff0, 26); // the length of its match
      const badStatus = encodeMessage({ type: 'unknown', number: 12, data: Buffer.alloc(5) }, 0);
      const otherVersion = encodeMessage({ type: 'barrier_reply' }, 0);
      otherVersion[0] = 6;
      fake.socket.write(Buffer.concat([bad, badStatus, otherVersion]));
      fake.send({ type: 'unknown', number: 99, data: Buffer.alloc(4) });
      fake.send(packetIn(2));
      await until(() => seen.packetIns.length === 1, 'the packet-in behind the bad ones');
      assert.equal(session.counters.unreadable, 3);
      await session.barrier();
    });

    it('answers all packet-ins that came together in few writes', async () => {
      await startController();
      const fake = await connectFake();
      await sessionOf();
      seen.events.packetIn = (session, packet) => {
        session.send({ type: 'packet_out', actions: [{ type: 'output', port: 2 }], data: toWhole(packet).data });
      };
      const readsBefore = fake.reads;
      fake.socket.write(Buffer.concat(Array.from({ length: 200 }, (_, n) => encodeMessage(packetIn(n), 0))));
      const answered = () => fake.received.filter((message) => message.type === 'packet_out').length;
      await until(() => answered() === 200, 'all answered');
      assert.ok(fake.reads - readsBefore <= 20, `${fake.reads - readsBefore} reads for 200 answers`);
    });

    it('drops the oldest packet-ins of a storm, counts them, and answers requests meanwhile', async () => {
      await startController({ packetInQueue: 10 });
      const fake = await connectFake();
      const session = await sessionOf();
      fake.socket.write(Buffer.concat(Array.from({ length: 300 }, (_, n) => encodeMessage(packetIn(n + 1), 0))));
      await session.barrier();
      await until(() => session.counters.packetIns === 300, 'the storm is over');
      await session.barrier();
      assert.equal(seen.packetIns.length + session.counters.packetInsDropped, 300);
      assert.ok(session.counters.packetInsDropped > 0);
      assert.equal(seen.packetIns.at(-1)!.match.in_port, 300);
    });

    it('does not read on from a switch that floods, and serves the others', async () => {
      await startController({ packetInQueue: 10, floodRestMs: 600_000 });
      const flooding = await connectFake();
      const session = await sessionOf();
      await connectFake({ datapathId: 2n });
      const other = await sessionOf('0000000000000002');
      const burst = Buffer.concat(Array.from({ length: 300 }, (_, n) => encodeMessage(packetIn(n + 1), 0)));
      flooding.socket.write(burst);
      await until(() => session.counters.packetInsDropped > 0, 'more than may wait');
      flooding.socket.write(burst);
      for (let n = 0; n < 20; n += 1) await other.barrier();
      assert.ok(session.counters.packetIns <= 300, `${session.counters.packetIns} were read`);
    });

    it('closes on a switch that does not take what it is sent', async () => {
      await startController({ unsentBytes: 1 << 20 });
      const fake = await connectFake();
      const session = await sessionOf();
      fake.socket.pause();
      for (let n = 0; n < 200 && !session.closed; n++) {
        session.send({ type: 'packet_out', actions: [], data: Buffer.alloc(60_000) });
        await new Promise(setImmediate);
      }
      assert.equal(session.closed, true);
      assert.equal(seen.downs[0]!.reason, 'the switch does not take what it is sent');
    });

    it('gives up a switch that falls silent, but not one that answers', async () => {
      await startController({ echoIntervalMs: 20, silentIntervals: 3 });
      const alive = await connectFake({ datapathId: 2n });
      const silent = await connectFake({ instead: (message) => message.type === 'echo_request' });
      await sessionOf();
      await until(() => silent.closed, 'the silent one is closed');
      assert.equal(alive.closed, false);
      assert.ok(alive.received.some((message) => message.type === 'echo_request'));
    });

    it('survives a handler of ours that fails', async () => {
      await startController();
      seen.events.packetIn = () => {
        throw new Error('a mistake of ours');
      };
      const fake = await connectFake();
      const session = await sessionOf();
      fake.send(packetIn(1));
      await session.barrier();
      assert.equal(session.counters.packetIns, 1);
    });
  });

  describe('on unix sockets', () => {
    let directory: string;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'iris-ofu-'));
      await startController();
    });

    afterEach(() => rm(directory, { recursive: true, force: true }));

    it('listens on several at once, again where the file was removed, and never over a file of another kind', async () => {
      const address = (name: string): ListenAddress => ({ kind: 'unix', path: join(directory, name) });
      await controller.ensureListening(address('a'));
      await controller.ensureListening(address('b'));
      await controller.ensureListening(address('a'));
      assert.equal(controller.addresses().length, 3);
      await unlink(join(directory, 'a'));
      await controller.ensureListening(address('a'));
      fakes.push(await connectFakeSwitch({ address: address('a') }));
      fakes.push(await connectFakeSwitch({ address: address('b'), datapathId: 2n }));
      await sessionOf();
      await sessionOf('0000000000000002');
      await writeFile(join(directory, 'c'), 'mine');
      await assert.rejects(controller.ensureListening(address('c')), /exists and is no socket/);
      await assert.rejects(controller.ensureListening(address('d'.repeat(108))), /longer than the 107 bytes/);
    });

    it('does not take the socket of a controller that lives', async () => {
      const address: ListenAddress = { kind: 'unix', path: join(directory, 'a') };
      await controller.ensureListening(address);
      const other = createController({ listen: [address], log: silentLog, events: recordEvents().events });
      await assert.rejects(other.start(), /already/);
      fakes.push(await connectFakeSwitch({ address }));
      await sessionOf();
    });
  });
});
