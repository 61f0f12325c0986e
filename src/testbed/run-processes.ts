/** The processes of a run: started, recorded by pid and start time, and ended; these and no others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { runCommand } from '../lib/run-command.js';
import { WaitTimeout, waitUntil } from '../lib/wait-until.js';
import { listNamespaces } from './network-namespace.js';
import {
  identifyProcess,
  isAlive,
  listPids,
  type ProcessIdentity,
  startEnvironment,
  workingDirectory,
} from './process-identity.js';
import { type Run, runEnvironment, runPath, runVariable } from './run-directory.js';

export interface RecordedProcess extends ProcessIdentity {
  what: string;
}

const recordFile = (run: Run): string => runPath(run, 'processes');

export function recordProcess(run: Run, pid: number, what: string): RecordedProcess {
  const identity = identifyProcess(pid);
  if (identity === undefined) throw new Error(`${what}: ended as soon as it was started`);
  const recorded = { ...identity, what };
  appendFileSync(recordFile(run), `${JSON.stringify(recorded)}\n`);
  return recorded;
}

export function recordedProcesses(run: Run): RecordedProcess[] {
  if (!existsSync(recordFile(run))) return [];
  return readFileSync(recordFile(run), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as RecordedProcess);
}

export interface DaemonOptions {
  what: string;
  program: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

export interface Daemon extends RecordedProcess {
  logFile: string;
  child: ChildProcess;
}

/** Starts a program that stays, in a session of its own (a Ctrl-C at the terminal is not for it), with its output in a log. */
export function startDaemon(run: Run, options: DaemonOptions): Daemon {
  const logFile = runPath(run, 'logs', `${options.what}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(options.program, [...options.args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...runEnvironment(run), ...options.env },
    cwd: options.cwd ?? run.directory,
  });
  closeSync(log);
  child.on('error', () => {});
  if (child.pid === undefined) throw new Error(`${options.program} could not be started: is it installed?`);
  child.unref();
  return { ...recordProcess(run, child.pid, options.what), logFile, child };
}

/** Waits for what shows that a daemon serves; if the daemon ends before, says so with the end of its log. */
export async function waitForDaemon(daemon: Daemon, ready: () => boolean | Promise<boolean>, timeoutMs = 90_000) {
  const tail = () => readFileSync(daemon.logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  try {
    await waitUntil(
      async () => {
        if (await ready()) return true;
        if (!isAlive(daemon)) throw new Error(`${daemon.what} ended before it was ready:\n${tail()}`);
        return false;
      },
      { what: `${daemon.what} to be ready`, timeoutMs, intervalMs: 20 },
    );
  } catch (error) {
    if (error instanceof WaitTimeout) throw new Error(`${error.message}; its log ends:\n${tail()}`);
    throw error;
  }
}

async function pidsInNamespaces(run: Run): Promise<number[]> {
  const namespaces = (await listNamespaces()).filter((name) => name.startsWith(`iris-${run.id}-`));
  const lists = await Promise.all(namespaces.map((name) => runCommand('ip', ['netns', 'pids', name])));
  return lists.flatMap(({ stdout }) =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map(Number),
  );
}

/**
 * What still runs of this run. Beside the recorded: what lives in a namespace of ours (QEMU, which libvirtd started), has our
 * variable in its environment, or works inside our folder (PostgreSQL).
 */
export async function findRunProcesses(run: Run): Promise<ProcessIdentity[]> {
  const recorded = recordedProcesses(run).filter(isAlive);
  const mark = `${runVariable}=${run.id}`;
  const related = listPids().filter(
    (pid) =>
      pid !== process.pid &&
      (workingDirectory(pid)?.startsWith(`${run.directory}/`) === true || startEnvironment(pid).includes(mark)),
  );
  const pids = new Set([...recorded.map(({ pid }) => pid), ...related, ...(await pidsInNamespaces(run))]);
  return [...pids].map(identifyProcess).filter((found) => found !== undefined && isAlive(found)) as ProcessIdentity[];
}

function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks all to end, waits, and forces those that do not. */
export async function endProcesses(processes: readonly ProcessIdentity[], graceMs = 3_000): Promise<void> {
  const gone = () => !processes.some(isAlive);
  for (const process of processes) signal(process, 'SIGTERM');
  try {
    await waitUntil(gone, { what: 'processes to end', timeoutMs: graceMs, intervalMs: 20 });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    for (const process of processes) signal(process, 'SIGKILL');
    await waitUntil(gone, { what: 'killed processes to be gone', timeoutMs: 60_000, intervalMs: 20 });
  }
}
