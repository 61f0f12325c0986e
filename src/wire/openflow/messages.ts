/**
 * The messages of OpenFlow 1.3: name, type number and fields in their order on the wire. message-codec.ts reads and
 * writes them. Field names are the specification's; where it says `type` twice, ours says of what (`group_type`).
 */
import {
  bytes,
  type Codec,
  defaulted,
  enumeration,
  list,
  pad,
  rest,
  sized,
  struct,
  u8,
  u16,
  u32,
  u64,
} from '../binary/codec.js';
import { mac } from '../ethernet/mac-address.js';
import { action } from './actions.js';
import { bucket, groupType } from './groups.js';
import { helloElement } from './hello.js';
import { instruction } from './instructions.js';
import { match } from './match.js';
import { meterBand } from './meters.js';
import { multipartReply, multipartRequest } from './multipart.js';
import { port } from './ports.js';
import { noBuffer, reservedGroup, reservedPort } from './reserved-numbers.js';

/** Properties we never write and do not read. */
const optionalRest: Codec<undefined> = { read: (r) => r.skip(r.left) as undefined, write: () => {} };

const role = enumeration(u32, { nochange: 0, equal: 1, master: 2, slave: 3 });

const switchConfig = { flags: u16, miss_send_len: u16 };

/** One mask for when we are master or equal, one for when we are slave. */
const asyncConfig = {
  packet_in_mask: bytes(8),
  port_status_mask: bytes(8),
  flow_removed_mask: bytes(8),
};

export const messages = {
  hello: { number: 0, body: struct({ elements: list(helloElement) }) },
  error: { number: 1, body: struct({ error_type: u16, error_code: u16, data: rest }) },
  echo_request: { number: 2, body: struct({ data: defaulted(rest, new Uint8Array(0)) }) },
  echo_reply: { number: 3, body: struct({ data: defaulted(rest, new Uint8Array(0)) }) },
  /** An experimenter message that is not in the table of extensions. */
  experimenter: { number: 4, body: struct({ experimenter: u32, exp_type: u32, data: rest }) },
  features_request: { number: 5, body: struct({}) },
  features_reply: {
    number: 6,
    body: struct({
      datapath_id: u64,
      n_buffers: u32,
      n_tables: u8,
      auxiliary_id: u8,
      _pad: pad(2),
      capabilities: u32,
      reserved: u32,
    }),
  },
  get_config_request: { number: 7, body: struct({}) },
  get_config_reply: { number: 8, body: struct(switchConfig) },
  set_config: { number: 9, body: struct(switchConfig) },
  packet_in: {
    number: 10,
    body: struct({
      buffer_id: u32,
      total_len: u16,
      reason: enumeration(u8, { no_match: 0, action: 1, invalid_ttl: 2 }),
      table_id: u8,
      cookie: u64,
      match,
      _pad: pad(2),
      data: rest,
    }),
  },
  flow_removed: {
    number: 11,
    body: struct({
      cookie: u64,
      priority: u16,
      reason: enumeration(u8, { idle_timeout: 0, hard_timeout: 1, delete: 2, group_delete: 3 }),
      table_id: u8,
      duration_sec: u32,
      duration_nsec: u32,
      idle_timeout: u16,
      hard_timeout: u16,
      packet_count: u64,
      byte_count: u64,
      match,
    }),
  },
  port_status: {
    number: 12,
    body: struct({ reason: enumeration(u8, { add: 0, delete: 1, modify: 2 }), _pad: pad(7), desc: port }),
  },
  packet_out: {
    number: 13,
    body: struct({
      buffer_id: defaulted(u32, noBuffer as number),
      in_port: defaulted(u32, reservedPort.controller as number),
      actions: sized(6, list(action)),
      data: rest,
    }),
  },
  flow_mod: {
    number: 14,
    body: struct({
      cookie: defaulted(u64, 0n),
      cookie_mask: defaulted(u64, 0n),
      table_id: u8,
      command: enumeration(u8, { add: 0, modify: 1, modify_strict: 2, delete: 3, delete_strict: 4 }),
      idle_timeout: defaulted(u16, 0),
      hard_timeout: defaulted(u16, 0),
      priority: u16,
      buffer_id: defaulted(u32, noBuffer as number),
      out_port: defaulted(u32, reservedPort.any as number),
      out_group: defaulted(u32, reservedGroup.any as number),
      /** Bits of `flowModFlag`. */
      flags: defaulted(u16, 0),
      _pad: pad(2),
      match: defaulted(match, {}),
      instructions: defaulted(list(instruction), []),
    }),
  },
  group_mod: {
    number: 15,
    body: struct({
      command: enumeration(u16, { add: 0, modify: 1, delete: 2 }),
      group_type: groupType,
      _pad: pad(1),
      group_id: u32,
      buckets: defaulted(list(bucket), []),
    }),
  },
  port_mod: {
    number: 16,
    body: struct({
      port_no: u32,
      _pad: pad(4),
      hw_addr: mac,
      _pad2: pad(2),
      config: u32,
      mask: u32,
      advertise: defaulted(u32, 0),
      _pad3: pad(4),
    }),
  },
  table_mod: { number: 17, body: struct({ table_id: u8, _pad: pad(3), config: u32 }) },
  multipart_request: { number: 18, body: multipartRequest },
  multipart_reply: { number: 19, body: multipartReply },
  barrier_request: { number: 20, body: struct({}) },
  barrier_reply: { number: 21, body: struct({}) },
  role_request: { number: 24, body: struct({ role, _pad: pad(4), generation_id: u64 }) },
  role_reply: { number: 25, body: struct({ role, _pad: pad(4), generation_id: u64 }) },
  get_async_request: { number: 26, body: struct({}) },
  get_async_reply: { number: 27, body: struct(asyncConfig) },
  set_async: { number: 28, body: struct(asyncConfig) },
  meter_mod: {
    number: 29,
    body: struct({
      command: enumeration(u16, { add: 0, modify: 1, delete: 2 }),
      /** Bits of `meterFlag`. */
      flags: u16,
      meter_id: u32,
      bands: defaulted(list(meterBand), []),
    }),
  },
} as const;

const onf = 0x4f4e4600;

/** Messages that travel as EXPERIMENTER: the bundles of ONF extension 230, which bring 1.4's to 1.3. */
export const extensions = {
  bundle_control: {
    experimenter: onf,
    expType: 2300,
    body: struct({
      bundle_id: u32,
      control: enumeration(u16, {
        open_request: 0,
        open_reply: 1,
        close_request: 2,
        close_reply: 3,
        commit_request: 4,
        commit_reply: 5,
        discard_request: 6,
        discard_reply: 7,
      }),
      /** Bits of `bundleFlag`. */
      flags: u16,
      _properties: optionalRest,
    }),
  },
  /** `message` is a whole message as bytes, whose xid must equal that of the message around it. */
  bundle_add: {
    experimenter: onf,
    expType: 2301,
    body: struct({ bundle_id: u32, _pad: pad(2), flags: u16, message: rest }),
  },
} as const;
