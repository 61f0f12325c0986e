/** The benchmark runs on a real switch and says what it promises to; how fast it is here is nobody's concern. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.js';
import { runCommand } from '../../src/lib/run-command.js';

const main = join(packageRoot, 'dist', 'bench', 'main.js');
const figures = ['unchangedMs', 'unchangedCpuMs', 'wholeMs', 'wholeCpuMs', 'floorMs', 'ratio'];

describe('npm run bench -- controller --only reconnect', function () {
  this.timeout(200_000);

  it('measures a switch that connects anew with its flows, and one that has lost them', async () => {
    const args = ['controller', '--json', '--only', 'reconnect', '--flows', '200', '--rounds', '1'];
    const { stdout } = await runCommand(process.execPath, [main, ...args], { timeoutMs: 180_000 });
    const { reconnect, faults } = JSON.parse(stdout);
    assert.deepEqual(faults, []);
    assert.deepEqual(Object.keys(reconnect), ['flows', ...figures]);
    assert.ok(reconnect.flows >= 200, stdout);
    for (const figure of figures) assert.ok(reconnect[figure] > 0, `${figure}: ${stdout}`);
  });
});
