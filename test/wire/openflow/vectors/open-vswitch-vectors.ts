/** Messages that switches send, recorded from Open vSwitch 3.1; the comments are what tshark calls each field. */
import { hex, type Vector } from './vector.js';

export const openVswitchVectors: readonly Vector[] = [
  {
    name: 'hello',
    bytes: `
      04 00 0010 00000001                # version, type, length, xid: OFPT_HELLO
      0001 0008                          # hello_element type, length: OFPHET_VERSIONBITMAP
      00000010                           # hello_element.version.bitmap = 00000010
    `,
    message: { type: 'hello', xid: 1, elements: [{ type: 'versionbitmap', bitmaps: [16] }] },
  },
  {
    name: 'features_reply',
    bytes: `
      04 06 0020 00000002                # version, type, length, xid: OFPT_FEATURES_REPLY
      00000000000000a7                   # datapath_id = 0x00000000000000a7
      00000000                           # n_buffers = 0
      fe                                 # n_tables = 254
      00                                 # auxiliary_id = 0
      0000                               # pad
      0000004f                           # capabilities = 0x0000004f
      00000000                           # switch_features_reserved = 0x00000000
    `,
    message: {
      type: 'features_reply',
      xid: 2,
      datapath_id: 0xa7n,
      n_buffers: 0,
      n_tables: 254,
      auxiliary_id: 0,
      capabilities: 79,
      reserved: 0,
    },
  },
  {
    name: 'multipart_reply_port_desc',
    bytes: `
      04 13 00d0 00000003                # version, type, length, xid: OFPT_MULTIPART_REPLY
      000d                               # type = OFPMP_PORT_DESC
      0000                               # flags = 0x0000
      00000000                           # pad
      fffffffe                           # port.port_no = OFPP_LOCAL
      00000000                           # port.pad
      1e34a02af645                       # port.hw_addr = 1e:34:a0:2a:f6:45 (1e:34:a0:2a:f6:45)
      0000                               # port.pad2 = 0000
      62722d74657374 00*9                # port.name = br-test
      00000000                           # port.config = 0x00000000
      00000004                           # port.state.link_down = False
      00000000                           # port.current.10mb_hd = False
      00000000                           # port.advertised.10mb_hd = False
      00000000                           # port.supported.10mb_hd = False
      00000000                           # port.peer.10mb_hd = False
      00000000                           # port.curr_speed = 0
      00000000                           # port.max_speed = 0
      00000001                           # port.port_no = 1
      00000000                           # port.pad
      aa55aa550002                       # port.hw_addr = aa:55:aa:55:00:02 (aa:55:aa:55:00:02)
      0000                               # port.pad2 = 0000
      7031 00*14                         # port.name = p1
      00000000                           # port.config = 0x00000000
      00000004                           # port.state.link_down = False
      00000000                           # port.current.10mb_hd = False
      00000000                           # port.advertised.10mb_hd = False
      00000000                           # port.supported.10mb_hd = False
      00000000                           # port.peer.10mb_hd = False
      00000000                           # port.curr_speed = 0
      00000000                           # port.max_speed = 0
      00000002                           # port.port_no = 2
      00000000                           # port.pad
      aa55aa550001                       # port.hw_addr = aa:55:aa:55:00:01 (aa:55:aa:55:00:01)
      0000                               # port.pad2 = 0000
      7032 00*14                         # port.name = p2
      00000000                           # port.config = 0x00000000
      00000004                           # port.state.link_down = False
      00000000                           # port.current.10mb_hd = False
      00000000                           # port.advertised.10mb_hd = False
      00000000                           # port.supported.10mb_hd = False
      00000000                           # port.peer.10mb_hd = False
      00000000                           # port.curr_speed = 0
      00000000                           # port.max_speed = 0
    `,
    message: {
      type: 'multipart_reply',
      xid: 3,
      part: 'port_desc',
      flags: 0,
      body: [
        {
          port_no: 0xfffffffe,
          hw_addr: '1e:34:a0:2a:f6:45',
          name: 'br-test',
          config: 0,
          state: 4,
          curr: 0,
          advertised: 0,
          supported: 0,
          peer: 0,
          curr_speed: 0,
          max_speed: 0,
        },
        {
          port_no: 1,
          hw_addr: 'aa:55:aa:55:00:02',
          name: 'p1',
          config: 0,
          state: 4,
          curr: 0,
          advertised: 0,
          supported: 0,
          peer: 0,
          curr_speed: 0,
          max_speed: 0,
        },
        {
          port_no: 2,
          hw_addr: 'aa:55:aa:55:00:01',
          name: 'p2',
          config: 0,
          state: 4,
          curr: 0,
          advertised: 0,
          supported: 0,
          peer: 0,
          curr_speed: 0,
          max_speed: 0,
        },
      ],
    },
  },
  {
    name: 'bundle_control_open_reply',
    bytes: `
      04 04 0018 00000007                # version, type, length, xid: OFPT_EXPERIMENTER
      4f4e4600                           # experimenter = 0x4f4e4600
      000008fc                           # exp_type = 2300
      0000000100010000                   # data
    `,
    message: { type: 'bundle_control', xid: 7, bundle_id: 1, control: 'open_reply', flags: 0 },
  },
  {
    name: 'bundle_control_close_reply',
    bytes: `
      04 04 0018 00000008                # version, type, length, xid: OFPT_EXPERIMENTER
      4f4e4600                           # experimenter = 0x4f4e4600
      000008fc                           # exp_type = 2300
      0000000100030000                   # data
    `,
    message: { type: 'bundle_control', xid: 8, bundle_id: 1, control: 'close_reply', flags: 0 },
  },
  {
    name: 'bundle_control_commit_reply',
    bytes: `
      04 04 0018 00000009                # version, type, length, xid: OFPT_EXPERIMENTER
      4f4e4600                           # experimenter = 0x4f4e4600
      000008fc                           # exp_type = 2300
      0000000100050000                   # data
    `,
    message: { type: 'bundle_control', xid: 9, bundle_id: 1, control: 'commit_reply', flags: 0 },
  },
  {
    name: 'barrier_reply',
    bytes: `
      04 15 0008 0000000a                # version, type, length, xid: OFPT_BARRIER_REPLY
    `,
    message: { type: 'barrier_reply', xid: 10 },
  },
  {
    name: 'multipart_reply_desc',
    bytes: `
      04 13 0430 0000000d                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0000                               # type = OFPMP_DESC
      0000                               # flags = 0x0000
      00000000                           # pad
      4e69636972612c20496e632e 00*244    # switch_description.mfr_desc = Nicira, Inc.
      4f70656e2076537769746368 00*244    # switch_description.hw_desc = Open vSwitch
      332e312e30 00*251                  # switch_description.sw_desc = 3.1.0
      4e6f6e65 00*28                     # switch_description.serial_num = None
      4e6f6e65 00*252                    # switch_description.dp_desc = None
    `,
    message: {
      type: 'multipart_reply',
      xid: 13,
      part: 'desc',
      flags: 0,
      body: {
        mfr_desc: 'Nicira, Inc.',
        hw_desc: 'Open vSwitch',
        sw_desc: '3.1.0',
        serial_num: 'None',
        dp_desc: 'None',
      },
    },
  },
  {
    name: 'multipart_reply_flow',
    otherFieldOrder: true,
    bytes: `
      04 13 0100 0000000e                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0001                               # type = OFPMP_FLOW
      0000                               # flags = 0x0000
      00000000                           # pad
      0060                               # flow_stats.length = 96
      00                                 # flow_stats.table_id = 0
      00                                 # flow_stats.pad
      00000000                           # flow_stats.duration_sec = 0
      004c4b40                           # flow_stats.duration_nsec = 5000000
      000a                               # flow_stats.priority = 10
      0000                               # flow_stats.idle_timeout = 0
      0000                               # flow_stats.hard_timeout = 0
      0000                               # flow_stats.flags = 0x0000
      00000000                           # flow_stats.pad2 = 00000000
      abcd000000000001                   # flow_stats.cookie = 0xabcd000000000001
      0000000000000000                   # flow_stats.packet_count = 0
      0000000000000000                   # flow_stats.byte_count = 0
      0001 0012                          # match type, length: OFPMT_OXM
      8000 00 04                         # oxm class, field, length: in_port
      00000001                           # oxm.value_uint32 = 1
      8000 0a 02                         # oxm class, field, length: eth_type
      0806                               # oxm.value_ethertype = ARP
      000000000000                       # match.pad
      0004 0018                          # instruction type, length: OFPIT_APPLY_ACTIONS
      00000000                           # instruction.actions.pad
      0000 0010                          # action type, length: OFPAT_OUTPUT
      fffffffd                           # action.output.port = OFPP_CONTROLLER
      ffff                               # action.output.max_len = OFPCML_NO_BUFFER
      000000000000                       # action.output.pad
      0090                               # flow_stats.length = 144
      00                                 # flow_stats.table_id = 0
      00                                 # flow_stats.pad
      00000000                           # flow_stats.duration_sec = 0
      004c4b40                           # flow_stats.duration_nsec = 5000000
      0009                               # flow_stats.priority = 9
      0000                               # flow_stats.idle_timeout = 0
      0000                               # flow_stats.hard_timeout = 0
      0000                               # flow_stats.flags = 0x0000
      00000000                           # flow_stats.pad2 = 00000000
      abcd000000000001                   # flow_stats.cookie = 0xabcd000000000001
      0000000000000000                   # flow_stats.packet_count = 0
      0000000000000000                   # flow_stats.byte_count = 0
      0001 0020                          # match type, length: OFPMT_OXM
      8000 0d 04                         # oxm class, field, length: vlan_vid
      1000                               # oxm.value_vlan_present = True
      1000                               # oxm.vlan_mask = 0x1000
      8000 05 10                         # oxm class, field, length: metadata
      0000000000000005                   # oxm.value
      00000000000000ff                   # oxm.mask
      0004 0020                          # instruction type, length: OFPIT_APPLY_ACTIONS
      00000000                           # instruction.actions.pad
      0019 0010                          # action type, length: OFPAT_SET_FIELD
      8000 4c 08                         # oxm class, field, length: tunnel_id
      0000000000001234                   # oxm.value
      0016 0008                          # action type, length: OFPAT_GROUP
      00000007                           # action.group.group_id = 7
      0002 0018                          # instruction type, length: OFPIT_WRITE_METADATA
      00000000                           # instruction.write_metadata.pad
      0000000000000006                   # instruction.write_metadata.value = 0x0000000000000006
      00000000000000ff                   # instruction.write_metadata.mask = 0x00000000000000ff
      0001 0008                          # instruction type, length: OFPIT_GOTO_TABLE
      01                                 # instruction.goto_table.table_id = 1
      000000                             # instruction.goto_table.pad
    `,
    message: {
      type: 'multipart_reply',
      xid: 14,
      part: 'flow',
      flags: 0,
      body: [
        {
          table_id: 0,
          duration_sec: 0,
          duration_nsec: 0x4c4b40,
          priority: 10,
          idle_timeout: 0,
          hard_timeout: 0,
          flags: 0,
          cookie: 0xabcd000000000001n,
          packet_count: 0n,
          byte_count: 0n,
          match: { in_port: 1, eth_type: 2054 },
          instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: 0xfffffffd, max_len: 65535 }] }],
        },
        {
          table_id: 0,
          duration_sec: 0,
          duration_nsec: 0x4c4b40,
          priority: 9,
          idle_timeout: 0,
          hard_timeout: 0,
          flags: 0,
          cookie: 0xabcd000000000001n,
          packet_count: 0n,
          byte_count: 0n,
          match: { vlan_vid: { value: 4096, mask: 4096 }, metadata: { value: 5n, mask: 0xffn } },
          instructions: [
            {
              type: 'apply_actions',
              actions: [
                { type: 'set_field', field: { tunnel_id: 0x1234n } },
                { type: 'group', group_id: 7 },
              ],
            },
            { type: 'write_metadata', metadata: 6n, metadata_mask: 0xffn },
            { type: 'goto_table', table_id: 1 },
          ],
        },
      ],
    },
  },
  {
    name: 'multipart_reply_aggregate',
    bytes: `
      04 13 0028 0000000f                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0002                               # type = OFPMP_AGGREGATE
      0000                               # flags = 0x0000
      00000000                           # pad
      0000000000000000                   # aggregate_stats.packet_count = 0
      0000000000000000                   # aggregate_stats.byte_count = 0
      00000002                           # aggregate_stats.flow_count = 2
      00000000                           # aggregate_stats.pad
    `,
    message: {
      type: 'multipart_reply',
      xid: 15,
      part: 'aggregate',
      flags: 0,
      body: { packet_count: 0n, byte_count: 0n, flow_count: 2 },
    },
  },
  {
    name: 'multipart_reply_port_stats',
    bytes: `
      04 13 0080 00000010                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0004                               # type = OFPMP_PORT_STATS
      0000                               # flags = 0x0000
      00000000                           # pad
      00000001                           # port_stats.port_no = 1
      00000000                           # port_stats.pad
      0000000000000000                   # port_stats.rx_packets = 0
      0000000000000000                   # port_stats.tx_packets = 0
      0000000000000000                   # port_stats.rx_bytes = 0
      0000000000000000                   # port_stats.tx_bytes = 0
      ffffffffffffffff                   # port_stats.rx_dropped
      ffffffffffffffff                   # port_stats.tx_dropped
      ffffffffffffffff                   # port_stats.rx_errors
      ffffffffffffffff                   # port_stats.tx_errors
      ffffffffffffffff                   # port_stats.rx_frame_error
      ffffffffffffffff                   # port_stats.rx_over_error
      ffffffffffffffff                   # port_stats.rx_crc_error
      ffffffffffffffff                   # port_stats.collisions
      00000001                           # port_stats.duration_sec = 1
      1fa66ac0                           # port_stats.duration_nsec
    `,
    message: {
      type: 'multipart_reply',
      xid: 16,
      part: 'port_stats',
      flags: 0,
      body: [
        {
          port_no: 1,
          rx_packets: 0n,
          tx_packets: 0n,
          rx_bytes: 0n,
          tx_bytes: 0n,
          rx_dropped: 0xffffffffffffffffn,
          tx_dropped: 0xffffffffffffffffn,
          rx_errors: 0xffffffffffffffffn,
          tx_errors: 0xffffffffffffffffn,
          rx_frame_err: 0xffffffffffffffffn,
          rx_over_err: 0xffffffffffffffffn,
          rx_crc_err: 0xffffffffffffffffn,
          collisions: 0xffffffffffffffffn,
          duration_sec: 1,
          duration_nsec: 0x1fa66ac0,
        },
      ],
    },
  },
  {
    name: 'multipart_reply_group',
    bytes: `
      04 13 0058 00000011                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0006                               # type = OFPMP_GROUP
      0000                               # flags = 0x0000
      00000000                           # pad
      0048                               # group_stats.length = 72
      0000                               # group_stats.pad
      00000007                           # group_stats.group_id = 7
      00000001                           # group_stats.ref_count = 1
      00000000                           # group_stats.pad2 = 00000000
      0000000000000000                   # group_stats.packet_count = 0
      0000000000000000                   # group_stats.byte_count = 0
      00000000                           # flow_stats.duration_sec = 0
      005b8d80                           # flow_stats.duration_nsec = 6000000
      0000000000000000                   # bucket_counter.packet_count = 0
      0000000000000000                   # bucket_counter.byte_count = 0
      0000000000000000                   # bucket_counter.packet_count = 0
      0000000000000000                   # bucket_counter.byte_count = 0
    `,
    message: {
      type: 'multipart_reply',
      xid: 17,
      part: 'group',
      flags: 0,
      body: [
        {
          group_id: 7,
          ref_count: 1,
          packet_count: 0n,
          byte_count: 0n,
          duration_sec: 0,
          duration_nsec: 0x5b8d80,
          bucket_stats: [
            { packet_count: 0n, byte_count: 0n },
            { packet_count: 0n, byte_count: 0n },
          ],
        },
      ],
    },
  },
  {
    name: 'multipart_reply_group_desc',
    bytes: `
      04 13 0058 00000012                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0007                               # type = OFPMP_GROUP_DESC
      0000                               # flags = 0x0000
      00000000                           # pad
      0048                               # group_desc.length = 72
      00                                 # group_desc.type = OFPGT_ALL
      00                                 # group_desc.pad2 = 00
      00000007                           # group_desc.group_id = 7
      0020                               # bucket.length = 32
      0000                               # bucket.weight = 0
      ffffffff                           # bucket.watch_port = OFPP_ANY
      ffffffff                           # bucket.watch_group = OFPG_ANY
      00000000                           # bucket.pad
      0000 0010                          # action type, length: OFPAT_OUTPUT
      00000001                           # action.output.port = 1
      ffff                               # action.output.max_len = OFPCML_NO_BUFFER
      000000000000                       # action.output.pad
      0020                               # bucket.length = 32
      0000                               # bucket.weight = 0
      ffffffff                           # bucket.watch_port = OFPP_ANY
      ffffffff                           # bucket.watch_group = OFPG_ANY
      00000000                           # bucket.pad
      0000 0010                          # action type, length: OFPAT_OUTPUT
      00000002                           # action.output.port = 2
      ffff                               # action.output.max_len = OFPCML_NO_BUFFER
      000000000000                       # action.output.pad
    `,
    message: {
      type: 'multipart_reply',
      xid: 18,
      part: 'group_desc',
      flags: 0,
      body: [
        {
          group_type: 'all',
          group_id: 7,
          buckets: [
            {
              weight: 0,
              watch_port: 0xffffffff,
              watch_group: 0xffffffff,
              actions: [{ type: 'output', port: 1, max_len: 65535 }],
            },
            {
              weight: 0,
              watch_port: 0xffffffff,
              watch_group: 0xffffffff,
              actions: [{ type: 'output', port: 2, max_len: 65535 }],
            },
          ],
        },
      ],
    },
  },
  {
    name: 'multipart_reply_group_features',
    bytes: `
      04 13 0038 00000013                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0008                               # type = OFPMP_GROUP_FEATURES
      0000                               # flags = 0x0000
      00000000                           # pad
      0000000f                           # group_features.types.all = True
      00000007                           # group_features.capabilities = 0x00000007
      ffffff00                           # group_stats.max_groups.all
      ffffff00                           # group_stats.max_groups.select
      ffffff00                           # group_stats.max_groups.indirect
      ffffff00                           # group_stats.max_groups.ff
      03ff8001                           # group_features.actions.all.output = True
      03ff8001                           # group_features.actions.select.output = True
      03ff8001                           # group_features.actions.indirect.output = True
      03ff8001                           # group_features.actions.ff.output = True
    `,
    message: {
      type: 'multipart_reply',
      xid: 19,
      part: 'group_features',
      flags: 0,
      body: {
        types: 15,
        capabilities: 7,
        max_groups: { all: 0xffffff00, select: 0xffffff00, indirect: 0xffffff00, fast_failover: 0xffffff00 },
        actions: { all: 0x3ff8001, select: 0x3ff8001, indirect: 0x3ff8001, fast_failover: 0x3ff8001 },
      },
    },
  },
  {
    name: 'multipart_reply_meter',
    bytes: `
      04 13 0048 00000014                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0009                               # type = OFPMP_METER
      0000                               # flags = 0x0000
      00000000                           # pad
      00000004                           # meter_stats.meter_id = 4
      0038                               # meter_stats.length = 56
      000000000000                       # meter_stats.pad
      00000000                           # meter_stats.flow_count = 0
      0000000000000000                   # meter_stats.packet_in_count = 0
      0000000000000000                   # meter_stats.byte_in_count = 0
      00000000                           # meter_stats.duration_sec = 0
      006acfc0                           # meter_stats.duration_nsec = 7000000
      0000000000000000                   # meter_band_stats.packet_band_count = 0
      0000000000000000                   # meter_band_stats.byte_band_count = 0
    `,
    message: {
      type: 'multipart_reply',
      xid: 20,
      part: 'meter',
      flags: 0,
      body: [
        {
          meter_id: 4,
          flow_count: 0,
          packet_in_count: 0n,
          byte_in_count: 0n,
          duration_sec: 0,
          duration_nsec: 0x6acfc0,
          band_stats: [{ packet_band_count: 0n, byte_band_count: 0n }],
        },
      ],
    },
  },
  {
    name: 'multipart_reply_meter_config',
    bytes: `
      04 13 0028 00000015                # version, type, length, xid: OFPT_MULTIPART_REPLY
      000a                               # type = OFPMP_METER_CONFIG
      0000                               # flags = 0x0000
      00000000                           # pad
      0018                               # meter_config.len = 24
      0005                               # meter_config.flags = 0x00000005
      00000004                           # meter_config.meter_id = 4
      0001 0010                          # meter_band type, length: OFPMBT_DROP
      00000064                           # meter_band.rate = 100
      0000000a                           # meter_band.burst_size = 10
      00000000                           # meter_band.drop.pad
    `,
    message: {
      type: 'multipart_reply',
      xid: 21,
      part: 'meter_config',
      flags: 0,
      body: [{ flags: 5, meter_id: 4, bands: [{ type: 'drop', rate: 100, burst_size: 10 }] }],
    },
  },
  {
    name: 'multipart_reply_meter_features',
    bytes: `
      04 13 0020 00000016                # version, type, length, xid: OFPT_MULTIPART_REPLY
      000b                               # type = OFPMP_METER_FEATURES
      0000                               # flags = 0x0000
      00000000                           # pad
      00040000                           # meter_features.max_meter = 262144
      00000002                           # meter_features.band_types.drop = True
      0000000f                           # meter_features.capabilities = 0x0000000f
      08                                 # meter_features.max_bands = 8
      00                                 # meter_features.max_color = 0
      0000                               # meter_features.pad
    `,
    message: {
      type: 'multipart_reply',
      xid: 22,
      part: 'meter_features',
      flags: 0,
      body: { max_meter: 0x40000, band_types: 2, capabilities: 15, max_bands: 8, max_color: 0 },
    },
  },
  {
    name: 'multipart_reply_queue',
    bytes: `
      04 13 0088 00000017                # version, type, length, xid: OFPT_MULTIPART_REPLY
      0005                               # type = OFPMP_QUEUE
      0000                               # flags = 0x0000
      00000000                           # pad
      fffffffe                           # queue_stats.port_no = OFPP_LOCAL
      00000000                           # queue_stats.queue_id = 0
      ffffffffffffffff                   # queue_stats.tx_bytes
      ffffffffffffffff                   # quee_stats.tx_packets
      ffffffffffffffff                   # port_stats.tx_errors
      ffffffff                           # queue_stats.duration_sec
      ffffffff                           # queue_stats.duration_nsec
      00000001                           # queue_stats.port_no = 1
      00000000                           # queue_stats.queue_id = 0
      ffffffffffffffff                   # queue_stats.tx_bytes
      ffffffffffffffff                   # quee_stats.tx_packets
      ffffffffffffffff                   # port_stats.tx_errors
      ffffffff                           # queue_stats.duration_sec
      ffffffff                           # queue_stats.duration_nsec
      00000002                           # queue_stats.port_no = 2
      00000000                           # queue_stats.queue_id = 0
      ffffffffffffffff                   # queue_stats.tx_bytes
      ffffffffffffffff                   # quee_stats.tx_packets
      ffffffffffffffff                   # port_stats.tx_errors
      ffffffff                           # queue_stats.duration_sec
      ffffffff                           # queue_stats.duration_nsec
    `,
    message: {
      type: 'multipart_reply',
      xid: 23,
      part: 'queue',
      flags: 0,
      body: [
        {
          port_no: 0xfffffffe,
          queue_id: 0,
          tx_bytes: 0xffffffffffffffffn,
          tx_packets: 0xffffffffffffffffn,
          tx_errors: 0xffffffffffffffffn,
          duration_sec: 0xffffffff,
          duration_nsec: 0xffffffff,
        },
        {
          port_no: 1,
          queue_id: 0,
          tx_bytes: 0xffffffffffffffffn,
          tx_packets: 0xffffffffffffffffn,
          tx_errors: 0xffffffffffffffffn,
          duration_sec: 0xffffffff,
          duration_nsec: 0xffffffff,
        },
        {
          port_no: 2,
          queue_id: 0,
          tx_bytes: 0xffffffffffffffffn,
          tx_packets: 0xffffffffffffffffn,
          tx_errors: 0xffffffffffffffffn,
          duration_sec: 0xffffffff,
          duration_nsec: 0xffffffff,
        },
      ],
    },
  },
  {
    name: 'get_config_reply',
    bytes: `
      04 08 000c 00000018                # version, type, length, xid: OFPT_GET_CONFIG_REPLY
      0000                               # flags = 0x0000
      0080                               # miss_send_len = 128
    `,
    message: { type: 'get_config_reply', xid: 24, flags: 0, miss_send_len: 128 },
  },
  {
    name: 'get_async_reply',
    bytes: `
      04 1b 0020 00000019                # version, type, length, xid: OFPT_GET_ASYNC_REPLY
      00000003                           # packet_in_mask.master = 0x00000003
      00000000                           # packet_in_mask.slave = 0x00000000
      00000007                           # port_status_mask.master = 0x00000007
      00000007                           # port_status_mask.slave = 0x00000007
      0000000f                           # flow_removed_mask.master = 0x0000000f
      00000000                           # flow_removed_mask.slave = 0x00000000
    `,
    message: {
      type: 'get_async_reply',
      xid: 25,
      packet_in_mask: hex('0000000300000000'),
      port_status_mask: hex('0000000700000007'),
      flow_removed_mask: hex('0000000f00000000'),
    },
  },
  {
    name: 'role_reply',
    bytes: `
      04 19 0018 0000001a                # version, type, length, xid: OFPT_ROLE_REPLY
      00000002                           # role = OFPCR_ROLE_MASTER
      00000000                           # pad
      0000000000000005                   # generation_id = 0x0000000000000005
    `,
    message: { type: 'role_reply', xid: 26, role: 'master', generation_id: 5n },
  },
  {
    name: 'packet_in_action',
    bytes: `
      04 0a 0062 00000000                # version, type, length, xid: OFPT_PACKET_IN
      ffffffff                           # buffer_id = OFP_NO_BUFFER
      0038                               # total_len = 56
      01                                 # reason = OFPR_ACTION
      00                                 # table_id = 0
      abcd000000000001                   # cookie = 0xabcd000000000001
      0001 000c                          # match type, length: OFPMT_OXM
      8000 00 04                         # oxm class, field, length: in_port
      00000001                           # oxm.value_uint32 = 1
      00000000                           # match.pad
      0000                               # pad
      ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002 00*14 # data
    `,
    message: {
      type: 'packet_in',
      xid: 0,
      buffer_id: 0xffffffff,
      total_len: 56,
      reason: 'action',
      table_id: 0,
      cookie: 0xabcd000000000001n,
      match: { in_port: 1 },
      data: hex('ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002 00*14'),
    },
  },
  {
    name: 'flow_removed_delete',
    bytes: `
      04 0b 0048 00000000                # version, type, length, xid: OFPT_FLOW_REMOVED
      abcd000000000001                   # cookie = 0xabcd000000000001
      001e                               # priority = 30
      02                                 # reason = OFPRR_DELETE
      00                                 # table_id = 0
      00000000                           # duration_sec = 0
      000f4240                           # duration_nsec = 1000000
      0000                               # idle_timeout = 0
      0000                               # hard_timeout = 0
      0000000000000000                   # packet_count = 0
      0000000000000000                   # byte_count = 0
      0001 0012                          # match type, length: OFPMT_OXM
      8000 00 04                         # oxm class, field, length: in_port
      00000001                           # oxm.value_uint32 = 1
      8000 0a 02                         # oxm class, field, length: eth_type
      0806                               # oxm.value_ethertype = ARP
      000000000000                       # match.pad
    `,
    message: {
      type: 'flow_removed',
      xid: 0,
      cookie: 0xabcd000000000001n,
      priority: 30,
      reason: 'delete',
      table_id: 0,
      duration_sec: 0,
      duration_nsec: 0xf4240,
      idle_timeout: 0,
      hard_timeout: 0,
      packet_count: 0n,
      byte_count: 0n,
      match: { in_port: 1, eth_type: 2054 },
    },
  },
  {
    name: 'error',
    bytes: `
      04 01 007c 00000021                # version, type, length, xid: OFPT_ERROR
      0004                               # type = OFPET_BAD_MATCH
      0009                               # code = OFPBMC_BAD_PREREQ
      04                                 # version = 1.3
      04                                 # type = OFPT_EXPERIMENTER
      0070                               # length = 112
      00000021                           # xid = 33
      4f4e4600                           # experimenter = 0x4f4e4600
      000008fd                           # exp_type = 2301
      0000000300000003040e005800000021abcd00000000000100000000000000000000000000000009ffffffffffffffffffffffff000000000001000c800016040a00000100000000000400180000000000000010fffffffdffff000000000000 # data
    `,
    message: {
      type: 'error',
      xid: 33,
      error_type: 4,
      error_code: 9,
      data: hex(
        '04040070000000214f4e4600000008fd0000000300000003040e005800000021abcd00000000000100000000000000000000000000000009ffffffffffffffffffffffff000000000001000c800016040a00000100000000000400180000000000000010fffffffdffff000000000000',
      ),
    },
  },
  {
    name: 'bundle_control_discard_reply',
    bytes: `
      04 04 0018 00000024                # version, type, length, xid: OFPT_EXPERIMENTER
      4f4e4600                           # experimenter = 0x4f4e4600
      000008fc                           # exp_type = 2300
      0000000300070000                   # data
    `,
    message: { type: 'bundle_control', xid: 36, bundle_id: 3, control: 'discard_reply', flags: 0 },
  },
  {
    name: 'port_status_add',
    bytes: `
      04 0c 0050 00000000                # version, type, length, xid: OFPT_PORT_STATUS
      00                                 # reason = OFPPR_ADD
      00000000000000                     # pad
      00000003                           # port.port_no = 3
      00000000                           # port.pad
      aa55aa550004                       # port.hw_addr = aa:55:aa:55:00:04 (aa:55:aa:55:00:04)
      0000                               # port.pad2 = 0000
      7033 00*14                         # port.name = p3
      00000000                           # port.config = 0x00000000
      00000000                           # port.state.link_down = False
      00000000                           # port.current.10mb_hd = False
      00000000                           # port.advertised.10mb_hd = False
      00000000                           # port.supported.10mb_hd = False
      00000000                           # port.peer.10mb_hd = False
      00000000                           # port.curr_speed = 0
      00000000                           # port.max_speed = 0
    `,
    message: {
      type: 'port_status',
      xid: 0,
      reason: 'add',
      desc: {
        port_no: 3,
        hw_addr: 'aa:55:aa:55:00:04',
        name: 'p3',
        config: 0,
        state: 0,
        curr: 0,
        advertised: 0,
        supported: 0,
        peer: 0,
        curr_speed: 0,
        max_speed: 0,
      },
    },
  },
  {
    name: 'port_status_modify',
    bytes: `
      04 0c 0050 00000000                # version, type, length, xid: OFPT_PORT_STATUS
      02                                 # reason = OFPPR_MODIFY
      00000000000000                     # pad
      00000003                           # port.port_no = 3
      00000000                           # port.pad
      aa55aa550004                       # port.hw_addr = aa:55:aa:55:00:04 (aa:55:aa:55:00:04)
      0000                               # port.pad2 = 0000
      7033 00*14                         # port.name = p3
      00000000                           # port.config = 0x00000000
      00000004                           # port.state.link_down = False
      00000000                           # port.current.10mb_hd = False
      00000000                           # port.advertised.10mb_hd = False
      00000000                           # port.supported.10mb_hd = False
      00000000                           # port.peer.10mb_hd = False
      00000000                           # port.curr_speed = 0
      00000000                           # port.max_speed = 0
    `,
    message: {
      type: 'port_status',
      xid: 0,
      reason: 'modify',
      desc: {
        port_no: 3,
        hw_addr: 'aa:55:aa:55:00:04',
        name: 'p3',
        config: 0,
        state: 4,
        curr: 0,
        advertised: 0,
        supported: 0,
        peer: 0,
        curr_speed: 0,
        max_speed: 0,
      },
    },
  },
];
