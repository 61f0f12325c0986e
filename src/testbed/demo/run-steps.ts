/** Runs steps one after the other until one fails, and times them. */
import type { Reporter } from './reporter.js';
import type { Demo, Step } from './step.js';

export interface StepResult {
  number: number;
  name: string;
  outcome: 'done' | 'failed' | 'not run' | 'left out';
  durationMs: number;
}

export interface Failure {
  step: StepResult;
  error: unknown;
}

export interface RunOfSteps {
  results: StepResult[];
  failure?: Failure;
}

export type DemoWithoutVoice = Omit<Demo, 'say' | 'announce' | 'progress'>;

export async function runSteps(
  steps: readonly Step[],
  demo: DemoWithoutVoice,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<RunOfSteps> {
  const { say, announce, progress } = reporter;
  const voiced: Demo = { ...demo, say, announce, progress };
  const results: StepResult[] = steps.map(({ name }, index) => ({
    number: index + 1,
    name,
    outcome: 'not run',
    durationMs: 0,
  }));
  for (const [index, step] of steps.entries()) {
    const result = results[index]!;
    if (demo.options.keep && step.takesDown) {
      result.outcome = 'left out';
      continue;
    }
    const begun = performance.now();
    reporter.begin(result.number, step.name);
    try {
      signal.throwIfAborted();
      await step.run(voiced);
      signal.throwIfAborted();
      result.outcome = 'done';
    } catch (error) {
      result.outcome = 'failed';
      return { results, failure: { step: result, error: signal.aborted ? signal.reason : error } };
    } finally {
      result.durationMs = performance.now() - begun;
      reporter.end(result.outcome === 'done' ? 'done' : 'failed', result.durationMs);
    }
  }
  return { results };
}
