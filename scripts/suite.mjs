// The suite as lanes that run side by side, each a mocha process: what needs root and real parts mostly waits for them, and
// meanwhile the rest computes. The first lane is shown as it goes, the others when they have ended.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runVariable } from './leftovers.mjs';
import { root } from './prepare.mjs';

const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const c8 = join(root, 'node_modules', 'c8', 'bin', 'c8.js');
const coverageFolder = join(root, 'coverage', 'tmp');

const mochaOptions = [
  '--no-config',
  '--timeout',
  '60000',
  '--enable-source-maps',
  '--reporter',
  join(root, 'scripts', 'counting-reporter.cjs'),
];
const reportOptions = ['--temp-directory', coverageFolder, '--reporter', 'text-summary', '--reporter', 'lcovonly'];

const nothingCounted = { passes: 0, failures: 1, pending: 0, retried: [] };

/** One mocha process. `output`: 'shown' as it comes, 'kept' until it has ended, 'quiet'. */
function runLane({ name, arguments: given }, { coverage, run, output }) {
  const counts = join(root, 'dist', `.test-counts-${run}-${name}.json`);
  const child = spawn(process.execPath, [mocha, ...mochaOptions, ...given], {
    cwd: root,
    stdio: ['ignore', { shown: 'inherit', kept: 'pipe', quiet: 'ignore' }[output], 'inherit'],
    env: {
      ...process.env,
      [runVariable]: run,
      IRIS_TEST_COUNTS: counts,
      ...(coverage ? { NODE_V8_COVERAGE: coverageFolder } : {}),
    },
  });
  const kept = [];
  child.stdout?.on('data', (chunk) => kept.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      const known = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : nothingCounted;
      rmSync(counts, { force: true });
      resolve({ status, ...known, text: Buffer.concat(kept) });
    });
  });
}

function reportCoverage() {
  spawnSync(process.execPath, [c8, 'report', ...reportOptions, '--include=dist/src/**'], {
    cwd: root,
    stdio: 'inherit',
  });
  rmSync(coverageFolder, { recursive: true, force: true });
}

const sum = (results, key) => results.reduce((total, result) => total + result[key], 0);

/** Runs the lanes, says what they said, and returns their counts as one. */
export async function runSuite(lanes, { coverage = false, run, quiet = false }) {
  rmSync(coverageFolder, { recursive: true, force: true });
  const outputOf = (index) => (quiet ? 'quiet' : index === 0 ? 'shown' : 'kept');
  const results = await Promise.all(
    lanes.map((lane, index) => runLane(lane, { coverage, run, output: outputOf(index) })),
  );
  for (const { text } of results) process.stdout.write(text);
  if (coverage) reportCoverage();
  return {
    ok: results.every(({ status }) => status === 0),
    passes: sum(results, 'passes'),
    failures: sum(results, 'failures'),
    pending: sum(results, 'pending'),
    retried: results.flatMap(({ retried }) => retried),
  };
}
