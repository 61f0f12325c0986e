/** The actions, OpenFlow 1.3.5 §7.2.5. Experimenter actions (Nicira's, mostly) are kept as bytes. */
import { defaulted, pad, rest, u8, u16, u32 } from '../binary/codec.js';
import { taggedUnion, type UnionIn } from '../binary/tagged-union.js';
import { singleOxm } from './match.js';
import { wholePacket } from './reserved-numbers.js';

export const actions = {
  output: { number: 0, fields: { port: u32, max_len: defaulted(u16, wholePacket), _pad: pad(6) } },
  copy_ttl_out: { number: 11, fields: { _pad: pad(4) } },
  copy_ttl_in: { number: 12, fields: { _pad: pad(4) } },
  set_mpls_ttl: { number: 15, fields: { mpls_ttl: u8, _pad: pad(3) } },
  dec_mpls_ttl: { number: 16, fields: { _pad: pad(4) } },
  push_vlan: { number: 17, fields: { ethertype: u16, _pad: pad(2) } },
  pop_vlan: { number: 18, fields: { _pad: pad(4) } },
  push_mpls: { number: 19, fields: { ethertype: u16, _pad: pad(2) } },
  pop_mpls: { number: 20, fields: { ethertype: u16, _pad: pad(2) } },
  set_queue: { number: 21, fields: { queue_id: u32 } },
  group: { number: 22, fields: { group_id: u32 } },
  set_nw_ttl: { number: 23, fields: { nw_ttl: u8, _pad: pad(3) } },
  dec_nw_ttl: { number: 24, fields: { _pad: pad(4) } },
  /** `field` holds exactly one field: `{ tunnel_id: 5n }`. */
  set_field: { number: 25, fields: { field: singleOxm } },
  push_pbb: { number: 26, fields: { ethertype: u16, _pad: pad(2) } },
  pop_pbb: { number: 27, fields: { _pad: pad(4) } },
  experimenter: { number: 0xffff, fields: { experimenter: u32, data: rest } },
} as const;

export type Action = UnionIn<typeof actions>;
export const action = taggedUnion(actions, { alignment: 8, lengthCountsPadding: true });
