/**
 * The kinds of multipart message, OpenFlow 1.3.5 §7.3.5: for each its number, what is asked and what is answered.
 * An answer that is a list may be spread over several messages and is joined; any other comes in one.
 */
import { type Codec, defaulted, list, ownLength, pad, rest, struct, text, u8, u16, u32, u64 } from '../binary/codec.js';
import { bucket, groupType } from './groups.js';
import { instruction } from './instructions.js';
import { match } from './match.js';
import { meterBand } from './meters.js';
import { port } from './ports.js';
import { allTables, reservedGroup, reservedMeter, reservedPort } from './reserved-numbers.js';

const nothing = struct({});

const flowFilter = struct({
  table_id: defaulted(u8, allTables as number),
  _pad: pad(3),
  out_port: defaulted(u32, reservedPort.any as number),
  out_group: defaulted(u32, reservedGroup.any as number),
  _pad2: pad(4),
  cookie: defaulted(u64, 0n),
  cookie_mask: defaulted(u64, 0n),
  match: defaulted(match, {}),
});

const flowStats = struct({
  _length: ownLength,
  table_id: u8,
  _pad: pad(1),
  duration_sec: u32,
  duration_nsec: u32,
  priority: u16,
  idle_timeout: u16,
  hard_timeout: u16,
  flags: u16,
  _pad2: pad(4),
  cookie: u64,
  packet_count: u64,
  byte_count: u64,
  match,
  instructions: list(instruction),
});

const portStats = struct({
  port_no: u32,
  _pad: pad(4),
  rx_packets: u64,
  tx_packets: u64,
  rx_bytes: u64,
  tx_bytes: u64,
  rx_dropped: u64,
  tx_dropped: u64,
  rx_errors: u64,
  tx_errors: u64,
  rx_frame_err: u64,
  rx_over_err: u64,
  rx_crc_err: u64,
  collisions: u64,
  duration_sec: u32,
  duration_nsec: u32,
});

const counters = struct({ packet_count: u64, byte_count: u64 });

const groupStats = struct({
  _length: ownLength,
  _pad: pad(2),
  group_id: u32,
  ref_count: u32,
  _pad2: pad(4),
  packet_count: u64,
  byte_count: u64,
  duration_sec: u32,
  duration_nsec: u32,
  bucket_stats: list(counters),
});

const groupDesc = struct({
  _length: ownLength,
  group_type: groupType,
  _pad: pad(1),
  group_id: u32,
  buckets: list(bucket),
});

const four = struct({ all: u32, select: u32, indirect: u32, fast_failover: u32 });

const meterFilter = struct({ meter_id: defaulted(u32, reservedMeter.all as number), _pad: pad(4) });

/** Here the length is not the first field, so it counts the `meter_id` before it as well. */
const meterStats = struct({
  meter_id: u32,
  _length: ownLength,
  _pad: pad(6),
  flow_count: u32,
  packet_in_count: u64,
  byte_in_count: u64,
  duration_sec: u32,
  duration_nsec: u32,
  band_stats: list(struct({ packet_band_count: u64, byte_band_count: u64 })),
});

const meterConfig = struct({
  _length: ownLength,
  /** Bits of `meterFlag`. */
  flags: u16,
  meter_id: u32,
  bands: list(meterBand),
});

export const multipartParts = {
  desc: {
    number: 0,
    request: nothing,
    reply: struct({
      mfr_desc: text(256),
      hw_desc: text(256),
      sw_desc: text(256),
      serial_num: text(32),
      dp_desc: text(256),
    }),
  },
  flow: { number: 1, request: flowFilter, reply: list(flowStats) },
  aggregate: {
    number: 2,
    request: flowFilter,
    reply: struct({ packet_count: u64, byte_count: u64, flow_count: u32, _pad: pad(4) }),
  },
  table: {
    number: 3,
    request: nothing,
    reply: list(struct({ table_id: u8, _pad: pad(3), active_count: u32, lookup_count: u64, matched_count: u64 })),
  },
  port_stats: {
    number: 4,
    request: struct({ port_no: defaulted(u32, reservedPort.any as number), _pad: pad(4) }),
    reply: list(portStats),
  },
  queue: {
    number: 5,
    request: struct({ port_no: defaulted(u32, reservedPort.any as number), queue_id: defaulted(u32, 0xffffffff) }),
    reply: list(
      struct({
        port_no: u32,
        queue_id: u32,
        tx_bytes: u64,
        tx_packets: u64,
        tx_errors: u64,
        duration_sec: u32,
        duration_nsec: u32,
      }),
    ),
  },
  group: {
    number: 6,
    request: struct({ group_id: defaulted(u32, reservedGroup.all as number), _pad: pad(4) }),
    reply: list(groupStats),
  },
  group_desc: { number: 7, request: nothing, reply: list(groupDesc) },
  group_features: {
    number: 8,
    request: nothing,
    reply: struct({ types: u32, capabilities: u32, max_groups: four, actions: four }),
  },
  meter: { number: 9, request: meterFilter, reply: list(meterStats) },
  meter_config: { number: 10, request: meterFilter, reply: list(meterConfig) },
  meter_features: {
    number: 11,
    request: nothing,
    reply: struct({
      max_meter: u32,
      band_types: u32,
      capabilities: u32,
      max_bands: u8,
      max_color: u8,
      _pad: pad(2),
    }),
  },
  /** Kept as bytes: nothing here depends on what a table says that it can do. */
  table_features: { number: 12, request: struct({ data: rest }), reply: struct({ data: rest }) },
  port_desc: { number: 13, request: nothing, reply: list(port) },
  experimenter: {
    number: 0xffff,
    request: struct({ experimenter: u32, exp_type: u32, data: rest }),
    reply: struct({ experimenter: u32, exp_type: u32, data: rest }),
  },
} as const satisfies Record<string, MultipartPart>;

interface MultipartPart {
  readonly number: number;
  // biome-ignore lint/suspicious/noExplicitAny: any body; its type is inferred from the row
  readonly request: Codec<any, any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly reply: Codec<any, any>;
}
