/** `npm run demo`: the steps, what is left running or not, and the closing table. */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { createRun, keepRun, listRuns, type Run, runPath, runState } from '../run-directory.js';
import { sweepDeadRuns, takeDown } from '../teardown.js';
import { endableBy, Interrupted, listenForInterrupts } from './interrupt.js';
import { lookAroundText } from './look-around.js';
import { type DemoOptions, readDemoOptions } from './options.js';
import { createReporter, seconds } from './reporter.js';
import { type DemoWithoutVoice, type RunOfSteps, runSteps, type StepResult } from './run-steps.js';
import { steps } from './steps.js';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function closingTable(results: readonly StepResult[], totalMs: number): string {
  const table = new Table({
    head: ['', 'step', 'result', 'time'],
    style: { head: [], border: [], compact: true },
    colAligns: ['right', 'left', 'left', 'right'],
  });
  for (const { number, name, outcome, durationMs } of results)
    table.push([number, name, outcome, outcome === 'not run' ? '' : seconds(durationMs)]);
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
  const gone = listRuns().filter((run) => runState(run) !== 'living');
  for (const run of gone) {
    await takeDown(run);
    print(`run ${run.id}: removed`);
  }
  if (gone.length === 0) print('nothing was left running');
  return 0;
}

async function cleanUp(run: Run): Promise<StepResult> {
  const begun = performance.now();
  const result: StepResult = { number: steps.length + 1, name: 'clean up', outcome: 'failed', durationMs: 0 };
  try {
    await takeDown(run);
    result.outcome = 'done';
  } catch (error) {
    const causes = error instanceof AggregateError ? error.errors : [];
    print([error, ...causes].map((cause) => (cause instanceof Error ? cause.message : String(cause))).join('\n  '));
  }
  result.durationMs = performance.now() - begun;
  print(
    `${result.outcome === 'done' ? '✔' : '✖'} ${String(result.number).padStart(2)} ${'clean up'.padEnd(70)} ${seconds(result.durationMs).padStart(7)}`,
  );
  return result;
}

function sayFailure({ failure }: RunOfSteps, logs: string): void {
  if (failure === undefined) return;
  const { step, error } = failure;
  const why = error instanceof Error ? error.message : String(error);
  print(`\nStep ${step.number}, ${step.name}, ${error instanceof Interrupted ? 'was' : 'failed:'} ${why}`);
  print(`Logs: ${logs}`);
}

async function demo(options: DemoOptions): Promise<number> {
  if (process.getuid?.() !== 0) {
    print('The demo makes network namespaces, switches and VMs: it needs root.');
    return 1;
  }
  const begun = performance.now();
  const { signal } = listenForInterrupts();
  const swept = await sweepDeadRuns();
  if (swept.length > 0) print(`Removed what earlier runs that died had left: ${swept.join(', ')}`);
  const run = createRun();
  const context: DemoWithoutVoice = { run, options, parts: {} };
  const outcome = await endableBy(signal, run, runSteps(steps, context, createReporter(process.stdout), signal));
  const results = [...outcome.results];
  if (outcome.failure === undefined && options.keep) {
    keepRun(run);
    print(`\n${lookAroundText(context)}`);
  } else {
    sayFailure(outcome, outcome.failure === undefined ? '' : saveLogs(run));
    results.push(await cleanUp(run));
  }
  print(closingTable(results, performance.now() - begun));
  return results.every((result) => result.outcome === 'done') ? 0 : 1;
}

const options = readDemoOptions(process.argv.slice(2));
process.exitCode = options.down ? await down() : await demo(options);
