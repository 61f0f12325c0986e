// Makes a clone ready to run: npm packages as the lock file has them, then dist/ from the sources. Does nothing where
// both are up to date. Plain Node without packages, since it runs before there are any.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = 20;

const modifiedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** Every file below a folder, as absolute paths. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

const newestIn = (folder) => filesBelow(folder).reduce((newest, path) => Math.max(newest, modifiedAt(path)), 0);

/** npm and tsc speak on stderr, so that the `--json` of what follows stays clean. */
const run = (program, args) => execFileSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] });

function ensureNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < oldestNode)
    throw new Error(`Node ${process.versions.node} is too old: Iris needs ${oldestNode} or newer`);
}

function ensurePackages(say) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = join(root, 'node_modules', '.iris-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing the npm packages of package-lock.json: the libraries that Iris is built on');
  run('npm', ['ci', '--no-progress', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

function ensureBuilt(say) {
  const stamp = join(root, 'dist', '.iris-built');
  const newest = Math.max(
    ...['src', 'test', 'bench', 'migrations'].map((name) => newestIn(join(root, name))),
    modifiedAt(join(root, 'tsconfig.json')),
  );
  if (modifiedAt(stamp) >= newest) return;
  say('compiling the TypeScript sources to dist/');
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']);
  writeFileSync(stamp, '');
}

export function prepare(say = (line) => console.error(`prepare: ${line}`)) {
  ensureNode();
  ensurePackages(say);
  ensureBuilt(say);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    prepare();
  } catch (error) {
    console.error(`prepare: ${error.message}`);
    process.exit(1);
  }
}
