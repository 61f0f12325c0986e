/**
 * The coordinator's log: one file a co-allocation, a JSON object a line, only ever appended to, on the disk before anything is
 * done about it. It holds no password and no user data; credentials are read again from the request file. Only its owner reads it: who knows its
 * correlation key knows the ids of every request.
 */
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CoAllocation, Recorded } from './co-allocation.js';

export interface LoggedSite {
  name: string;
  url: string;
  user?: string;
  /** It is asked over NSI: what is needed to go on with it where the request file is not there any more. */
  nsi?: LoggedNsi;
}

export interface LoggedNsi {
  /** NSA ids, of the site and ours. */
  provider: string;
  requester: string;
  autoProvision: boolean;
  terminateOnRelease: boolean;
}

export interface Begun {
  entry: 'begun';
  id: string;
  /** Absolute path: where the credentials are read again. */
  requestFile: string;
  description?: string;
  sites: LoggedSite[];
  /** What correlation ids are derived from. Logs of before have none: theirs were derived from `id`, which every site is told. */
  correlationKey?: string;
}

export const correlationKeyOf = ({ correlationKey, id }: Begun): string => correlationKey ?? id;

export type LogEntry =
  | Begun
  | { entry: Recorded; state: CoAllocation }
  | { entry: 'reserved'; site: string; connectionId: string };

export interface DecisionLog {
  /** Resolves when the entry would survive a crash. */
  append(entry: LogEntry): Promise<void>;
}

export interface LoggedCoAllocation {
  begun: Begun;
  /** Absent when the coordinator stopped before its first attempt: nothing was asked of any site. */
  newest?: { state: CoAllocation; recorded: Recorded };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A log that does not exist yet; an existing file is never overwritten. */
export async function createDecisionLog(path: string, begun: Begun, now: () => Date): Promise<DecisionLog> {
  await mkdir(dirname(path), { recursive: true });
  await (await open(path, 'wx', 0o600)).close();
  await syncFolder(path);
  const log = appendingLog(path, now);
  await log.append(begun);
  return log;
}

/** Goes on with a log; what a crash tore off at its end is cut away first. */
export async function reopenDecisionLog(path: string, now: () => Date): Promise<DecisionLog> {
  const whole = (await readFile(path)).lastIndexOf('\n') + 1;
  await truncate(path, whole);
  return appendingLog(path, now);
}

function appendingLog(path: string, now: () => Date): DecisionLog {
  // Appends are chained: entries stand in the order in which they were asked for.
  let last: Promise<void> = Promise.resolve();
  const write = async (entry: LogEntry): Promise<void> => {
    const file = await open(path, 'a', 0o600);
    try {
      await file.appendFile(`${JSON.stringify({ at: now().toISOString(), ...entry })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  };
  return {
    append(entry) {
      const written = last.then(() => write(entry));
      last = written.catch(() => {});
      return written;
    },
  };
}

export class LogUnreadable extends Error {
  override name = 'LogUnreadable';
}

function parseLines(text: string, path: string): LogEntry[] {
  const lines = text.split('\n');
  // A line without its end was torn by a crash: it was never acted on.
  lines.pop();
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as LogEntry;
    } catch {
      throw new LogUnreadable(`${path}:${index + 1}: not a line of a co-allocation log`);
    }
  });
}

export function foldLog(entries: readonly LogEntry[], path: string): LoggedCoAllocation {
  const [begun, ...rest] = entries;
  if (begun?.entry !== 'begun') throw new LogUnreadable(`${path}: not a co-allocation log`);
  const logged: LoggedCoAllocation = { begun };
  for (const entry of rest) {
    if (entry.entry === 'reserved' && logged.newest !== undefined) {
      const { state } = logged.newest;
      const site = { ...state.sites[entry.site]!, connectionId: entry.connectionId };
      logged.newest.state = { ...state, sites: { ...state.sites, [entry.site]: site } };
    } else if ('state' in entry) logged.newest = { state: entry.state, recorded: entry.entry };
  }
  return logged;
}

export async function readDecisionLog(path: string): Promise<LoggedCoAllocation> {
  return foldLog(parseLines(await readFile(path, 'utf8'), path), path);
}
