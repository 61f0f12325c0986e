/** Messages that controllers send, written by os-ken 2.5; the comments are what tshark calls each field. */
import { hex, type Vector } from './vector.js';

export const osKenVectors: readonly Vector[] = [
  {
    name: 'flow_mod',
    bytes: `
      04 0e 00f8 00000011                # version, type, length, xid: OFPT_FLOW_MOD
      abcd000000000001                   # cookie = 0xabcd000000000001
      0000000000000000                   # cookie_mask = 0x0000000000000000
      02                                 # table_id = 2
      00                                 # command = OFPFC_ADD
      001e                               # idle_timeout = 30
      003c                               # hard_timeout = 60
      0064                               # priority = 100
      ffffffff                           # buffer_id = OFP_NO_BUFFER
      ffffffff                           # out_port = OFPP_ANY
      ffffffff                           # out_group = OFPG_ANY
      0001                               # flags = 0x0001
      0000                               # pad
      0001 0046                          # match type, length: OFPMT_OXM
      8000 00 04                         # oxm class, field, length: in_port
      00000001                           # oxm.value_uint32 = 1
      8000 05 10                         # oxm class, field, length: metadata
      0000000000000005                   # oxm.value
      00000000000000ff                   # oxm.mask
      8000 0a 02                         # oxm class, field, length: eth_type
      0806                               # oxm.value_ethertype = ARP
      8000 0d 04                         # oxm class, field, length: vlan_vid
      1000                               # oxm.value_vlan_present = True
      1000                               # oxm.vlan_mask = 0x1000
      8000 2a 02                         # oxm class, field, length: arp_op
      0001                               # oxm.value = 0001
      8000 2e 04                         # oxm class, field, length: arp_tpa
      0a000002                           # oxm.value_ipv4addr = 10.0.0.2
      8000 30 06                         # oxm class, field, length: arp_sha
      020000000001                       # oxm.value_etheraddr = 02:00:00:00:00:01 (02:00:00:00:00:01)
      0000                               # match.pad
      0006 0008                          # instruction type, length: OFPIT_METER
      00000004                           # instruction.meter.meter_id = 4
      0004 0058                          # instruction type, length: OFPIT_APPLY_ACTIONS
      00000000                           # instruction.actions.pad
      0019 0010                          # action type, length: OFPAT_SET_FIELD
      8000 4c 08                         # oxm class, field, length: tunnel_id
      0000000000001234                   # oxm.value
      0011 0008                          # action type, length: OFPAT_PUSH_VLAN
      8100                               # action.push_vlan.ethertype = 802.1Q Virtual LAN
      0000                               # action.push_vlan.pad
      0019 0010                          # action type, length: OFPAT_SET_FIELD
      8000 0c 02                         # oxm class, field, length: vlan_vid
      1064                               # oxm.value_vlan_present = True
      000000000000                       # action.set_field.pad
      0012 0008                          # action type, length: OFPAT_POP_VLAN
      00000000                           # action.pop_vlan.pad
      0016 0008                          # action type, length: OFPAT_GROUP
      00000007                           # action.group.group_id = 7
      0015 0008                          # action type, length: OFPAT_SET_QUEUE
      00000003                           # action.set_queue.queue_id = 3
      0000 0010                          # action type, length: OFPAT_OUTPUT
      00000004                           # action.output.port = 4
      ffff                               # action.output.max_len = OFPCML_NO_BUFFER
      000000000000                       # action.output.pad
      0002 0018                          # instruction type, length: OFPIT_WRITE_METADATA
      00000000                           # instruction.write_metadata.pad
      0000000000000006                   # instruction.write_metadata.value = 0x0000000000000006
      00000000000000ff                   # instruction.write_metadata.mask = 0x00000000000000ff
      0001 0008                          # instruction type, length: OFPIT_GOTO_TABLE
      03                                 # instruction.goto_table.table_id = 3
      000000                             # instruction.goto_table.pad
    `,
    message: {
      type: 'flow_mod',
      xid: 17,
      cookie: 0xabcd000000000001n,
      cookie_mask: 0n,
      table_id: 2,
      command: 'add',
      idle_timeout: 30,
      hard_timeout: 60,
      priority: 100,
      buffer_id: 0xffffffff,
      out_port: 0xffffffff,
      out_group: 0xffffffff,
      flags: 1,
      match: {
        in_port: 1,
        metadata: { value: 5n, mask: 0xffn },
        eth_type: 2054,
        vlan_vid: { value: 4096, mask: 4096 },
        arp_op: 1,
        arp_tpa: '10.0.0.2',
        arp_sha: '02:00:00:00:00:01',
      },
      instructions: [
        { type: 'meter', meter_id: 4 },
        {
          type: 'apply_actions',
          actions: [
            { type: 'set_field', field: { tunnel_id: 0x1234n } },
            { type: 'push_vlan', ethertype: 33024 },
            { type: 'set_field', field: { vlan_vid: 4196 } },
            { type: 'pop_vlan' },
            { type: 'group', group_id: 7 },
            { type: 'set_queue', queue_id: 3 },
            { type: 'output', port: 4, max_len: 65535 },
          ],
        },
        { type: 'write_metadata', metadata: 6n, metadata_mask: 0xffn },
        { type: 'goto_table', table_id: 3 },
      ],
    },
  },
  {
    name: 'flow_mod_nd',
    bytes: `
      04 0e 0080 00000011                # version, type, length, xid: OFPT_FLOW_MOD
      0000000000000000                   # cookie = 0x0000000000000000
      0000000000000000                   # cookie_mask = 0x0000000000000000
      01                                 # table_id = 1
      01                                 # command = OFPFC_MODIFY
      0000                               # idle_timeout = 0
      0000                               # hard_timeout = 0
      0007                               # priority = 7
      ffffffff                           # buffer_id = OFP_NO_BUFFER
      00000000                           # out_port = 0
      00000000                           # out_group = 0
      0000                               # flags = 0x0000
      0000                               # pad
      0001 0037                          # match type, length: OFPMT_OXM
      8000 0a 02                         # oxm class, field, length: eth_type
      86dd                               # oxm.value_ethertype = IPv6
      8000 14 01                         # oxm class, field, length: ip_proto
      3a                                 # oxm.value_ipproto = ICMPv6
      8000 3a 01                         # oxm class, field, length: icmpv6_type
      87                                 # oxm.value = 87
      8000 3c 01                         # oxm class, field, length: icmpv6_code
      00                                 # oxm.value = 00
      8000 3e 10                         # oxm class, field, length: ipv6_nd_target
      fd000000000000000000000000000002   # oxm.value
      8000 40 06                         # oxm class, field, length: ipv6_nd_sll
      020000000001                       # oxm.value_etheraddr = 02:00:00:00:00:01 (02:00:00:00:00:01)
      00                                 # match.pad
      0005 0008                          # instruction type, length: OFPIT_CLEAR_ACTIONS
      00000000                           # instruction.actions.pad
      0003 0010                          # instruction type, length: OFPIT_WRITE_ACTIONS
      00000000                           # instruction.actions.pad
      0018 0008                          # action type, length: OFPAT_DEC_NW_TTL
      00000000                           # action.dec_nw_ttl.pad
    `,
    message: {
      type: 'flow_mod',
      xid: 17,
      cookie: 0n,
      cookie_mask: 0n,
      table_id: 1,
      command: 'modify',
      idle_timeout: 0,
      hard_timeout: 0,
      priority: 7,
      buffer_id: 0xffffffff,
      out_port: 0,
      out_group: 0,
      flags: 0,
      match: {
        eth_type: 34525,
        ip_proto: 58,
        icmpv6_type: 135,
        icmpv6_code: 0,
        ipv6_nd_target: 'fd00::2',
        ipv6_nd_sll: '02:00:00:00:00:01',
      },
      instructions: [{ type: 'clear_actions' }, { type: 'write_actions', actions: [{ type: 'dec_nw_ttl' }] }],
    },
  },
  {
    name: 'group_mod',
    bytes: `
      04 0f 0050 00000011                # version, type, length, xid: OFPT_GROUP_MOD
      0000                               # command = OFPGC_ADD
      03                                 # type = OFPGT_FF
      00                                 # pad
      00000009                           # group_id = 9
      0020                               # bucket.length = 32
      0000                               # bucket.weight = 0
      00000001                           # bucket.watch_port = 1
      ffffffff                           # bucket.watch_group = OFPG_ANY
      00000000                           # bucket.pad
      0000 0010                          # action type, length: OFPAT_OUTPUT
      00000004                           # action.output.port = 4
      ffff                               # action.output.max_len = OFPCML_NO_BUFFER
      000000000000                       # action.output.pad
      0020                               # bucket.length = 32
      0000                               # bucket.weight = 0
      00000002                           # bucket.watch_port = 2
      ffffffff                           # bucket.watch_group = OFPG_ANY
      00000000                           # bucket.pad
      0000 0010                          # action type, length: OFPAT_OUTPUT
      00000002                           # action.output.port = 2
      0000                               # action.output.max_len = 0
      000000000000                       # action.output.pad
    `,
    message: {
      type: 'group_mod',
      xid: 17,
      command: 'add',
      group_type: 'fast_failover',
      group_id: 9,
      buckets: [
        { weight: 0, watch_port: 1, watch_group: 0xffffffff, actions: [{ type: 'output', port: 4, max_len: 65535 }] },
        { weight: 0, watch_port: 2, watch_group: 0xffffffff, actions: [{ type: 'output', port: 2, max_len: 0 }] },
      ],
    },
  },
  {
    name: 'meter_mod',
    bytes: `
      04 1d 0030 00000011                # version, type, length, xid: OFPT_METER_MOD
      0000                               # command = OFPMC_ADD
      0005                               # flags = 0x00000005
      00000004                           # meter_id = 4
      0001 0010                          # meter_band type, length: OFPMBT_DROP
      000003e8                           # meter_band.rate = 1000
      00000064                           # meter_band.burst_size = 100
      00000000                           # meter_band.drop.pad
      0002 0010                          # meter_band type, length: OFPMBT_DSCP_REMARK
      000007d0                           # meter_band.rate = 2000
      000000c8                           # meter_band.burst_size = 200
      01                                 # meter_band.dscp_remark.prec_level = 1
      000000                             # meter_band.dscp_remark.pad
    `,
    message: {
      type: 'meter_mod',
      xid: 17,
      command: 'add',
      flags: 5,
      meter_id: 4,
      bands: [
        { type: 'drop', rate: 1000, burst_size: 100 },
        { type: 'dscp_remark', rate: 2000, burst_size: 200, prec_level: 1 },
      ],
    },
  },
  {
    name: 'packet_out',
    bytes: `
      04 0d 0036 00000011                # version, type, length, xid: OFPT_PACKET_OUT
      ffffffff                           # buffer_id = OFP_NO_BUFFER
      fffffffd                           # in_port = OFPP_CONTROLLER
      0010                               # acts_len = 16
      000000000000                       # pad
      0000 0010                          # action type, length: OFPAT_OUTPUT
      00000004                           # action.output.port = 4
      ffff                               # action.output.max_len = OFPCML_NO_BUFFER
      000000000000                       # action.output.pad
      ffffffffffff0200000000010806       # data
    `,
    message: {
      type: 'packet_out',
      xid: 17,
      buffer_id: 0xffffffff,
      in_port: 0xfffffffd,
      actions: [{ type: 'output', port: 4, max_len: 65535 }],
      data: hex('ffffffffffff0200000000010806'),
    },
  },
  {
    name: 'port_mod',
    bytes: `
      04 10 0028 00000011                # version, type, length, xid: OFPT_PORT_MOD
      00000003                           # port_no = 3
      00000000                           # pad
      020000000003                       # hw_addr = 02:00:00:00:00:03 (02:00:00:00:00:03)
      0000                               # pad2 = 0000
      00000001                           # config = 0x00000001
      00000005                           # mask = 0x00000005
      00000000                           # advertise.10mb_hd = False
      00000000                           # pad3 = 00000000
    `,
    message: { type: 'port_mod', xid: 17, port_no: 3, hw_addr: '02:00:00:00:00:03', config: 1, mask: 5, advertise: 0 },
  },
  {
    name: 'table_mod',
    bytes: `
      04 11 0010 00000011                # version, type, length, xid: OFPT_TABLE_MOD
      02                                 # table_id = 2
      000000                             # pad
      00000003                           # config = 00000003
    `,
    message: { type: 'table_mod', xid: 17, table_id: 2, config: 3 },
  },
  {
    name: 'set_config',
    bytes: `
      04 09 000c 00000011                # version, type, length, xid: OFPT_SET_CONFIG
      0000                               # flags = 0x0000
      ffff                               # miss_send_len = OFPCML_NO_BUFFER
    `,
    message: { type: 'set_config', xid: 17, flags: 0, miss_send_len: 65535 },
  },
  {
    name: 'get_config_request',
    bytes: `
      04 07 0008 00000011                # version, type, length, xid: OFPT_GET_CONFIG_REQUEST
    `,
    message: { type: 'get_config_request', xid: 17 },
  },
  {
    name: 'features_request',
    bytes: `
      04 05 0008 00000011                # version, type, length, xid: OFPT_FEATURES_REQUEST
    `,
    message: { type: 'features_request', xid: 17 },
  },
  {
    name: 'barrier_request',
    bytes: `
      04 14 0008 00000011                # version, type, length, xid: OFPT_BARRIER_REQUEST
    `,
    message: { type: 'barrier_request', xid: 17 },
  },
  {
    name: 'echo_request',
    bytes: `
      04 02 000c 00000011                # version, type, length, xid: OFPT_ECHO_REQUEST
      69726973                           # data = 69726973
    `,
    message: { type: 'echo_request', xid: 17, data: hex('69726973') },
  },
  {
    name: 'echo_reply',
    bytes: `
      04 03 000c 00000011                # version, type, length, xid: OFPT_ECHO_REPLY
      69726973                           # data = 69726973
    `,
    message: { type: 'echo_reply', xid: 17, data: hex('69726973') },
  },
  {
    name: 'hello',
    bytes: `
      04 00 0008 00000011                # version, type, length, xid: OFPT_HELLO
    `,
    message: { type: 'hello', xid: 17, elements: [] },
  },
  {
    name: 'error',
    bytes: `
      04 01 000e 00000011                # version, type, length, xid: OFPT_ERROR
      0005                               # type = OFPET_FLOW_MOD_FAILED
      0001                               # code = OFPFMFC_TABLE_FULL
      040e                               # data
    `,
    message: { type: 'error', xid: 17, error_type: 5, error_code: 1, data: hex('040e') },
  },
  {
    name: 'role_request',
    bytes: `
      04 18 0018 00000011                # version, type, length, xid: OFPT_ROLE_REQUEST
      00000002                           # role = OFPCR_ROLE_MASTER
      00000000                           # pad
      0000000000000005                   # generation_id = 0x0000000000000005
    `,
    message: { type: 'role_request', xid: 17, role: 'master', generation_id: 5n },
  },
  {
    name: 'get_async_request',
    bytes: `
      04 1a 0008 00000011                # version, type, length, xid: OFPT_GET_ASYNC_REQUEST
    `,
    message: { type: 'get_async_request', xid: 17 },
  },
  {
    name: 'set_async',
    bytes: `
      04 1c 0020 00000011                # version, type, length, xid: OFPT_SET_ASYNC
      00000001                           # packet_in_mask.master = 0x00000001
      00000000                           # packet_in_mask.slave = 0x00000000
      00000007                           # port_status_mask.master = 0x00000007
      00000007                           # port_status_mask.slave = 0x00000007
      0000000f                           # flow_removed_mask.master = 0x0000000f
      00000000                           # flow_removed_mask.slave = 0x00000000
    `,
    message: {
      type: 'set_async',
      xid: 17,
      packet_in_mask: hex('0000000100000000'),
      port_status_mask: hex('0000000700000007'),
      flow_removed_mask: hex('0000000f00000000'),
    },
  },
  {
    name: 'experimenter',
    bytes: `
      04 04 0014 00000011                # version, type, length, xid: OFPT_EXPERIMENTER
      00002320                           # experimenter = 0x00002320
      00000014                           # exp_type = 20
      00000000                           # data
    `,
    message: { type: 'experimenter', xid: 17, experimenter: 8992, exp_type: 20, data: hex('00000000') },
  },
  {
    name: 'mp_flow',
    bytes: `
      04 12 0040 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0001                               # type = OFPMP_FLOW
      0000                               # flags = 0x0000
      00000000                           # pad
      02                                 # flow_stats_request.table_id = 2
      000000                             # flow_stats_request.pad
      ffffffff                           # flow_stats_request.out_port = OFPP_ANY
      ffffffff                           # flow_stats_request.out_group = OFPG_ANY
      00000000                           # flow_stats_request.pad2 = 00000000
      abcd000000000000                   # flow_stats_request.cookie = 0xabcd000000000000
      ffff000000000000                   # flow_stats_request.cookie_mask = 0xffff000000000000
      0001 000c                          # match type, length: OFPMT_OXM
      8000 00 04                         # oxm class, field, length: in_port
      00000001                           # oxm.value_uint32 = 1
      00000000                           # match.pad
    `,
    message: {
      type: 'multipart_request',
      xid: 17,
      part: 'flow',
      flags: 0,
      body: {
        table_id: 2,
        out_port: 0xffffffff,
        out_group: 0xffffffff,
        cookie: 0xabcd000000000000n,
        cookie_mask: 0xffff000000000000n,
        match: { in_port: 1 },
      },
    },
  },
  {
    name: 'mp_aggregate',
    bytes: `
      04 12 0038 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0002                               # type = OFPMP_AGGREGATE
      0000                               # flags = 0x0000
      00000000                           # pad
      ff                                 # aggregate_stats_request.table_id = OFPTT_ALL
      000000                             # aggregate_stats_request.pad
      ffffffff                           # aggregate_stats_request.out_port = OFPP_ANY
      ffffffff                           # aggregate_stats_request.out_group = OFPG_ANY
      00000000                           # aggregate_stats_request.pad2 = 00000000
      0000000000000000                   # aggregate_stats_request.cookie = 0x0000000000000000
      0000000000000000                   # aggregate_stats_request.cookie_mask = 0x0000000000000000
      0001 0004                          # match type, length: OFPMT_OXM
      00000000                           # match.pad
    `,
    message: {
      type: 'multipart_request',
      xid: 17,
      part: 'aggregate',
      flags: 0,
      body: { table_id: 255, out_port: 0xffffffff, out_group: 0xffffffff, cookie: 0n, cookie_mask: 0n, match: {} },
    },
  },
  {
    name: 'mp_desc',
    bytes: `
      04 12 0010 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0000                               # type = OFPMP_DESC
      0000                               # flags = 0x0000
      00000000                           # pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'desc', flags: 0, body: {} },
  },
  {
    name: 'mp_table',
    bytes: `
      04 12 0010 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0003                               # type = OFPMP_TABLE
      0000                               # flags = 0x0000
      00000000                           # pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'table', flags: 0, body: {} },
  },
  {
    name: 'mp_port',
    bytes: `
      04 12 0018 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0004                               # type = OFPMP_PORT_STATS
      0000                               # flags = 0x0000
      00000000                           # pad
      ffffffff                           # port_stats_request.port_no = OFPP_ANY
      00000000                           # port_stats_request.pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'port_stats', flags: 0, body: { port_no: 0xffffffff } },
  },
  {
    name: 'mp_queue',
    bytes: `
      04 12 0018 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0005                               # type = OFPMP_QUEUE
      0000                               # flags = 0x0000
      00000000                           # pad
      ffffffff                           # queue_stats_request.port_no = OFPP_ANY
      ffffffff                           # queue_stats_request.queue_id = OFPQ_ALL
    `,
    message: {
      type: 'multipart_request',
      xid: 17,
      part: 'queue',
      flags: 0,
      body: { port_no: 0xffffffff, queue_id: 0xffffffff },
    },
  },
  {
    name: 'mp_group',
    bytes: `
      04 12 0018 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0006                               # type = OFPMP_GROUP
      0000                               # flags = 0x0000
      00000000                           # pad
      fffffffc                           # group_stats_request.group_id = OFPG_ALL
      00000000                           # group_stats_request.pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'group', flags: 0, body: { group_id: 0xfffffffc } },
  },
  {
    name: 'mp_group_desc',
    bytes: `
      04 12 0010 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0007                               # type = OFPMP_GROUP_DESC
      0000                               # flags = 0x0000
      00000000                           # pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'group_desc', flags: 0, body: {} },
  },
  {
    name: 'mp_group_features',
    bytes: `
      04 12 0010 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0008                               # type = OFPMP_GROUP_FEATURES
      0000                               # flags = 0x0000
      00000000                           # pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'group_features', flags: 0, body: {} },
  },
  {
    name: 'mp_meter',
    bytes: `
      04 12 0018 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      0009                               # type = OFPMP_METER
      0000                               # flags = 0x0000
      00000000                           # pad
      ffffffff                           # meter_stats_request.meter_id = OFPM_ALL
      00000000                           # meter_stats_request.pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'meter', flags: 0, body: { meter_id: 0xffffffff } },
  },
  {
    name: 'mp_meter_config',
    bytes: `
      04 12 0018 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      000a                               # type = OFPMP_METER_CONFIG
      0000                               # flags = 0x0000
      00000000                           # pad
      ffffffff                           # meter_config_request.meter_id = OFPM_ALL
      00000000                           # meter_config_request.pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'meter_config', flags: 0, body: { meter_id: 0xffffffff } },
  },
  {
    name: 'mp_meter_features',
    bytes: `
      04 12 0010 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      000b                               # type = OFPMP_METER_FEATURES
      0000                               # flags = 0x0000
      00000000                           # pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'meter_features', flags: 0, body: {} },
  },
  {
    name: 'mp_port_desc',
    bytes: `
      04 12 0010 00000011                # version, type, length, xid: OFPT_MULTIPART_REQUEST
      000d                               # type = OFPMP_PORT_DESC
      0000                               # flags = 0x0000
      00000000                           # pad
    `,
    message: { type: 'multipart_request', xid: 17, part: 'port_desc', flags: 0, body: {} },
  },
  {
    name: 'bundle_control',
    bytes: `
      04 04 0018 00000011                # version, type, length, xid: OFPT_EXPERIMENTER
      4f4e4600                           # experimenter = 0x4f4e4600
      000008fc                           # exp_type = 2300
      0000000100000003                   # data
    `,
    message: { type: 'bundle_control', xid: 17, bundle_id: 1, control: 'open_request', flags: 3 },
  },
  {
    name: 'bundle_add',
    bytes: `
      04 04 0028 00000011                # version, type, length, xid: OFPT_EXPERIMENTER
      4f4e4600                           # experimenter = 0x4f4e4600
      000008fd                           # exp_type = 2301
      000000010000000304110010000000110200000000000003 # data
    `,
    message: { type: 'bundle_add', xid: 17, bundle_id: 1, flags: 3, message: hex('04110010000000110200000000000003') },
  },
];
