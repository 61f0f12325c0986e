/**
 * As whom the embedded server runs. PostgreSQL refuses root, so root lends it an account that exists already; none is made. On
 * Linux setpriv also ties the server's life to ours, and lets it pass folders (root's home, say) that its account may not.
 */
import { constants, existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Account {
  uid: number;
  gid: number;
}

const candidates = ['postgres', 'nobody'];

/** The account that owns the data already, or the first candidate there is; undefined: we are not root, run as ourselves. */
export async function chooseAccount(dataDirectory: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataDirectory).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of candidates) {
    const entry = accounts.find((fields) => fields[0] === name);
    if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error(
    `PostgreSQL does not run as root, and there is no account ${candidates.join(' or ')}: set DATABASE_URL`,
  );
}

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

async function isOpenToAll(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & constants.S_IXOTH) === 0) return false;
  return dirname(path) === path || isOpenToAll(dirname(path));
}

const passFolders = ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'];

/** The command, made to run as the account and to be interrupted when this process dies. `folders` are what it must reach. */
export async function asAccount(
  account: Account | undefined,
  folders: readonly string[],
  command: readonly [string, ...string[]],
): Promise<[string, ...string[]]> {
  if (setpriv === undefined) {
    if (account === undefined) return [...command];
    throw new Error(
      'as root the embedded PostgreSQL needs setpriv (package util-linux): install it, or set DATABASE_URL',
    );
  }
  const flags = ['--pdeathsig', 'INT'];
  if (account !== undefined) {
    flags.push('--reuid', `${account.uid}`, '--regid', `${account.gid}`, '--clear-groups');
    const open = await Promise.all(folders.map((folder) => isOpenToAll(folder)));
    if (open.includes(false)) flags.push(...passFolders);
  }
  return [setpriv, ...flags, '--', ...command];
}
