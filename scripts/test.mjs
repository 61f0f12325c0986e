// `npm test`: makes the clone ready, installs what the tests on real parts need (as root), and runs the suite.
// Arguments go to mocha; naming spec files runs only those. Without root, `*.root.test.js` are left out, loudly and in numbers.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { leftoversSince, runVariable, takeStock } from './leftovers.mjs';
import { filesBelow, prepare, root } from './prepare.mjs';
import { installMissing } from './system-packages.mjs';

const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const needsRoot = (file) => file.endsWith('.root.test.js');

function chooseSpecs() {
  const all = filesBelow(join(root, 'dist', 'test'))
    .filter((file) => file.endsWith('.test.js'))
    .sort();
  const sourceOf = (file) => join(root, file.slice(join(root, 'dist').length)).replace(/\.js$/, '.ts');
  const sources = new Set(filesBelow(join(root, 'test')));
  // A compiled test whose source is gone is not a test any more.
  const present = all.filter((file) => sources.has(sourceOf(file)));
  if (process.getuid() === 0) return { specs: present, leftOut: [] };
  return { specs: present.filter((file) => !needsRoot(file)), leftOut: present.filter(needsRoot) };
}

const mochaOptions = [
  '--no-config',
  '--timeout',
  '60000',
  '--enable-source-maps',
  '--reporter',
  join(root, 'scripts', 'counting-reporter.cjs'),
];
const coverageOptions = [
  '--temp-directory',
  'coverage/tmp',
  '--reporter',
  'text-summary',
  '--reporter',
  'lcovonly',
  '--include=dist/src/**',
];

/** The suite in a process of its own; returns its exit code and its counts. */
function runSuite(files, { coverage, run, quiet = false }) {
  const counts = join(root, 'dist', `.test-counts-${run}.json`);
  const tests = [mocha, ...mochaOptions, ...files];
  const command = coverage
    ? [join(root, 'node_modules', 'c8', 'bin', 'c8.js'), ...coverageOptions, process.execPath, ...tests]
    : tests;
  const { status } = spawnSync(process.execPath, command, {
    cwd: root,
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
    env: { ...process.env, [runVariable]: run, IRIS_TEST_COUNTS: counts },
  });
  const known = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : { passes: 0, failures: 1, pending: 0 };
  rmSync(counts, { force: true });
  rmSync(join(root, 'coverage', 'tmp'), { recursive: true, force: true });
  return { status, ...known };
}

/** Says how many tests did not run, and returns the number: mocha counts them without running them. */
function sayWhatDidNotRun(leftOut, run) {
  if (leftOut.length === 0) return 0;
  const { passes } = runSuite(['--dry-run', ...leftOut], { coverage: false, run, quiet: true });
  console.log(`\nNOT RUN, since you are not root: ${passes} tests on real parts in ${leftOut.length} files:`);
  for (const file of leftOut) console.log(`  ${file.slice(root.length + 1)}`);
  return passes;
}

function main() {
  prepare();
  if (process.getuid() === 0) installMissing((line) => console.log(line));
  const given = process.argv.slice(2).filter((argument) => argument !== '--coverage');
  const { specs, leftOut } = chooseSpecs();
  const run = randomUUID();
  const before = takeStock();
  const namesFiles = given.some((argument) => argument.endsWith('.js'));
  const result = runSuite(namesFiles ? given : [...given, ...specs], {
    coverage: process.argv.includes('--coverage'),
    run,
  });
  const notRun = sayWhatDidNotRun(leftOut, run);
  const left = leftoversSince(before, run);
  for (const line of left) console.error(`left behind: ${line}`);
  const skipped = result.pending + notRun;
  console.log(`\n${result.passes} passed, ${result.failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = result.status === 0 && (left.length === 0 || process.env.CI === undefined) ? 0 : 1;
}

try {
  main();
} catch (error) {
  console.error(`test: ${error.message}`);
  process.exitCode = 1;
}
