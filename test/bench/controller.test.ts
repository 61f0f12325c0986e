/** The benchmark runs and says what it promises to; how fast it is here is nobody's concern. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.js';
import { CommandError, runCommand } from '../../src/lib/run-command.js';
import { waitUntil } from '../../src/lib/wait-until.js';
import { buildArp, parseArp } from '../../src/wire/ethernet/arp.js';
import { buildEthernet, etherType, parseEthernet } from '../../src/wire/ethernet/ethernet-frame.js';
import { encodeMessage } from '../../src/wire/openflow/message-codec.js';
import { connectFakeSwitch } from '../openflow/fake-switch.js';

const main = join(packageRoot, 'dist', 'bench', 'main.js');
const bench = (...args: string[]) => runCommand(process.execPath, [main, ...args]);

describe('npm run bench -- controller', () => {
  it('measures ARP and a crowd beside their floors, and prints it as JSON', async () => {
    const { stdout } = await bench(
      ...['controller', '--json', '--only', 'arp,crowd', '--rounds', '1'],
      ...['--switches', '1,2', '--outstanding', '4', '--entries', '50', '--seconds', '0.1', '--crowd', '5'],
    );
    const report = JSON.parse(stdout);
    assert.equal(report.benchmark, 'controller');
    assert.deepEqual(report.faults, []);
    assert.deepEqual(
      report.arp.runs.map((run: { switches: number }) => run.switches),
      [1, 2],
    );
    let askers = 0;
    for (const { switches, floor, iris, ratio, learning, wrong, lost, learnt } of report.arp.runs) {
      assert.deepEqual([wrong, lost], [0, 0]);
      assert.ok(learnt > 0 && ratio > 0);
      assert.ok(learning.ratio > 0);
      for (const { answered } of [learning.floor, learning.iris]) assert.equal(answered, switches * 1_024);
      // Whoever asked with fewer switches is not counted as learnt again.
      askers += switches * 1_024;
      assert.equal(learnt, askers, 'each is new');
      for (const { repliesPerS, p50Ms, p99Ms } of [floor, iris])
        assert.ok(repliesPerS > 0 && p99Ms >= p50Ms && p50Ms > 0);
      assert.ok(iris.rssMiB > 0);
    }
    const { switches, up, lost, irisMs, floorMs } = report.crowd;
    assert.deepEqual([switches, up, lost], [5, 5, 0]);
    assert.ok(irisMs > 0 && floorMs > 0);
  });

  it('serves switches that it does not know, also those that say nothing of segments', async () => {
    const args = ['controller', '--serve', '--listen', '127.0.0.1:0', '--entries', '10', '--known', '192.0.2.7'];
    const server = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      let said = '';
      server.stderr.on('data', (text) => {
        said += text;
      });
      const port = await waitUntil(() => /tcp:127\.0\.0\.1:(\d+)/.exec(said)?.[1], {
        what: 'it listens',
        timeoutMs: 20_000,
      });
      const fake = await connectFakeSwitch({ address: { kind: 'tcp', host: '127.0.0.1', port: Number(port) } });
      await waitUntil(() => fake.received.some(({ type }) => type === 'multipart_request'), {
        ...{ what: 'it asks for the ports', timeoutMs: 10_000 },
      });
      const asker = { mac: '02:00:00:00:00:0a', ip: '192.0.2.1' };
      const data = buildEthernet({
        ...{ destination: 'ff:ff:ff:ff:ff:ff', source: asker.mac, tags: [], etherType: etherType.arp },
        payload: buildArp({
          ...{ operation: 'request', senderMac: asker.mac, senderIp: asker.ip },
          ...{ targetMac: '00:00:00:00:00:00', targetIp: '192.0.2.7' },
        }),
      });
      const message = {
        buffer_id: 0xffffffff,
        total_len: data.length,
        table_id: 0,
        cookie: 0n,
        match: { in_port: 2 },
        data,
      };
      const packetIn = encodeMessage({ type: 'packet_in', reason: 'no_match', ...message }, 0);
      // The first is learnt from, the second comes from one who is known.
      fake.socket.write(Buffer.concat([packetIn, packetIn]));
      const replies = await waitUntil(
        () => {
          const found = fake.received.flatMap((reply) => (reply.type === 'packet_out' ? [reply] : []));
          return found.length === 2 && found;
        },
        { what: 'two replies', timeoutMs: 10_000 },
      );
      assert.deepEqual({ ...replies[1], xid: 0 }, { ...replies[0], xid: 0 });
      const { destination, payload } = parseEthernet(replies[0]!.data);
      const { operation, senderIp, targetMac } = parseArp(payload);
      assert.deepEqual([destination, operation, senderIp, targetMac], [asker.mac, 'reply', '192.0.2.7', asker.mac]);
      assert.deepEqual([replies[0]!.in_port, replies[0]!.actions.length], [2, 1]);
      await fake.close();
    } finally {
      server.kill('SIGTERM');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    }
    assert.equal(server.exitCode, 0);
  });

  it('teaches its use, and says what is wrong with an option', async () => {
    const { stdout } = await bench('controller', '--help');
    assert.match(stdout, /--serve/);
    await assert.rejects(
      bench('controller', '--only', 'nothing'),
      (error) => error instanceof CommandError && error.exitCode === 1 && error.stderr.includes('nothing'),
    );
  });
});
