/** The benchmark runs on real switches and says what it promises to; how fast it is here is nobody's concern. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.js';
import { type CommandError, runCommand } from '../../src/lib/run-command.js';

const main = join(packageRoot, 'dist', 'bench', 'main.js');
const bench = (...args: string[]) => runCommand(process.execPath, [main, 'network', ...args], { timeoutMs: 360_000 });

describe('npm run bench -- network', function () {
  this.timeout(400_000);

  it('measures goodput and round trips through our tables and through NORMAL', async () => {
    const { stdout } = await bench(
      ...['--json', '--only', 'path', '--encapsulation', 'vxlan'],
      ...['--rounds', '1', '--seconds', '0.2', '--pings', '20'],
    );
    const { path, ...report } = JSON.parse(stdout);
    assert.equal(report.benchmark, 'network');
    assert.deepEqual(report.faults, []);
    assert.equal(path.encapsulation, 'vxlan');
    assert.match(path.datapath, /^(system|netdev)$/);
    for (const { goodputMbitPerS, roundTripMs } of [path.iris, path.normal])
      assert.ok(goodputMbitPerS > 0 && roundTripMs > 0, stdout);
    assert.ok(path.goodputRatio > 0 && path.roundTripRatio > 0 && path.switchMsRatio >= 0, stdout);
  });

  it('says which parts there are', async () => {
    await assert.rejects(bench('--only', 'paths'), (error: CommandError) => {
      assert.match(error.stderr, /'paths' is none of compile, path\./);
      return true;
    });
  });
});
