/**
 * Which process a pid means. Pids are used again, so a process is named by its pid and the time it started
 * (field 22 of /proc/PID/stat, in clock ticks since boot).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

function readProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // The process ended while we looked, or is a kernel thread that has no such entry.
    return undefined;
  }
}

/** Fields of /proc/PID/stat from the third on; the second, the name in parentheses, may hold anything. */
function statFields(pid: number): string[] | undefined {
  const stat = readProc(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = statFields(pid)?.[19];
  return startTime === undefined ? undefined : { pid, startTime };
}

/** A zombie counts as ended: nothing of it runs, and only its parent can bury it. */
export function isAlive(process: ProcessIdentity): boolean {
  const fields = statFields(process.pid);
  return fields !== undefined && fields[19] === process.startTime && fields[0] !== 'Z';
}

export const listPids = (): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);

export const workingDirectory = (pid: number): string | undefined => readProc(() => readlinkSync(`/proc/${pid}/cwd`));

/** The environment that the process was started with. */
export const startEnvironment = (pid: number): string[] =>
  readProc(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))?.split('\0') ?? [];
