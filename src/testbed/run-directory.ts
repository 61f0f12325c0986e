/**
 * A run of the testbed: one folder with everything that it makes, and the record of who owns it. The folder is short, because
 * the path of a unix socket ends at 107 bytes (unix(7)).
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.js';

export const runsDirectory = '/var/lib/iris-testbed';

/** In the environment of every process that a run starts, and so of their children: shows whose they are. */
export const runVariable = 'IRIS_TESTBED_RUN';

export interface Run {
  /** Four hexadecimal digits. */
  id: string;
  directory: string;
}

interface Owner extends ProcessIdentity {
  /** The run outlives its owner until it is taken down by name. */
  keep: boolean;
}

export const runPath = (run: Run, ...path: string[]): string => join(run.directory, ...path);

/** Name of a network namespace of this run. */
export const namespaceName = (run: Run, machine: string): string => `iris-${run.id}-${machine}`;

export const runEnvironment = (run: Run): NodeJS.ProcessEnv => ({ ...process.env, [runVariable]: run.id });

const ownerFile = (run: Run): string => join(run.directory, 'owner.json');

/** At once: who looks sees the whole of it, or the one of before. */
function writeOwner(run: Run, keep: boolean): void {
  const owner: Owner = { ...identifyProcess(process.pid)!, keep };
  const file = ownerFile(run);
  writeFileSync(`${file}.new`, JSON.stringify(owner));
  renameSync(`${file}.new`, file);
}

/** Whether it worked; an error other than the expected ones is thrown. */
function succeeds(work: () => void, expected: readonly string[]): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (expected.includes((error as NodeJS.ErrnoException).code!)) return false;
    throw error;
  }
}

/** Folders that `createRun` has not yet renamed, with the process that makes each. */
const unfinished = /^new-[0-9a-f]{4}-(\d+)$/;

/** It appears under its name with its owner in it: to others a run without one is dead. */
export function createRun(): Run {
  for (;;) {
    const id = randomBytes(2).toString('hex');
    const made = { id, directory: join(runsDirectory, `new-${id}-${process.pid}`) };
    const run = { id, directory: join(runsDirectory, id) };
    // ENOENT: another run ended and took the common folder with it.
    mkdirSync(runsDirectory, { recursive: true, mode: 0o755 });
    if (!succeeds(() => mkdirSync(made.directory, { mode: 0o755 }), ['EEXIST', 'ENOENT'])) continue;
    writeOwner(made, false);
    mkdirSync(runPath(made, 'logs'));
    if (succeeds(() => renameSync(made.directory, run.directory), ['EEXIST', 'ENOTEMPTY'])) return run;
    rmSync(made.directory, { recursive: true });
  }
}

/** From now on the run stays when this process ends. */
export const keepRun = (run: Run): void => writeOwner(run, true);

export function listRuns(): Run[] {
  if (!existsSync(runsDirectory)) return [];
  return readdirSync(runsDirectory)
    .filter((entry) => /^[0-9a-f]{4}$/.test(entry))
    .map((id) => ({ id, directory: join(runsDirectory, id) }));
}

/** Removes what processes that have ended left of runs that they were about to make: nothing but the folder. */
export function removeUnfinishedRuns(): void {
  if (!existsSync(runsDirectory)) return;
  for (const entry of readdirSync(runsDirectory)) {
    const pid = unfinished.exec(entry)?.[1];
    if (pid === undefined) continue;
    const maker = identifyProcess(Number(pid));
    if (maker !== undefined && isAlive(maker)) continue;
    rmSync(join(runsDirectory, entry), { recursive: true, force: true });
  }
  removeRunsDirectory();
}

function readOwner(run: Run): Owner | undefined {
  try {
    return JSON.parse(readFileSync(ownerFile(run), 'utf8')) as Owner;
  } catch {
    // It is being removed.
    return undefined;
  }
}

export type RunState = 'living' | 'kept' | 'dead';

/** Dead: its owner has ended without taking it down. */
export function runState(run: Run): RunState {
  const owner = readOwner(run);
  if (owner === undefined) return 'dead';
  if (owner.keep) return 'kept';
  return isAlive(owner) ? 'living' : 'dead';
}

export function removeRunDirectory(run: Run): void {
  rmSync(run.directory, { recursive: true, force: true, maxRetries: 5 });
  removeRunsDirectory();
}

/** Where nothing is in it any more. */
const removeRunsDirectory = (): boolean => succeeds(() => rmdirSync(runsDirectory), ['ENOTEMPTY', 'ENOENT']);
