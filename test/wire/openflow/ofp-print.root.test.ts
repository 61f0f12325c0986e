/** Everything that the codec writes is understood by `ovs-ofctl`, whose decoder nobody here wrote. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../src/lib/run-command.js';
import { decodeMessage, encodeMessage } from '../../../src/wire/openflow/message-codec.js';
import { openVswitchVectors } from './vectors/open-vswitch-vectors.js';
import { osKenVectors } from './vectors/os-ken-vectors.js';
import { ourMessages } from './vectors/our-messages.js';
import { hex } from './vectors/vector.js';

async function print(bytes: Buffer): Promise<string> {
  return (await runCommand('ovs-ofctl', ['-O', 'OpenFlow13', 'ofp-print', bytes.toString('hex'), '2'])).stdout;
}

/** By the name of the message. */
const shown: Record<keyof typeof ourMessages, RegExp> = {
  flow_mod_answers:
    /actions=move:NXM_NX_IPV6_SRC\[\]->NXM_NX_IPV6_DST\[\],set_field:1610612736->nd_reserved,set_field:2->nd_options_type/,
  flow_mod_punts:
    /ADD table:1 priority=9,arp,in_port=1,vlan_tci=0x1000\/0x1000,arp_tpa=10\.0\.0\.1,arp_op=1 cookie:0x1234 actions=meter:3,CONTROLLER:65535,goto_table:2/,
  flow_mod_tags:
    /metadata=0x500000001\/0xffffffffff,dl_dst=01:00:00:00:00:00\/01:00:00:00:00:00 cookie:0x1234 actions=set_field:0x42->tun_id,push_vlan:0x8100,set_field:4196->vlan_vid,pop_vlan,group:7,set_queue:2,write_metadata:0x6\/0xff/,
  flow_mod_delete_strict:
    /DEL_STRICT table:1 priority=9,icmp6,icmp_type=135,nd_target=fd00::2,nd_sll=02:00:00:00:00:01 actions=drop/,
  group_mod: /ADD group_id=7,type=ff,bucket=watch_port:3,actions=output:3/,
  bundle_add: /ONFT_BUNDLE_ADD_MESSAGE.*\n.*bundle_id=0x5 flags=atomic ordered\n.*FLOW_MOD/,
};

/** An experimenter's invention, a bundle of what Open vSwitch takes in no bundle, and an error that quotes a bad flow. */
const notKnownToOpenVswitch = new Set(['experimenter', 'bundle_add', 'error']);

describe('ovs-ofctl ofp-print', function () {
  this.timeout(60_000);

  for (const [name, message] of Object.entries(ourMessages)) {
    it(`shows our ${name} as it was meant`, async () => {
      assert.match(await print(encodeMessage(message, 1)), shown[name as keyof typeof ourMessages]);
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
      const messages = Object.values(ourMessages);
      const file = join(directory, 'messages');
      await writeFile(file, Buffer.concat(messages.map((message) => encodeMessage(message, 1))));
      const { stdout } = await runCommand('ovs-ofctl', ['-O', 'OpenFlow13', 'ofp-parse', file]);
      assert.equal(
        stdout.match(/\(OF1\.3\) \(xid=0x1\):/g)?.length,
        messages.length + 1,
        'one more, inside the bundle',
      );
      assert.doesNotMatch(stdout, /\*\*\*/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
