/** Messages as this controller sends them, of which the recorded ones have no like. */
import { encodeMessage, type Message } from '../../../../src/wire/openflow/message-codec.js';
import { toMove } from '../../../../src/wire/openflow/nicira-move.js';

const flow = (extra: Partial<Extract<Message, { type: 'flow_mod' }>>): Message => ({
  type: 'flow_mod',
  table_id: 1,
  command: 'add',
  priority: 9,
  cookie: 0x1234n,
  ...extra,
});

export const ourMessages = {
  flow_mod_answers: flow({
    match: { eth_type: 0x86dd, ip_proto: 58, icmpv6_type: 135 },
    instructions: [
      {
        type: 'apply_actions',
        actions: [
          toMove('NXM_NX_IPV6_SRC', 'NXM_NX_IPV6_DST'),
          { type: 'set_field', field: { nd_reserved: 0x60000000 } },
          { type: 'set_field', field: { nd_options_type: 2 } },
        ],
      },
    ],
  }),
  flow_mod_punts: flow({
    match: {
      in_port: 1,
      eth_type: 0x0806,
      vlan_vid: { value: 0x1000, mask: 0x1000 },
      arp_op: 1,
      arp_tpa: '10.0.0.1',
    },
    instructions: [
      { type: 'meter', meter_id: 3 },
      { type: 'apply_actions', actions: [{ type: 'output', port: 0xfffffffd }] },
      { type: 'goto_table', table_id: 2 },
    ],
  }),
  flow_mod_tags: flow({
    match: {
      metadata: { value: 0x500000001n, mask: 0xffffffffffn },
      eth_dst: { value: '01:00:00:00:00:00', mask: '01:00:00:00:00:00' },
    },
    instructions: [
      {
        type: 'apply_actions',
        actions: [
          { type: 'set_field', field: { tunnel_id: 0x42n } },
          { type: 'push_vlan', ethertype: 0x8100 },
          { type: 'set_field', field: { vlan_vid: 0x1064 } },
          { type: 'pop_vlan' },
          { type: 'group', group_id: 7 },
          { type: 'set_queue', queue_id: 2 },
        ],
      },
      { type: 'write_metadata', metadata: 6n, metadata_mask: 0xffn },
    ],
  }),
  flow_mod_delete_strict: flow({
    command: 'delete_strict',
    match: {
      eth_type: 0x86dd,
      ip_proto: 58,
      icmpv6_type: 135,
      ipv6_nd_target: 'fd00::2',
      ipv6_nd_sll: '02:00:00:00:00:01',
    },
  }),
  group_mod: {
    type: 'group_mod',
    command: 'add',
    group_type: 'fast_failover',
    group_id: 7,
    buckets: [{ watch_port: 3, actions: [{ type: 'output', port: 3 }] }],
  },
  bundle_add: { type: 'bundle_add', bundle_id: 5, flags: 3, message: encodeMessage(flow({}), 1) },
} satisfies Record<string, Message>;
