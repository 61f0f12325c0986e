/** The benchmark runs and says what it promises to; how fast it is here is nobody's concern. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package-root.js';
import { CommandError, runCommand } from '../../src/lib/run-command.js';

const main = join(packageRoot, 'dist', 'bench', 'main.js');
/** A busy machine takes minutes for what an idle one does in seconds. */
const timeoutMs = 300_000;
const bench = (...args: string[]) => runCommand(process.execPath, [main, 'reservations', ...args], { timeoutMs });

describe('npm run bench -- reservations', function () {
  this.timeout(timeoutMs + 60_000);
  it('measures cycles beside a floor that leaves the same rows, and prints an object for each measurement', async function () {
    this.timeout(240_000); // A dozen processes are started for it.
    const { stdout } = await bench(
      ...['--json', '--clients', '1,2', '--nodes', '3', '--stored', '4', '--workers', '1,2'],
      ...['--seconds', '0.05', '--rounds', '1'],
    );
    const measurements = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const kindsOf = (workers: number) => ['floor', 'iris', 'rows'].map((kind) => `${kind}-${workers}`);
    assert.deepEqual(
      measurements.map(({ name, clients }) => [name, clients]),
      [1, 2].flatMap((workers) =>
        [1, 2].flatMap((clients) => kindsOf(workers).map((name) => [name, clients] as const)),
      ),
    );
    for (const measurement of measurements) {
      const { nodes, stored, perSecond, floorPerSecond, ratio, p50Ms, p99Ms, rssMiB } = measurement;
      assert.deepEqual([nodes, stored], [3, 4]);
      assert.ok(perSecond > 0 && floorPerSecond > 0 && ratio > 0);
      assert.ok(p99Ms >= p50Ms && p50Ms > 0 && rssMiB > 0);
      const { cpuMs, clientCpuMs, databaseCpuMs } = measurement;
      assert.ok(cpuMs > 0 && [clientCpuMs, databaseCpuMs].every(Number.isFinite));
    }
  });

  it('follows the memory of a long run, interval by interval', async () => {
    const { stdout } = await bench(
      ...['--json', '--clients', '2', '--nodes', '2', '--workers', '1', '--seconds', '0.05', '--rounds', '1'],
      ...['--steady', '5'],
    );
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const samples = lines.filter(({ name }) => name === 'steady-1');
    const cycles = samples.map((sample) => sample.cycles);
    assert.ok(cycles.at(-1) >= 5, `until 5 cycles are done: ${cycles}`);
    assert.ok(cycles.slice(0, -1).every((count, index) => count < 5 && count < cycles[index + 1]));
    for (const { heapMiB, rssMiB } of samples) assert.ok(heapMiB > 0 && rssMiB > heapMiB);
  });

  it('says what is wrong with an option', async () => {
    await assert.rejects(
      bench('--clients', '8,none'),
      (error) => error instanceof CommandError && error.exitCode === 1 && error.stderr.includes('whole number'),
    );
  });
});
