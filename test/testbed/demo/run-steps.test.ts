/** The demo's steps are run in order, timed, and stop at the first that fails. */
import assert from 'node:assert/strict';
import { defaultDemoOptions } from '../../../src/testbed/demo/options.js';
import type { Reporter } from '../../../src/testbed/demo/reporter.js';
import { runSteps } from '../../../src/testbed/demo/run-steps.js';
import { NotShown, type Step } from '../../../src/testbed/demo/step.js';

function recording(): { reporter: Reporter; lines: string[] } {
  const lines: string[] = [];
  const reporter: Reporter = {
    begin: (number, name) => void lines.push(`begin ${number} ${name}`),
    progress: (text) => void lines.push(`progress ${text}`),
    announce: (line) => void lines.push(`announce ${line}`),
    say: (line) => void lines.push(`say ${line}`),
    end: (outcome) => void lines.push(`end ${outcome}`),
  };
  return { reporter, lines };
}

const demo = { run: { id: 'abcd', directory: '/nowhere' }, options: defaultDemoOptions, parts: {} };
const { signal: never } = new AbortController();

const first: Step = { name: 'first', run: async ({ say }) => say('seen') };
const failing: Step = {
  name: 'failing',
  run: async () => {
    throw new NotShown('it is not so');
  },
};
const last: Step = { name: 'last', takesDown: true, run: async () => {} };

describe('the steps of the demo', () => {
  it('run in order, each begun and ended', async () => {
    const { reporter, lines } = recording();
    const { results, failure } = await runSteps([first, last], demo, reporter, never);
    assert.equal(failure, undefined);
    assert.deepEqual(
      results.map(({ number, outcome }) => [number, outcome]),
      [
        [1, 'done'],
        [2, 'done'],
      ],
    );
    assert.deepEqual(lines, ['begin 1 first', 'say seen', 'end done', 'begin 2 last', 'end done']);
  });

  it('stop at the one that fails, and say which and why', async () => {
    const { reporter, lines } = recording();
    const { results, failure } = await runSteps([first, failing, last], demo, reporter, never);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['done', 'failed', 'not run'],
    );
    assert.equal(failure?.step.name, 'failing');
    assert.ok(failure?.error instanceof NotShown);
    assert.equal(lines.at(-1), 'end failed');
  });

  it('that take down are left out with --keep', async () => {
    const { reporter } = recording();
    const kept = { ...demo, options: { ...demo.options, keep: true } };
    const { results, failure } = await runSteps([first, last], kept, reporter, never);
    assert.equal(failure, undefined);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['done', 'left out'],
    );
  });

  it('fail with the interrupt, whatever the step itself says of it', async () => {
    const { reporter } = recording();
    const controller = new AbortController();
    const reason = new Error('stopped');
    const interrupted: Step = {
      name: 'interrupted',
      run: async () => {
        controller.abort(reason);
        throw new Error('a process that it waited for was ended');
      },
    };
    const { failure } = await runSteps([interrupted, last], demo, reporter, controller.signal);
    assert.equal(failure?.error, reason);
  });
});
