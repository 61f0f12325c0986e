/**
 * The control socket of ovs-vswitchd, as ovs-appctl uses it: one JSON-RPC request, one answer (Open vSwitch, lib/unixctl.c). Asks only; whoever can
 * open the socket may do anything, so it is never forwarded.
 */
import { access, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { createJsonFramer } from '../../../wire/ovsdb/json-framing.js';

const answerLimitBytes = 4 * 1024 * 1024;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** ovs-vswitchd names it after its process, unless told otherwise by --unixctl. Throws Error that says where it was looked for. */
export async function findUnixctl(ovsdb: string, configured: string | undefined): Promise<string> {
  if (configured !== undefined) return configured;
  if (!ovsdb.startsWith('unix:'))
    throw new Error(`its database is at ${ovsdb}, and the site file names no network.unixctl`);
  const directory = dirname(ovsdb.slice('unix:'.length));
  const pidFile = join(directory, 'ovs-vswitchd.pid');
  const pid = await readFile(pidFile, 'utf8').catch(() => '');
  const names = [...(/^\d+\s*$/.test(pid) ? [`ovs-vswitchd.${pid.trim()}.ctl`] : []), 'ovs-vswitchd.ctl'];
  for (const name of names) if (await exists(join(directory, name))) return join(directory, name);
  throw new Error(`there is no ${names.join(' and no ')} in ${directory}`);
}

interface Answer {
  result?: unknown;
  error?: unknown;
}

/** The command's text. Throws Error: the socket does not answer in time, or the command was refused, in its own words. */
export function askUnixctl(
  path: string,
  method: string,
  params: readonly string[],
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const framer = createJsonFramer(answerLimitBytes);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const fail = (what: string): void => end(() => reject(new Error(`${path}: ${what}`)));
    const timer = setTimeout(() => fail(`no answer to ${method} within ${timeoutMs} ms`), timeoutMs);
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail(`closed before it answered ${method}`));
    socket.on('connect', () => socket.write(JSON.stringify({ id: 0, method, params })));
    socket.on('data', (chunk) => {
      try {
        for (const answer of framer.push(chunk) as Answer[]) {
          if (typeof answer.result === 'string') end(() => resolve(answer.result as string));
          else fail(String(answer.error ?? 'an answer without a result').trim());
        }
      } catch (error) {
        fail((error as Error).message);
      }
    });
  });
}
