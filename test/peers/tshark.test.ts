/** Each message of ours is what tshark takes it for, to its last byte. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../src/lib/run-command.js';
import { withTemporaryFolder } from '../../src/lib/temporary-folder.js';
import { readHeader } from '../../src/wire/openflow/message-codec.js';
import { toCapture } from './openflow-capture.js';
import { openflowSamples } from './openflow-messages.js';

const port = 6653;
const fields = ['openflow_v4.type', 'openflow_v4.xid', 'openflow_v4.length', '_ws.expert.message'];

const extension = ['Experimenter body.'];
const ofOpenVswitch = ['Experimenter action body.', 'Unknown OXM body.'];
/** What it says of the rest, each remark once: it has no code for extensions and leaves them as bytes. */
const remarks: Readonly<Record<string, readonly string[]>> = {
  // Right: the packet inside is the head of an ARP, and an error quotes at least 64 bytes of what was longer (§7.4.4).
  'to a switch: packet_out': ['Malformed Packet (Exception occurred)'],
  'to a switch: error': ['Malformed Packet (Exception occurred)'],
  'to a switch: experimenter': extension,
  'to a switch: bundle_control': extension,
  'to a switch: bundle_add': extension,
  'from a switch: bundle_control_open_reply': extension,
  'from a switch: bundle_control_close_reply': extension,
  'from a switch: bundle_control_commit_reply': extension,
  'from a switch: bundle_control_discard_reply': extension,
  // It quotes a message of a bundle.
  'from a switch: error': extension,
  'ours: bundle_add': extension,
  'ours: flow_mod_answers': ofOpenVswitch,
  'ours: every action': ['Experimenter action body.'],
  'ours: every match field': ['Unknown OXM body.'],
  // Some of the fields that may have no mask (§7.2.3.7) are shown without it.
  'ours: every match field with a mask': ['Undecoded Data', 'Unknown OXM body.'],
};

describe('tshark (Debian: tshark), a dissector of others', function () {
  this.timeout(120_000);
  before(async function () {
    try {
      await runCommand('tshark', ['--version']);
    } catch {
      console.error(
        '    NOT RUN: tshark is not installed, so that OpenFlow was not tried with it (apt-get install --no-install-recommends tshark)',
      );
      this.skip();
    }
  });

  it('shows every message with its type, xid and length, and remarks on those only of which it is known why', async () => {
    const stdout = await withTemporaryFolder(async (folder) => {
      const file = join(folder, 'openflow.pcap');
      const messages = openflowSamples.map(({ bytes }) => bytes);
      await writeFile(file, toCapture(messages, port));
      const args = ['-r', file, '-n', '-d', `tcp.port==${port},openflow`, '-T', 'fields', '-E', 'separator=|'];
      return (await runCommand('tshark', [...args, ...fields.flatMap((field) => ['-e', field])])).stdout;
    });
    const lines = stdout.split('\n').slice(0, -1);
    assert.equal(lines.length, openflowSamples.length);
    for (const [at, { name, bytes }] of openflowSamples.entries()) {
      const [types, xids, lengths, said] = lines[at]!.split('|').map((values) => values.split(','));
      const { number, xid, length } = readHeader(bytes);
      // More than one: what an error quotes is a message too.
      assert.deepEqual([types![0], xids![0], lengths![0]], [number, xid, length].map(String), name);
      const unknown = [...new Set(said)].filter((line) => line !== '');
      assert.deepEqual(unknown, [...(remarks[name] ?? [])], name);
    }
  });
});
