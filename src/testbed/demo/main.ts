/** `npm run demo`: the steps, what is left running or not, and the closing table. */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { createRun, keepRun, listRuns, type Run, removeUnfinishedRuns, runPath, runState } from '../run-directory.js';
import { sweepDeadRuns, takeDown, teardownText } from '../teardown.js';
import { endableBy, Interrupted, listenForInterrupts } from './interrupt.js';
import { lookAroundText } from './look-around.js';
import { type DemoOptions, readDemoOptions } from './options.js';
import { createReporter, seconds } from './reporter.js';
import { type DemoWithoutVoice, type Failure, runSteps, type StepResult } from './run-steps.js';
import { steps } from './steps.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function closingTable(results: readonly StepResult[], totalMs: number): string {
  const table = new Table({
    head: ['', 'step', 'result', 'time'],
    style: { head: [], border: [], compact: true },
    colAligns: ['right', 'left', 'left', 'right'],
  });
  for (const { number, name, outcome, durationMs } of results)
    table.push([number, name, outcome, durationMs === 0 ? '' : seconds(durationMs)]);
  table.push(['', 'all', '', seconds(totalMs)]);
  return table.toString();
}

/** The run's folder goes; what explains a failure stays. */
function saveLogs(run: Run): string {
  const folder = mkdtempSync(join(tmpdir(), `iris-demo-${run.id}-`));
  cpSync(runPath(run, 'logs'), folder, { recursive: true });
  return folder;
}

async function down(): Promise<number> {
  removeUnfinishedRuns();
  const gone = listRuns().filter((run) => runState(run) !== 'living');
  let exitCode = 0;
  for (const run of gone) {
    try {
      await takeDown(run);
      print(`run ${run.id}: removed`);
    } catch (error) {
      print(teardownText(error));
      exitCode = 1;
    }
  }
  if (gone.length === 0) print('nothing was left running');
  return exitCode;
}

async function sweep(): Promise<void> {
  const { removed, failed } = await sweepDeadRuns();
  if (removed.length > 0) print(`Removed what earlier runs that died had left: ${removed.join(', ')}`);
  for (const { error } of failed) print(teardownText(error));
}

async function cleanUp(run: Run): Promise<StepResult> {
  const begun = performance.now();
  const result: StepResult = { number: steps.length + 1, name: 'clean up', outcome: 'failed', durationMs: 0 };
  try {
    await takeDown(run);
    result.outcome = 'done';
  } catch (error) {
    print(teardownText(error));
  }
  result.durationMs = performance.now() - begun;
  print(
    `${result.outcome === 'done' ? '✔' : '✖'} ${String(result.number).padStart(2)} ${'clean up'.padEnd(70)} ${seconds(result.durationMs).padStart(7)}`,
  );
  return result;
}

/** Must come before the run's folder goes. */
function sayFailure(run: Run, { step, error }: Failure): void {
  if (error instanceof Interrupted) {
    print(`\nStep ${step.number}, ${step.name}, was ${error.message}.`);
    return;
  }
  print(`\nStep ${step.number}, ${step.name}, failed: ${error instanceof Error ? error.message : String(error)}`);
  print(`Logs: ${saveLogs(run)}`);
}

async function demo(options: DemoOptions): Promise<number> {
  if (process.getuid?.() !== 0) {
    print('The demo makes network namespaces, switches and VMs: it needs root.');
    return 1;
  }
  const begun = performance.now();
  const { signal } = listenForInterrupts();
  await sweep();
  const run = createRun();
  const context: DemoWithoutVoice = { run, options, parts: {} };
  const outcome = await endableBy(signal, run, runSteps(steps, context, createReporter(process.stdout), signal));
  const results = [...outcome.results];
  if (outcome.failure === undefined && options.keep) {
    keepRun(run);
    print(`\n${lookAroundText(context)}`);
  } else {
    if (outcome.failure !== undefined) sayFailure(run, outcome.failure);
    results.push(await cleanUp(run));
  }
  print(closingTable(results, performance.now() - begun));
  return results.some(({ outcome: how }) => how === 'failed') ? 1 : 0;
}

const options = readDemoOptions(process.argv.slice(2));
process.exitCode = options.down ? await down() : await demo(options);
