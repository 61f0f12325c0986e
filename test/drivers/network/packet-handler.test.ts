/** What the handler of packet-ins keeps of segments, and what it does not. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { entriesOf, toRegistry } from '../../../src/domain/registry/registry.js';
import { createPacketHandler, type PuntingNode } from '../../../src/drivers/network/ovs/packet-handler.js';
import { toMetadata } from '../../../src/drivers/network/plan/pipeline.js';
import { deriveTopology } from '../../../src/drivers/network/plan/topology.js';
import type { Segment } from '../../../src/drivers/network/segments.js';
import { systemClock } from '../../../src/lib/clock.js';
import { silentLog } from '../../../src/lib/log.js';
import type { SwitchSession } from '../../../src/openflow/switch-session.js';
import { toChunk } from '../../../src/wire/binary/chunk.js';
import { buildArp } from '../../../src/wire/ethernet/arp.js';
import { buildEthernet, etherType } from '../../../src/wire/ethernet/ethernet-frame.js';
import type { PacketIn } from '../../../src/wire/openflow/packet-in.js';
import { toSite, toVi } from './sites.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

const site = toSite({ name: 's', number: 1, computeNodes: 1 });
const viNumber = 7;

function toSegment(): Segment {
  const vi = toVi({ viNumber, key: 1, vmNodes: ['s-n1', 's-n1'] });
  return { vi, topology: deriveTopology(vi, site), registry: toRegistry([]) };
}

const sender = '52:54:00:00:00:0a';
const payload = buildArp({
  ...{ operation: 'request', senderMac: sender, senderIp: '10.0.0.10' },
  ...{ targetMac: '00:00:00:00:00:00', targetIp: '10.0.0.11' },
});
const frame = { destination: 'ff:ff:ff:ff:ff:ff', source: sender, tags: [], etherType: etherType.arp, payload };
const bytes = buildEthernet(frame);
const metadata = toMetadata(viNumber, 'local');
const packet: PacketIn = {
  ...{ chunk: toChunk(bytes), start: 0, end: bytes.length, packetStart: 0, totalLength: bytes.length, inPort: 1 },
  ...{ metadataHigh: Number(metadata >> 32n), metadataLow: Number(metadata & 0xffff_ffffn) },
};

describe('the handler of packet-ins', () => {
  const ports = new Map([['t7-1', 1]]);
  const node: PuntingNode = {
    node: 's-n1',
    ports: () => ports,
    portName: () => 't7-1',
    session: () => undefined,
    answerer: () => 'switch',
  };
  const segments = new Map<number, Segment>();
  const learnt: string[] = [];
  const handle = createPacketHandler({
    segments: { byNumber: (number) => segments.get(number) },
    nodes: new Map([[node.node, node]]),
    ...{ clock: systemClock, log: silentLog, onTouched: () => {}, onRefused: () => {} },
    onLearnt: (_segment, changes) => learnt.push(...changes.map(({ mac }) => mac)),
  })({} as SwitchSession, node);

  it('teaches the segment that has the number now, and keeps none that is over', async () => {
    const passing = ((): WeakRef<Segment> => {
      const segment = toSegment();
      segments.set(viNumber, segment);
      handle(packet);
      assert.equal(entriesOf(segment.registry).length, 1);
      return new WeakRef(segment);
    })();
    segments.clear();
    handle(packet);
    assert.deepEqual(learnt, [sender], 'nobody is taught where there is no segment');
    // What has been looked at in this turn lives until its end.
    for (let tries = 0; passing.deref() !== undefined && tries < 20; tries++) {
      await setImmediate();
      collectGarbage();
    }
    assert.equal(passing.deref(), undefined);
    const next = toSegment();
    segments.set(viNumber, next);
    handle(packet);
    assert.equal(entriesOf(next.registry).length, 1);
  });
});
