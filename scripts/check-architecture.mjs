// Holds the sources against the arrows of .dependency-cruiser.cjs. Fails also when it saw next to nothing: a parser that
// cannot read the sources finds no violation either.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const fewestModules = 100;
const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const result = spawnSync(
  process.execPath,
  [cruiser, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'],
  {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  },
);
if (result.stdout === '') throw new Error(`dependency-cruiser said nothing: ${result.stderr}`);
const { summary } = JSON.parse(result.stdout);
for (const { rule, from, to, cycle } of summary.violations) {
  const path = cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ');
  console.error(`${rule.severity} ${rule.name}: ${from} → ${path}`);
}
console.log(
  `${summary.totalCruised} modules, ${summary.totalDependenciesCruised} imports, ${summary.error} violations`,
);
if (summary.totalCruised < fewestModules)
  console.error(`only ${summary.totalCruised} modules were read: the check checks nothing`);
process.exitCode = summary.error > 0 || summary.totalCruised < fewestModules ? 1 : 0;
