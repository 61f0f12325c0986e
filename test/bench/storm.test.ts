/** The benchmark runs and says what it promises to; how fast it is here is nobody's concern. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.js';
import { runCommand } from '../../src/lib/run-command.js';

const main = join(packageRoot, 'dist', 'bench', 'main.js');
/** A busy machine takes minutes for what an idle one does in seconds. */
const timeoutMs = 300_000;

describe('npm run bench -- storm', function () {
  this.timeout(timeoutMs + 60_000);

  it('answers every request while the switches send what they can', async () => {
    const options = ['storm', '--json', '--switches', '3', '--seconds', '0.5', '--rounds', '1'];
    const { stdout } = await runCommand(process.execPath, [main, ...options], { timeoutMs });
    const { switches, packetInsPerS, latencies, faults } = JSON.parse(stdout);
    assert.deepEqual([switches, faults], [3, []]);
    assert.ok(packetInsPerS > 0);
    assert.deepEqual(
      latencies.map(({ operation }: { operation: string }) => operation),
      ['all', 'getReservation', 'reserve', 'commit', 'terminate'],
    );
    for (const { requests, failed, quietP50Ms, stormP50Ms, ratio } of latencies) {
      assert.ok(requests > 0 && quietP50Ms > 0 && stormP50Ms > 0 && ratio > 0);
      assert.equal(failed, 0);
    }
  });
});
