/** `npm run soak`: progress, the report, and the seed to have it again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Interrupted, listenForInterrupts } from '../demo/interrupt.js';
import { readSoakOptions, type SoakOptions } from './options.js';
import { runSoak, type SoakOutcome } from './soak.js';

const options = readSoakOptions(process.argv.slice(2));
const { signal } = listenForInterrupts();
const begun = performance.now();
const say = (line: string): void =>
  console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(7)} s  ${line}`);

const again = ({ seed, cycles, processes, clients, real }: SoakOptions): string =>
  `npm run soak -- ${real ? '--real ' : ''}--seed ${seed} --cycles ${cycles} --processes ${processes} --clients ${clients}`;

function report({ findings, reserved, refused, unanswered, faults }: SoakOutcome): void {
  console.log(`\n${reserved} reservations, ${refused} refused for want of room; ${unanswered} requests repeated`);
  for (const [name, count] of faults) console.log(`${String(count).padStart(5)} × ${name}`);
  if (findings.length === 0) console.log('Nothing lost, nothing twice, nothing left.');
  else {
    for (const finding of findings) console.error(`  ✖ ${finding}`);
    console.error(`${findings.length} findings; logs in ${folder}; to have it again:\n  ${again(options)}`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'iris-soak-'));
console.log(`soak: seed ${options.seed}`);
try {
  const outcome = await runSoak(folder, options, signal, say);
  report(outcome);
  process.exitCode = outcome.findings.length === 0 ? 0 : 1;
} catch (error) {
  if (signal.aborted) {
    console.error(`soak: ${(signal.reason as Interrupted).message}`);
    process.exitCode = 130;
  } else {
    const text = error instanceof Error ? error.message : String(error);
    console.error(`soak: ${text}; logs in ${folder}; to have it again:\n  ${again(options)}`);
    process.exitCode = 1;
  }
} finally {
  if (process.exitCode !== 1) rmSync(folder, { recursive: true, force: true });
}
