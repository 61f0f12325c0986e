/** The benchmark runs, loses nothing, and says what it promises to; how fast it is here is nobody's concern. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.js';
import { CommandError, runCommand } from '../../src/lib/run-command.js';

const main = join(packageRoot, 'dist', 'bench', 'main.js');
/** A busy machine takes minutes for what an idle one does in seconds. */
const timeoutMs = 300_000;
const bench = (...args: string[]) => runCommand(process.execPath, [main, 'nsi', ...args], { timeoutMs });

describe('npm run bench -- nsi', function () {
  this.timeout(timeoutMs + 60_000);
  it('measures cycles with callbacks beside a floor that exchanges as much and one that leaves the same rows, and prints an object for each measurement', async () => {
    const { stdout } = await bench(
      ...['--json', '--clients', '1,3', '--nodes', '2', '--seconds', '0.05', '--rounds', '1'],
    );
    const measurements = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      measurements.map(({ name, clients }) => [name, clients]),
      [1, 3].flatMap((clients) => ['floor-1', 'rows-1', 'iris-1'].map((name) => [name, clients])),
    );
    for (const measurement of measurements) {
      const { nodes, stored, workers, perSecond, floorPerSecond, ratio, p50Ms, p99Ms, rssMiB } = measurement;
      assert.deepEqual([nodes, stored, workers], [2, 0, 1]);
      assert.ok(perSecond > 0 && floorPerSecond > 0 && ratio > 0);
      assert.ok(p99Ms >= p50Ms && p50Ms > 0 && rssMiB > 0);
      const { cpuMs, clientCpuMs, databaseCpuMs } = measurement;
      assert.ok(cpuMs > 0 && clientCpuMs > 0 && Number.isFinite(databaseCpuMs));
      const { lost, repeated, messagesPerCycle } = measurement;
      assert.deepEqual({ lost, repeated, messagesPerCycle }, { lost: 0, repeated: 0, messagesPerCycle: 16 });
    }
    const [floor, rows, iris] = measurements;
    for (const { bytesPerCycle } of [floor, rows])
      assert.ok(Math.abs(bytesPerCycle / iris.bytesPerCycle - 1) < 0.05, 'messages of the same size');
  });

  it('says what is wrong with an option', async () => {
    await assert.rejects(
      bench('--clients', '8,none'),
      (error) => error instanceof CommandError && error.exitCode === 1 && error.stderr.includes('whole number'),
    );
  });
});
