// The suite as lanes that run side by side, each a mocha process: what needs root and real parts mostly waits for them, and
// meanwhile the rest computes. The first lane is shown as it goes, the others when they have ended. A file in which something
// failed is then run once more, alone: machines that others use as well can be late. What failed first is told all the same.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
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

/** More than so many files have not failed because the machine was late. */
const mostFilesAgain = 6;

/** Of a process that ended without telling. */
const untold = ({ name }, status) => ({
  files: { [`lane ${name}`]: { passes: 0, failures: 1, pending: 0 } },
  failed: [{ title: `the tests' process (${name})`, reason: `ended with status ${status} before it was through` }],
});

/** One mocha process. `output`: 'shown' as it comes, 'kept' until it has ended, 'quiet'. */
function runLane(lane, { coverage, run, output }) {
  const counts = join(root, 'dist', `.test-counts-${run}-${lane.name}.json`);
  const child = spawn(process.execPath, [mocha, ...mochaOptions, ...lane.options, ...lane.files], {
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
      const written = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : undefined;
      rmSync(counts, { force: true });
      const whole = written !== undefined && (status === 0 || written.failed.length > 0);
      const told = whole ? written : untold(lane, status);
      resolve({ ...told, text: Buffer.concat(kept) });
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

const sum = (files, key) => Object.values(files).reduce((total, counts) => total + counts[key], 0);

/** The files that have a second try: none where a process itself failed, or too much did. */
function chooseAgain(failed) {
  const files = [...new Set(failed.map(({ file }) => file))];
  return files.includes(undefined) || files.length > mostFilesAgain ? [] : files;
}

async function runAgain(again, options, settings) {
  if (again.length > 0) console.log(`\nAGAIN, alone: ${again.map((file) => relative(root, file)).join(', ')}`);
  const results = [];
  for (const file of again) results.push(await runLane({ name: 'again', options, files: [file] }, settings));
  return merge(results);
}

const merge = (results) => ({
  files: Object.assign({}, ...results.map(({ files }) => files)),
  failed: results.flatMap(({ failed }) => failed),
});

/**
 * Runs the lanes, each `{ name, options of mocha, files }`, says what they said, and returns their counts as one: those of a second try in place
 * of the first's. `failed` is what failed at last, `failedFirst` what failed at a first try that had a second.
 */
export async function runSuite(lanes, { coverage = false, run, quiet = false, secondTry = false }) {
  if (coverage) rmSync(coverageFolder, { recursive: true, force: true });
  const outputOf = (index) => (quiet ? 'quiet' : index === 0 ? 'shown' : 'kept');
  const results = await Promise.all(
    lanes.map((lane, index) => runLane(lane, { coverage, run, output: outputOf(index) })),
  );
  for (const { text } of results) process.stdout.write(text);
  const first = merge(results);
  const again = secondTry ? chooseAgain(first.failed) : [];
  const second = await runAgain(again, lanes[0].options, { coverage, run, output: 'shown' });
  if (coverage) reportCoverage();
  const files = { ...first.files, ...second.files };
  return {
    passes: sum(files, 'passes'),
    failures: sum(files, 'failures'),
    pending: sum(files, 'pending'),
    ...(again.length > 0
      ? { failed: second.failed, failedFirst: first.failed }
      : { failed: first.failed, failedFirst: [] }),
  };
}
