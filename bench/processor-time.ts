/** Processor time of a process and of all that it has started, from /proc: unlike rates it hardly depends on what else the machine does. */
import { readdir, readFile } from 'node:fs/promises';

/** USER_HZ: what /proc counts in, on every Linux that Node runs on. */
const tickMs = 10;

interface ProcessTimes {
  parent: number;
  ownMs: number;
  /** Of children that have ended and were waited for. */
  endedMs: number;
}

/** proc(5): the fields after the name, which is in brackets and may hold anything. */
async function readTimes(pid: number): Promise<ProcessTimes | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  const [, parent, ...rest] = fields;
  const [user, system, endedUser, endedSystem] = rest.slice(9).map(Number);
  return {
    parent: Number(parent),
    ownMs: (user! + system!) * tickMs,
    endedMs: (endedUser! + endedSystem!) * tickMs,
  };
}

/** 0 where there is no /proc. */
export async function processorMs(pid: number): Promise<number> {
  const self = await readTimes(pid);
  if (self === undefined) return 0;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map(readTimes));
  const children = all.flatMap((times) => (times?.parent === pid ? [times.ownMs] : []));
  return children.reduce((sum, ms) => sum + ms, self.ownMs + self.endedMs);
}
