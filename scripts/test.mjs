// `npm test`: makes the clone ready, installs what the tests on real parts need (as root), and runs the suite.
// Arguments go to mocha; naming spec files runs only those. Without root, `*.root.test.js` are left out, loudly and in numbers.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { leftoversSince, takeStock } from './leftovers.mjs';
import { filesBelow, prepare, root } from './prepare.mjs';
import { runSuite } from './suite.mjs';
import { installMissing } from './system-packages.mjs';

const needsRoot = (file) => file.endsWith('.root.test.js');
/** Whole sites with their daemons and VMs, which take the longest. */
const isWhole = (file) => file.startsWith(join(root, 'dist', 'test', 'e2e'));

function chooseSpecs() {
  const sourceOf = (file) => join(root, file.slice(join(root, 'dist').length)).replace(/\.js$/, '.ts');
  const sources = new Set(filesBelow(join(root, 'test')));
  // A compiled test whose source is gone is not a test any more.
  const present = filesBelow(join(root, 'dist', 'test'))
    .filter((file) => file.endsWith('.test.js') && sources.has(sourceOf(file)))
    .sort();
  return { plain: present.filter((file) => !needsRoot(file)), real: present.filter(needsRoot) };
}

/** Says how many tests did not run, and returns the number: mocha counts them without running them. */
async function sayWhatDidNotRun(real, run) {
  const { passes } = await runSuite([{ name: 'real', options: ['--dry-run'], files: real }], { run, quiet: true });
  console.log(`\nNOT RUN, since you are not root: ${passes} tests on real parts in ${real.length} files:`);
  for (const file of real) console.log(`  ${file.slice(root.length + 1)}`);
  return passes;
}

const mostLines = 14;

function sayWhatFailed(heading, failed) {
  if (failed.length === 0) return;
  console.log(`\n${heading}:`);
  for (const { title, reason } of failed)
    console.log(`  ${title}\n    ${reason.split('\n').slice(0, mostLines).join('\n    ')}`);
}

async function main() {
  prepare();
  const isRoot = process.getuid() === 0;
  if (isRoot) installMissing((line) => console.log(line));
  const given = process.argv.slice(2).filter((argument) => argument !== '--coverage');
  const { plain, real } = chooseSpecs();
  const namesFiles = given.some((argument) => argument.endsWith('.js'));
  const toLane = (name, files) => ({ name, options: given, files });
  const realLanes = [
    toLane('whole', real.filter(isWhole)),
    toLane(
      'parts',
      real.filter((file) => !isWhole(file)),
    ),
  ];
  const all = [...(isRoot ? realLanes : []), toLane('plain', plain)];
  const run = randomUUID();
  const before = takeStock();
  const result = await runSuite(namesFiles ? [{ name: 'named', options: given, files: [] }] : all, {
    coverage: process.argv.includes('--coverage'),
    run,
    secondTry: !namesFiles,
  });
  const notRun = isRoot || namesFiles ? 0 : await sayWhatDidNotRun(real, run);
  sayWhatFailed('FAILED AT THE FIRST TRY', result.failedFirst);
  sayWhatFailed('FAILED', result.failed);
  const left = leftoversSince(before, run);
  for (const line of left) console.error(`left behind: ${line}`);
  const skipped = result.pending + notRun;
  console.log(`\n${result.passes} passed, ${result.failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = result.failures === 0 && (left.length === 0 || process.env.CI === undefined) ? 0 : 1;
}

main().catch((error) => {
  console.error(`test: ${error.message}`);
  process.exitCode = 1;
});
