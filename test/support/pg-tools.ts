/** PostgreSQL's own pg_dump and pg_restore, where this machine has them, with a server that they can talk to: none that is newer than they are. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findPostgresBinaries, type PostgresBinaries } from '../../src/lib/postgres/postgres-binaries.js';
import { runCommand } from '../../src/lib/run-command.js';

export interface PgTools {
  pgDump: string;
  pgRestore: string;
  /** Of the same folder, or the embedded one where that is no newer. */
  server: PostgresBinaries;
}

/** Where Debian and its like put them: a folder for each major version. */
const parent = '/usr/lib/postgresql';

const foldersOf = (): string[] =>
  existsSync(parent)
    ? readdirSync(parent)
        .filter((name) => /^\d+$/.test(name))
        .sort((a, b) => Number(b) - Number(a))
        .map((name) => join(parent, name))
    : [];

const majorOf = async (program: string): Promise<number> =>
  Number(/(\d+)/.exec((await runCommand(program, ['--version'])).stdout)![1]);

/** Oldest server that Iris takes. */
const oldestMajor = 15;

export async function findPgTools(): Promise<PgTools | undefined> {
  for (const root of foldersOf()) {
    const [pgDump, pgRestore, initdb, postgres] = ['pg_dump', 'pg_restore', 'initdb', 'postgres'].map((name) =>
      join(root, 'bin', name),
    ) as [string, string, string, string];
    if (!existsSync(pgDump) || !existsSync(pgRestore)) continue;
    const major = await majorOf(pgDump);
    if (existsSync(initdb) && existsSync(postgres) && major >= oldestMajor)
      return { pgDump, pgRestore, server: { root, initdb, postgres } };
    const embedded = await findPostgresBinaries();
    if (major >= (await majorOf(embedded.postgres))) return { pgDump, pgRestore, server: embedded };
  }
  return undefined;
}
