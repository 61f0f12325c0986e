/** Everything that the codec writes is understood by `ovs-ofctl`, whose decoder nobody here wrote. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../src/lib/run-command.js';
import { decodeMessage, encodeMessage, type Message } from '../../../src/wire/openflow/message-codec.js';
import { toMove } from '../../../src/wire/openflow/nicira-move.js';
import { openVswitchVectors } from './vectors/open-vswitch-vectors.js';
import { osKenVectors } from './vectors/os-ken-vectors.js';
import { hex } from './vectors/vector.js';

async function print(bytes: Buffer): Promise<string> {
  return (await runCommand('ovs-ofctl', ['-O', 'OpenFlow13', 'ofp-print', bytes.toString('hex'), '2'])).stdout;
}

const flow = (extra: Partial<Extract<Message, { type: 'flow_mod' }>>): Message => ({
  type: 'flow_mod',
  table_id: 1,
  command: 'add',
  priority: 9,
  cookie: 0x1234n,
  ...extra,
});

const shown: [Message, RegExp][] = [
  [
    flow({
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
    /actions=move:NXM_NX_IPV6_SRC\[\]->NXM_NX_IPV6_DST\[\],set_field:1610612736->nd_reserved,set_field:2->nd_options_type/,
  ],
  [
    flow({
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
    /ADD table:1 priority=9,arp,in_port=1,vlan_tci=0x1000\/0x1000,arp_tpa=10\.0\.0\.1,arp_op=1 cookie:0x1234 actions=meter:3,CONTROLLER:65535,goto_table:2/,
  ],
  [
    flow({
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
    /metadata=0x500000001\/0xffffffffff,dl_dst=01:00:00:00:00:00\/01:00:00:00:00:00 cookie:0x1234 actions=set_field:0x42->tun_id,push_vlan:0x8100,set_field:4196->vlan_vid,pop_vlan,group:7,set_queue:2,write_metadata:0x6\/0xff/,
  ],
  [
    flow({
      command: 'delete_strict',
      match: {
        eth_type: 0x86dd,
        ip_proto: 58,
        icmpv6_type: 135,
        ipv6_nd_target: 'fd00::2',
        ipv6_nd_sll: '02:00:00:00:00:01',
      },
    }),
    /DEL_STRICT table:1 priority=9,icmp6,icmp_type=135,nd_target=fd00::2,nd_sll=02:00:00:00:00:01 actions=drop/,
  ],
  [
    {
      type: 'group_mod',
      command: 'add',
      group_type: 'fast_failover',
      group_id: 7,
      buckets: [{ watch_port: 3, actions: [{ type: 'output', port: 3 }] }],
    },
    /ADD group_id=7,type=ff,bucket=watch_port:3,actions=output:3/,
  ],
  [
    { type: 'bundle_add', bundle_id: 5, flags: 3, message: encodeMessage(flow({}), 1) },
    /ONFT_BUNDLE_ADD_MESSAGE.*\n.*bundle_id=0x5 flags=atomic ordered\n.*FLOW_MOD/,
  ],
];

/** An experimenter's invention, a bundle of what Open vSwitch takes in no bundle, and an error that quotes a bad flow. */
const notKnownToOpenVswitch = new Set(['experimenter', 'bundle_add', 'error']);

describe('ovs-ofctl ofp-print', function () {
  this.timeout(60_000);

  for (const [message, expected] of shown) {
    it(`shows our ${message.type} as it was meant: ${expected.source.slice(0, 60)}`, async () => {
      assert.match(await print(encodeMessage(message, 1)), expected);
    });
  }

  it('shows every message that was read and written again as it shows the original', async () => {
    for (const { name, bytes } of [...osKenVectors, ...openVswitchVectors]) {
      const original = hex(bytes);
      const message = decodeMessage(original);
      const ours = await print(encodeMessage(message, message.xid));
      assert.equal(ours, await print(original), name);
      assert.ok(notKnownToOpenVswitch.has(name) || !ours.includes('***'), `${name}: ${ours}`);
    }
  });

  it('reads a stream of ours from a file, each message once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'iris-ofp-'));
    try {
      const file = join(directory, 'messages');
      await writeFile(file, Buffer.concat(shown.map(([message]) => encodeMessage(message, 1))));
      const { stdout } = await runCommand('ovs-ofctl', ['-O', 'OpenFlow13', 'ofp-parse', file]);
      assert.equal(stdout.match(/\(OF1\.3\) \(xid=0x1\):/g)?.length, shown.length + 1, 'one more, inside the bundle');
      assert.doesNotMatch(stdout, /\*\*\*/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
