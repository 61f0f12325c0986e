/** What the probe for shared LANs does where its switch will not help, and what it leaves behind. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { DriverError } from '../../../src/domain/errors/driver-error.js';
import { createLanProbe } from '../../../src/drivers/network/ovs/lan-probe.js';
import { isRefusedAsSlave } from '../../../src/openflow/roles.js';
import type { SwitchSession } from '../../../src/openflow/switch-session.js';
import type { Message } from '../../../src/wire/openflow/message-codec.js';
import type { PacketIn } from '../../../src/wire/openflow/packet-in.js';

const ports = [
  { name: 'lan1', number: 1, vlans: [0] },
  { name: 'lan2', number: 2, vlans: [0] },
];
const minuteMs = 60_000;

const sessionOf = (session: Partial<SwitchSession>): SwitchSession =>
  ({ datapathId: '00f5', sendAll: async () => [], ...session }) as SwitchSession;

const toPacketIn = (bytes: Buffer, inPort: number): PacketIn =>
  ({ chunk: { bytes }, packetStart: 0, end: bytes.length, inPort }) as unknown as PacketIn;

describe('the probe for LANs that two external ports share', () => {
  it('is no answer where the switch takes no flow that would catch it', async () => {
    const sent: Message[] = [];
    // A slave is told so for whatever it changes.
    const refusal = { index: 0, errorType: 1, errorCode: 10 };
    const session = sessionOf({
      sendAll: async ([first]) => (first?.type === 'flow_mod' && first.command === 'add' ? [refusal] : []),
      send: (message) => sent.push(message),
    } as Partial<SwitchSession>);
    await assert.rejects(createLanProbe('gw', 30).find(session, 1n, ports), (error) => {
      assert.ok(error instanceof DriverError && error.errorClass === 'transient' && error.node === 'gw');
      assert.match(
        error.message,
        /switch 00f5: refused flows that catch probe frames at external ports 'lan1', 'lan2': /,
      );
      assert.ok(isRefusedAsSlave(error));
      return true;
    });
    assert.deepEqual(sent, [], 'nothing would come back');
  });

  it('leaves no timer behind when it has an answer', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    // The test's own timer stands by then.
    await setImmediate();
    const before = timers();
    const probe = createLanProbe('gw', minuteMs);
    const session = sessionOf({
      send(message) {
        const { data } = message as Extract<Message, { type: 'packet_out' }>;
        setImmediate().then(() => probe.hear(toPacketIn(Buffer.from(data), 2)));
        return 0;
      },
    });
    const found = await probe.find(session, 1n, ports);
    assert.deepEqual(found, { from: 'lan1', to: 'lan2', vlan: 0 });
    assert.equal(timers(), before);
  });
});
