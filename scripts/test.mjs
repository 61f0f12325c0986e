// `npm test`: makes the clone ready, installs what the tests on real parts need (as root), and runs the suite.
// Arguments go to mocha; naming spec files runs only those. Without root, `*.root.test.js` are left out, loudly and in numbers.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leftoversSince, runVariable, takeStock } from './leftovers.mjs';
import { filesBelow, prepare, root } from './prepare.mjs';
import { installMissing } from './system-packages.mjs';

const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
const needsRoot = (file) => file.endsWith('.root.test.js');

/** How many tests a file declares, for the line that says what did not run. */
const countTests = (files) =>
  files.reduce((sum, file) => sum + (readFileSync(file, 'utf8').match(/^\s*it\(/gm)?.length ?? 0), 0);

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

function main() {
  prepare();
  if (process.getuid() === 0) installMissing((line) => console.log(line));
  const given = process.argv.slice(2);
  const { specs, leftOut } = chooseSpecs();
  const run = randomUUID();
  const before = takeStock();
  const chosen = given.some((argument) => argument.endsWith('.js')) ? [] : specs;
  const result = spawnSync(process.execPath, [mocha, '--no-config', ...mochaOptions, ...given, ...chosen], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [runVariable]: run },
  });
  if (leftOut.length > 0) {
    console.log(
      `\nNOT RUN, since you are not root: ${countTests(leftOut)} tests on real parts in ${leftOut.length} files:`,
    );
    for (const file of leftOut) console.log(`  ${file.slice(root.length + 1)}`);
  }
  const left = leftoversSince(before, run);
  for (const line of left) console.error(`left behind: ${line}`);
  process.exitCode = result.status === 0 && (left.length === 0 || process.env.CI === undefined) ? 0 : 1;
}

const mochaOptions = [
  '--timeout',
  '60000',
  '--enable-source-maps',
  '--reporter',
  join(root, 'scripts', 'closing-line-reporter.cjs'),
];

try {
  main();
} catch (error) {
  console.error(`test: ${error.message}`);
  process.exitCode = 1;
}
