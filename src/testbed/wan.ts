/**
 * The way between two sites' gateways, with latency and a rate cap: tc netem in the middle of the path where the kernel has
 * it, otherwise two vde switches with a wirefilter between them.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { waitForSuccess, waitUntil } from '../lib/wait-until.js';
import { addEthernetSegment, attach, impairWithNetem } from './ethernet-segment.js';
import { addNamespace, ipIn, type LinkEnd, type Namespace, removeNamespace, runInside } from './network-namespace.js';
import { type Run, runEnvironment, runPath } from './run-directory.js';
import { recordProcess } from './run-processes.js';

export interface WanOptions {
  /** One way. */
  delayMs: number;
  rateMbit: number;
}

export type WanEmulator = 'netem' | 'wirefilter';

/** Joins two interfaces, which it makes, in the gateways' namespaces. */
export async function addWan(run: Run, left: LinkEnd, right: LinkEnd, options: WanOptions): Promise<WanEmulator> {
  if (await addNetemWan(run, left, right, options)) return 'netem';
  await addWirefilterWan(run, left, right, options);
  return 'wirefilter';
}

async function addNetemWan(
  run: Run,
  left: LinkEnd,
  right: LinkEnd,
  { delayMs, rateMbit }: WanOptions,
): Promise<boolean> {
  const segment = await addEthernetSegment(run, 'wan');
  const ports = [await attach(segment, left, 'left'), await attach(segment, right, 'right')];
  const impaired = await Promise.all(ports.map((port) => impairWithNetem(port, delayMs, rateMbit)));
  if (impaired.every(Boolean)) return true;
  // The cables go with the namespace that holds their other ends.
  await Promise.all([left, right].map((end) => ipIn(end.namespace, 'link', 'delete', end.interface)));
  await removeNamespace(segment.namespace);
  return false;
}

async function addWirefilterWan(
  run: Run,
  left: LinkEnd,
  right: LinkEnd,
  { delayMs, rateMbit }: WanOptions,
): Promise<void> {
  const namespace = await addNamespace(run, 'wan');
  mkdirSync(runPath(run, 'wan'));
  const switches = await Promise.all([
    startVdeSwitch(run, namespace, 'left', left),
    startVdeSwitch(run, namespace, 'right', right),
  ]);
  await daemonize(run, namespace, 'wan-wirefilter', [
    'wirefilter',
    ...['--delay', String(delayMs)],
    ...['--band', String((rateMbit * 1_000_000) / 8)],
    // A queue that holds what is under way at full rate, and some.
    ...['--chanbufsize', String(rateMbit * 125 * delayMs + 1_000_000)],
    ...['--vde-plug', switches.join(':')],
  ]);
}

/** A vde switch whose tap becomes the gateway's WAN interface. */
async function startVdeSwitch(run: Run, namespace: Namespace, side: string, end: LinkEnd): Promise<string> {
  const socketDirectory = runPath(run, 'wan', side);
  const tap = `tap-${side}`;
  await daemonize(run, namespace, `wan-vde-switch-${side}`, ['vde_switch', '--sock', socketDirectory, '--tap', tap]);
  // vde_switch says its pid before it has made its tap.
  await waitForSuccess(() => ipIn(namespace, 'link', 'set', tap, 'netns', end.namespace, 'name', end.interface), {
    what: `${tap} of the vde switch`,
    timeoutMs: 60_000,
  });
  await ipIn(end.namespace, 'link', 'set', end.interface, 'up');
  return socketDirectory;
}

/** The vde programs take commands on standard input and end with it, unless they make daemons of themselves, which they do when ready. */
async function daemonize(run: Run, namespace: Namespace, what: string, command: [string, ...string[]]): Promise<void> {
  const pidFile = runPath(run, 'wan', `${what}.pid`);
  await runInside(namespace, [...command, '--daemon', '--pidfile', pidFile], { env: runEnvironment(run) });
  const pid = await waitUntil(() => readPid(pidFile), {
    what: `${what} to say its pid`,
    timeoutMs: 60_000,
    intervalMs: 10,
  });
  recordProcess(run, pid, what);
}

/** Undefined until the whole line is there. */
function readPid(file: string): number | undefined {
  const line = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return line.endsWith('\n') ? Number.parseInt(line, 10) : undefined;
}
