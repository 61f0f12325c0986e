/** Every message that the oracles of OpenFlow are asked about: what was meant, and its bytes as we write them. */
import assert from 'node:assert/strict';
import { Reader } from '../../src/wire/binary/reader.js';
import { type Action, actions } from '../../src/wire/openflow/actions.js';
import type { Match } from '../../src/wire/openflow/match.js';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type ReceivedMessage,
} from '../../src/wire/openflow/message-codec.js';
import { toMove } from '../../src/wire/openflow/nicira-move.js';
import { oxmFields } from '../../src/wire/openflow/oxm-fields.js';
import { openVswitchVectors } from '../wire/openflow/vectors/open-vswitch-vectors.js';
import { osKenVectors } from '../wire/openflow/vectors/os-ken-vectors.js';
import { ourMessages } from '../wire/openflow/vectors/our-messages.js';

export interface OpenFlowSample {
  name: string;
  message: ReceivedMessage;
  bytes: Buffer;
}

const everyAction: Action[] = [
  { type: 'output', port: 0x01020304, max_len: 0x0506 },
  { type: 'copy_ttl_out' },
  { type: 'copy_ttl_in' },
  { type: 'set_mpls_ttl', mpls_ttl: 7 },
  { type: 'dec_mpls_ttl' },
  { type: 'push_vlan', ethertype: 0x88a8 },
  { type: 'pop_vlan' },
  { type: 'push_mpls', ethertype: 0x8847 },
  { type: 'pop_mpls', ethertype: 0x0800 },
  { type: 'set_queue', queue_id: 8 },
  { type: 'group', group_id: 9 },
  { type: 'set_nw_ttl', nw_ttl: 10 },
  { type: 'dec_nw_ttl' },
  { type: 'set_field', field: { ipv6_dst: 'fd00::1' } },
  { type: 'push_pbb', ethertype: 0x88e7 },
  { type: 'pop_pbb' },
  toMove('NXM_NX_ARP_SHA', 'NXM_NX_ARP_THA'),
];
assert.deepEqual(
  everyAction.map(({ type }) => type),
  Object.keys(actions),
);

/** Open vSwitch's own, which nobody else reads. */
const onlyOfOpenVswitch = new Set(['nd_reserved', 'nd_options_type']);

/** Each field with a value of its own. */
const everyField: Match = Object.fromEntries(
  Object.entries(oxmFields)
    .filter(([name]) => !onlyOfOpenVswitch.has(name))
    .map(([name, { codec, length }], at) => {
      const bytes = Buffer.from([...Array(length - 1).fill(0), at + 1]);
      return [name, codec.read(new Reader(bytes))];
    }),
);
const everyFieldMasked: Match = Object.fromEntries(
  Object.entries(everyField).map(([name, value]) => [name, { value, mask: value }]),
);

const flow = { type: 'flow_mod', table_id: 1, command: 'add', priority: 1 } as const;
const generated: Record<string, Message> = {
  'every action': { ...flow, instructions: [{ type: 'write_actions', actions: everyAction }] },
  'every match field': { ...flow, match: everyField },
  'every match field with a mask': { ...flow, match: everyFieldMasked },
};

const recorded = [
  ...osKenVectors.map(({ name, message }) => ({ name: `to a switch: ${name}`, message })),
  ...openVswitchVectors.map(({ name, message }) => ({ name: `from a switch: ${name}`, message })),
];
/** With what was left to the defaults. */
const whole = (message: Message): ReceivedMessage => decodeMessage(encodeMessage(message, 1));
const ours = [
  ...Object.entries(ourMessages).map(([name, message]) => ({ name, message: whole(message) })),
  ...Object.entries(generated).map(([name, message]) => ({
    name,
    message: { ...whole(message), ...message } as ReceivedMessage,
  })),
].map(({ name, message }) => ({ name: `ours: ${name}`, message }));

export const openflowSamples: readonly OpenFlowSample[] = [...recorded, ...ours].map((sample) => ({
  ...sample,
  bytes: encodeMessage(sample.message, sample.message.xid),
}));
