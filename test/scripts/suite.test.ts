// The end of `npm test`: what failed first is run again alone, and told in any case.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Outcome {
  passes: number;
  failures: number;
  pending: number;
  failed: { file?: string; title: string; reason: string }[];
  failedFirst: { title: string; reason: string }[];
}

const passing = `it('passes', () => {}); it('waits');`;
/** Its hook fails, unless its file has been run before. */
const failingOnce = (trace: string): string => `
  const fs = require('node:fs');
  describe('late', () => {
    before(() => { if (!fs.existsSync('${trace}')) { fs.writeFileSync('${trace}', ''); throw new Error('not yet'); } });
    it('one', () => {});
    it('two', () => {});
  });`;
const failing = `it('fails', () => { throw new Error('never'); });`;
const dying = `it('dies', () => process.exit(3));`;

describe('the lanes of the suite', () => {
  let folder: string;
  beforeEach(() => {
    mkdirSync('dist', { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'iris-suite-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function runLanes(lanes: Record<string, string>[]): Outcome {
    const given = lanes.map((files, index) => ({
      name: `lane-${index}`,
      options: [],
      files: Object.entries(files).map(([name, text]) => {
        const file = join(folder, name);
        writeFileSync(file, text);
        return file;
      }),
    }));
    const script = `
      import { runSuite } from ${JSON.stringify(resolve('scripts/suite.mjs'))};
      import { writeFileSync } from 'node:fs';
      const outcome = await runSuite(${JSON.stringify(given)}, { run: 'suite-test-${process.pid}', secondTry: true });
      writeFileSync(${JSON.stringify(join(folder, 'outcome'))}, JSON.stringify(outcome));`;
    writeFileSync(join(folder, 'run.mjs'), script);
    execFileSync(process.execPath, [join(folder, 'run.mjs')], { stdio: 'pipe' });
    return JSON.parse(readFileSync(join(folder, 'outcome'), 'utf8')) as Outcome;
  }

  const titles = (failed: { title: string }[]): string[] => failed.map(({ title }) => title);

  it('a file whose hook failed passes at its second try, and is told with the reason', () => {
    const outcome = runLanes([{ 'a.cjs': passing, 'b.cjs': failingOnce(join(folder, 'trace')) }, { 'c.cjs': passing }]);
    const { passes, failures, pending } = outcome;
    assert.deepEqual({ passes, failures, pending }, { passes: 4, failures: 0, pending: 2 });
    assert.deepEqual(outcome.failed, []);
    assert.deepEqual(titles(outcome.failedFirst), ['late "before all" hook for "one"']);
    assert.match(outcome.failedFirst[0]!.reason, /not yet/);
  });

  it('what fails twice has failed, once in number', () => {
    const outcome = runLanes([{ 'a.cjs': passing + failing }]);
    assert.deepEqual([outcome.passes, outcome.failures], [1, 1]);
    assert.deepEqual(titles(outcome.failed), ['fails']);
    assert.match(outcome.failed[0]!.reason, /never/);
  });

  it('a lane that died has failed, whatever the others say', () => {
    const outcome = runLanes([{ 'a.cjs': passing }, { 'b.cjs': dying }]);
    assert.deepEqual([outcome.passes, outcome.failures], [1, 1]);
    assert.match(outcome.failed[0]!.reason, /status 3/);
  });

  it('where many files fail, none has a second try', () => {
    const outcome = runLanes([Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`${n}.cjs`, failing]))]);
    assert.equal(outcome.failures, 7);
    assert.deepEqual(outcome.failedFirst, []);
  });
});
