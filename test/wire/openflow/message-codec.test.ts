/** Messages that others wrote are read and written again; whatever is cut or altered is refused with a place, never worse. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Writer } from '../../../src/wire/binary/writer.js';
import { decodeMessage, encodeMessage, type Message, writeMessage } from '../../../src/wire/openflow/message-codec.js';
import { extensions, messages } from '../../../src/wire/openflow/messages.js';
import { WireError } from '../../../src/wire/wire-error.js';
import { openVswitchVectors } from './vectors/open-vswitch-vectors.js';
import { osKenVectors } from './vectors/os-ken-vectors.js';
import { hex } from './vectors/vector.js';

const vectors = [...osKenVectors, ...openVswitchVectors];

/** The same bytes with a length in the header that is true. */
function withLength(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(copy.length, 2);
  return copy;
}

function readOrWireError(bytes: Buffer): 'read' | 'refused' {
  try {
    decodeMessage(bytes);
    return 'read';
  } catch (error) {
    assert.ok(error instanceof WireError, `not a WireError: ${(error as Error).stack}`);
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset} of ${bytes.length}`);
    return 'refused';
  }
}

/** Pseudo-random numbers that are the same in every run (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe('OpenFlow messages', () => {
  for (const { name, bytes, message, otherFieldOrder } of vectors) {
    it(`${name}: reads, writes, reads again`, () => {
      const given = hex(bytes);
      const read = decodeMessage(given);
      assert.deepEqual(read, message);
      const written = encodeMessage(read, read.xid);
      if (otherFieldOrder !== true) assert.equal(written.toString('hex'), given.toString('hex'));
      assert.deepEqual(decodeMessage(written), message);
    });
  }

  it('have a vector for every row of the table', () => {
    const covered = new Set(vectors.map((vector) => vector.message.type as string));
    const rows = [...Object.keys(messages), ...Object.keys(extensions)];
    assert.deepEqual(
      rows.filter((name) => !covered.has(name)),
      [],
    );
  });

  it('that are cut anywhere are refused or read, never worse', () => {
    let refused = 0;
    for (const { bytes } of vectors) {
      const whole = hex(bytes);
      for (let length = 0; length < whole.length; length++) {
        const cut = whole.subarray(0, length);
        assert.equal(readOrWireError(cut), 'refused', 'the header says more than there is');
        if (length >= 8 && readOrWireError(withLength(cut)) === 'refused') refused++;
      }
    }
    assert.ok(refused > 1_000, `only ${refused} were refused`);
  });

  it('that are altered in 2,000 ways are refused or read, never worse', () => {
    const random = seeded(13);
    let read = 0;
    for (let n = 0; n < 2_000; n++) {
      const bytes = Buffer.from(hex(vectors[n % vectors.length]!.bytes));
      for (let changes = 1 + random(4); changes > 0; changes--) bytes[random(bytes.length)] = random(256);
      if (readOrWireError(withLength(bytes)) === 'read') read++;
    }
    assert.ok(read > 100 && read < 2_000, `${read} of 2,000 were read`);
  });

  it('that nobody knows survive a round trip', () => {
    const unknown = hex('04 63 000c 00000005 01020304');
    assert.deepEqual(encodeMessage(decodeMessage(unknown), 5), unknown);
    const multipart = hex('04 13 0014 00000005 00ee 0001 00000000 01020304');
    assert.deepEqual(encodeMessage(decodeMessage(multipart), 5), multipart);
  });

  it('of unknown actions, instructions and match fields keep their bytes', () => {
    const message: Message = {
      type: 'flow_mod',
      table_id: 0,
      command: 'add',
      priority: 1,
      match: { in_port: 1, unknown: [{ oxmClass: 1, number: 111, hasMask: false, data: hex('0000000000000001') }] },
      instructions: [
        {
          type: 'apply_actions',
          actions: [
            { type: 'experimenter', experimenter: 0x2320, data: hex('0010 00*14') },
            { type: 'unknown', number: 99, data: hex('01020304') },
          ],
        },
        { type: 'unknown', number: 77, data: hex('05060708') },
      ],
    };
    const bytes = encodeMessage(message, 1);
    const read = decodeMessage(bytes);
    assert.equal(encodeMessage(read, 1).toString('hex'), bytes.toString('hex'));
    assert.deepEqual(read.type === 'flow_mod' && read.match, message.match);
    assert.deepEqual(read.type === 'flow_mod' && read.instructions, message.instructions);
  });

  it('carry any match there and back', () => {
    const byte = fc.nat(255);
    const u32 = fc.nat(0xffffffff);
    const mac = fc
      .tuple(byte, byte, byte, byte, byte, byte)
      .map((parts) => parts.map((part) => part.toString(16).padStart(2, '0')).join(':'));
    const masked = <T>(value: fc.Arbitrary<T>) =>
      fc.oneof(value, fc.record({ value, mask: value }, { noNullPrototype: true }));
    const match = fc.record(
      {
        in_port: u32,
        metadata: masked(fc.bigInt(0n, 0xffff_ffff_ffff_ffffn)),
        eth_dst: masked(mac),
        eth_type: fc.nat(0xffff),
        vlan_vid: masked(fc.nat(0x1fff)),
        ipv4_dst: masked(fc.ipV4()),
        arp_tpa: fc.ipV4(),
        pbb_isid: fc.nat(0xffffff),
        tunnel_id: masked(fc.bigInt(0n, 0xffff_ffff_ffff_ffffn)),
        nx_reg0: u32,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(match, (given) => {
        const bytes = encodeMessage({ type: 'flow_mod', table_id: 0, command: 'add', priority: 1, match: given }, 1);
        assert.equal(bytes.length % 8, 0);
        const read = decodeMessage(bytes);
        assert.deepEqual(read.type === 'flow_mod' && { ...read.match }, { ...given });
      }),
    );
  });

  const flowMod = { type: 'flow_mod', table_id: 0, command: 'add', priority: 1 } as const;
  const output = (port: number): Message => ({
    ...flowMod,
    instructions: [
      { type: 'goto_table', table_id: 1 },
      { type: 'apply_actions', actions: [{ type: 'output', port }] },
    ],
  });
  const refusals: [string, string, unknown][] = [
    ['a number that is too large', 'flow_mod.instructions[1].apply_actions.actions[0].output.port', output(2 ** 32)],
    ['a fraction', 'flow_mod.priority', { ...flowMod, priority: 1.5 }],
    ['a field that is missing', 'flow_mod.priority', { ...flowMod, priority: undefined }],
    ['a name that is none', 'flow_mod.command', { ...flowMod, command: 'destroy' }],
    ['a match field that is none', 'flow_mod.match.eth_destination', { ...flowMod, match: { eth_destination: 'x' } }],
    ['an address that is none', 'flow_mod.match.eth_dst', { ...flowMod, match: { eth_dst: '02:00:00:00:00' } }],
    ['an IP address that is none', 'flow_mod.match.ipv4_dst', { ...flowMod, match: { ipv4_dst: '10.0.0.256' } }],
    ['a number for a bigint', 'flow_mod.match.metadata', { ...flowMod, match: { metadata: 5 } }],
    [
      'an action that is none',
      'flow_mod.instructions[0].write_actions.actions[0].type',
      {
        ...flowMod,
        instructions: [{ type: 'write_actions', actions: [{ type: 'teleport' }] }],
      },
    ],
    [
      'a set_field of two',
      'flow_mod.instructions[0].apply_actions.actions[0].set_field.field',
      {
        ...flowMod,
        instructions: [
          { type: 'apply_actions', actions: [{ type: 'set_field', field: { vlan_pcp: 1, tunnel_id: 1n } }] },
        ],
      },
    ],
    ['a part that is none', 'multipart_request.part', { type: 'multipart_request', part: 'gossip', body: {} }],
    ['more than a message can hold', 'packet_out', { type: 'packet_out', actions: [], data: Buffer.alloc(65_530) }],
    ['a message that is none', 'type', { type: 'greeting' }],
  ];
  for (const [what, path, message] of refusals) {
    it(`refuse ${what}, and leave no trace of it`, () => {
      const writer = new Writer();
      writeMessage(writer, { type: 'barrier_request' }, 1);
      assert.throws(() => writeMessage(writer, message as Message, 2), { name: 'WireError', path });
      assert.deepEqual(writer.written(), encodeMessage({ type: 'barrier_request' }, 1));
    });
  }
});
