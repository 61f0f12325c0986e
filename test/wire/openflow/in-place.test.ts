/** What is read and written in place is what the tables say, byte for byte. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toChunk } from '../../../src/wire/binary/chunk.js';
import { Writer } from '../../../src/wire/binary/writer.js';
import type { Action } from '../../../src/wire/openflow/actions.js';
import type { Match } from '../../../src/wire/openflow/match.js';
import { encodeMessage } from '../../../src/wire/openflow/message-codec.js';
import { readPacketIn, toWhole } from '../../../src/wire/openflow/packet-in.js';
import { toPacketOutHead, writePacketOut } from '../../../src/wire/openflow/packet-out-head.js';
import { WireError } from '../../../src/wire/wire-error.js';

const u32 = fc.integer({ min: 1, max: 0xffff_ffff });
const packet = fc.uint8Array({ maxLength: 80 });

const packetInOf = (match: Match, data: Uint8Array) =>
  encodeMessage(
    { type: 'packet_in', buffer_id: 7, total_len: 99, reason: 'action', table_id: 1, cookie: 5n, match, data },
    3,
  );

describe('packet-in in place', () => {
  it('is what the table reads', () => {
    const match = fc.record(
      {
        in_port: u32,
        metadata: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
        tunnel_id: fc.constant(4n),
        eth_type: fc.constant(0x806),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(match, packet, fc.nat(20), (match, data, before) => {
        const message = packetInOf(match, data);
        const chunk = toChunk(Buffer.concat([Buffer.alloc(before, 0xee), message, Buffer.alloc(9, 0xee)]));
        const found = readPacketIn(chunk, before, before + message.length);
        assert.equal(found.inPort, match.in_port ?? 0);
        assert.equal((BigInt(found.metadataHigh) << 32n) | BigInt(found.metadataLow), match.metadata ?? 0n);
        assert.equal(found.totalLength, 99);
        assert.deepEqual(chunk.bytes.subarray(found.packetStart, found.end), Buffer.from(data));
        assert.deepEqual(toWhole(found).match, match);
      }),
    );
  });

  it('is refused where a length leads out of the message, and never read beyond its end', () => {
    const message = packetInOf({ in_port: 9, metadata: 8n }, Buffer.alloc(4));
    for (let length = 8; length < message.length - 4; length++)
      assert.throws(() => readPacketIn(toChunk(message.subarray(0, length)), 0, length), WireError, `${length} bytes`);
    for (const [at, what] of [
      [0, 'version'],
      [26, 'length of the match'],
      [31, 'length of a field'],
    ] as const) {
      const bad = Buffer.from(message);
      bad[at] = 0xff;
      assert.throws(() => readPacketIn(toChunk(bad), 0, bad.length), WireError, what);
    }
  });
});

describe('packet-out from a head', () => {
  it('is what the table writes', () => {
    const actions: Action[] = [
      { type: 'set_field', field: { tunnel_id: 7n } },
      { type: 'output', port: 0xffff_fff8 },
    ];
    const head = toPacketOutHead(actions);
    const writer = new Writer();
    fc.assert(
      fc.property(u32, u32, packet, (in_port, xid, data) => {
        writePacketOut(writer, head, in_port, data, xid);
        assert.deepEqual(writer.take(), encodeMessage({ type: 'packet_out', in_port, actions, data }, xid));
      }),
    );
  });

  it('that is too long for a message is refused, and leaves nothing behind', () => {
    const writer = new Writer();
    assert.throws(() => writePacketOut(writer, toPacketOutHead([]), 1, Buffer.alloc(65_520), 1), WireError);
    assert.equal(writer.offset, 0);
  });
});
