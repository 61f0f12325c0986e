/** ARP requests in place and their replies: what arp.ts and ethernet-frame.ts make of the same bytes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromMacNumber, toIpv4Number, toMacNumber } from '../../../src/lib/address-number.js';
import { toChunk } from '../../../src/wire/binary/chunk.js';
import { buildArp, parseArp } from '../../../src/wire/ethernet/arp.js';
import { readArpRequest, toArpReply } from '../../../src/wire/ethernet/arp-in-place.js';
import { buildEthernet, etherType, parseEthernet, type VlanTag } from '../../../src/wire/ethernet/ethernet-frame.js';

const byte = fc.integer({ min: 0, max: 255 });
const mac = fc
  .array(byte, { minLength: 6, maxLength: 6 })
  .map((b) => b.map((n) => n.toString(16).padStart(2, '0')).join(':'));
const ip = fc.array(byte, { minLength: 4, maxLength: 4 }).map((b) => b.join('.'));
const tag = fc.record(
  {
    tpid: fc.constantFrom<number>(etherType.vlan, etherType.serviceVlan),
    vid: fc.integer({ min: 0, max: 4095 }),
    pcp: fc.integer({ min: 0, max: 7 }),
    dei: fc.boolean(),
  },
  { noNullPrototype: true },
);
const operation = fc.constantFrom('request' as const, 'reply' as const, 'reverse_request' as const);

interface Given {
  tags: VlanTag[];
  operation: 'request' | 'reply' | 'reverse_request';
  source: string;
  senderMac: string;
  senderIp: string;
  targetIp: string;
}

const toFrame = ({ tags, operation, source, senderMac, senderIp, targetIp }: Given): Buffer =>
  buildEthernet({
    ...{ destination: 'ff:ff:ff:ff:ff:ff', source, tags, etherType: etherType.arp },
    payload: buildArp({ operation, senderMac, senderIp, targetMac: '00:00:00:00:00:00', targetIp }),
  });

const given = fc.record({
  tags: fc.array(tag, { maxLength: 2 }),
  ...{ operation, source: mac, senderMac: mac, senderIp: ip, targetIp: ip },
});

describe('ARP in place', () => {
  it('reads requests with at most one tag, and leaves all else', () => {
    fc.assert(
      fc.property(given, fc.nat(20), fc.nat(20), (given, before, padding) => {
        const frame = toFrame(given);
        const { view } = toChunk(Buffer.concat([Buffer.alloc(before, 0xee), frame, Buffer.alloc(padding)]));
        const request = readArpRequest(view, before, before + frame.length + padding);
        if (given.operation !== 'request' || given.tags.length > 1) return assert.equal(request, undefined);
        const { high, low } = toMacNumber(given.senderMac);
        assert.deepEqual(request, {
          vlan: given.tags[0]?.vid ?? 0,
          arpAt: before + 14 + given.tags.length * 4,
          macHigh: high,
          macLow: low,
          ip: toIpv4Number(given.senderIp),
          targetIp: toIpv4Number(given.targetIp),
        });
      }),
    );
  });

  it('reads nothing from a frame that is cut short, or of another kind', () => {
    const frame = toFrame({
      ...{ tags: [], operation: 'request', source: '02:00:00:00:00:01', senderMac: '02:00:00:00:00:01' },
      ...{ senderIp: '10.0.0.1', targetIp: '10.0.0.2' },
    });
    for (let length = 0; length < frame.length; length++)
      assert.equal(readArpRequest(toChunk(frame.subarray(0, length)).view, 0, length), undefined);
    // EtherType, hardware type, protocol type and the lengths of both addresses.
    for (const at of [12, 14, 16, 18, 19]) {
      const other = Buffer.from(frame);
      other[at] = other[at]! ^ 0x40;
      assert.equal(readArpRequest(toChunk(other).view, 0, other.length), undefined, `byte ${at}`);
    }
  });

  it('builds the reply that arp.ts would build', () => {
    fc.assert(
      fc.property(given, mac, (given, owner) => {
        const frame = toFrame({ ...given, operation: 'request', tags: given.tags.slice(0, 1) });
        const { view } = toChunk(frame);
        const { high, low } = toMacNumber(owner);
        const reply = toArpReply(view, 0, readArpRequest(view, 0, frame.length)!, { macHigh: high, macLow: low });
        const { payload, ...ethernet } = parseEthernet(reply);
        assert.deepEqual(ethernet, {
          ...{ destination: given.source, source: fromMacNumber({ high, low }), etherType: etherType.arp },
          tags: given.tags.slice(0, 1),
        });
        assert.deepEqual(parseArp(payload), {
          ...{ operation: 'reply', senderMac: owner, senderIp: given.targetIp },
          ...{ targetMac: given.senderMac, targetIp: given.senderIp },
        });
      }),
    );
  });
});
