/** A simulated site served by a real `iris serve` in a process of its own, with an embedded PostgreSQL in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../src/cli/program.js';
import { packageFile } from '../../src/lib/package-root.js';

const iris = packageFile('bin', 'iris');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Nothing of the caller's environment that Iris reads. */
function cleanEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('IRIS_') && !name.startsWith('XDG_') && name !== 'DATABASE_URL',
  );
  return { ...Object.fromEntries(kept), ...extra };
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const written = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  return written;
}

/** Runs `iris` to its end. */
export async function runIris(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [iris, ...args], {
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...written };
}

export interface RunningSite {
  url: string;
  configFile: string;
  folder: string;
  pid: number;
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface SiteFileChange {
  /** Its own name, and the name and gateway of the one other site. */
  site: string;
  gateway: string;
  peer: string;
  peerGateway: string;
  /** YAML that is added at the end. */
  more?: string;
}

/** examples/fake-site.yaml with other names, and a port of the system's choice. */
export async function writeSiteFile(folder: string, change: SiteFileChange): Promise<string> {
  const example = await readFile(packageFile('examples', 'fake-site.yaml'), 'utf8');
  const text = example
    .replace('site: fake', `site: ${change.site}`)
    .replace('../.iris/fake-site', 'state')
    .replace('127.0.0.1:8080', '127.0.0.1:0')
    .replace('198.51.100.2', change.peerGateway)
    .replace('198.51.100.1', change.gateway)
    .replace('elsewhere', change.peer)
    .replaceAll('network:fake.example', `network:${change.site}.example`);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'site.yaml');
  await writeFile(path, `${text}\n${change.more ?? ''}`);
  return path;
}

/** Resolves when the daemon says where it serves. */
export async function startSite(
  folder: string,
  change: SiteFileChange,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningSite> {
  const configFile = await writeSiteFile(folder, change);
  const child = spawn(process.execPath, [iris, 'serve', '--config', configFile, '--log', join(folder, 'iris.log')], {
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = collect(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.on('data', () => {
      const match = /at (http\S+\/rms)\n/.exec(written.stderr);
      if (match !== null) resolve(match[1]!);
    });
    closed.then(() => reject(new Error(`iris serve ended: ${written.stderr}`)), reject);
  });
  return {
    url,
    configFile,
    folder,
    pid: child.pid!,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await closed;
      return { code, ...written };
    },
  };
}

const notHere = (): never => {
  throw new Error('this command runs in a process of its own');
};

/** Runs a command that is a client of the service in this very process, which is quicker. */
export async function runHere(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const code = await runCli(args, {
    env: cleanEnvironment(env),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    ask: async () => undefined,
    local: { serve: notHere, takeCallbacks: notHere, migrate: notHere, probeNodes: notHere },
    version: '0.0.0',
    signal: new AbortController().signal,
  });
  return { code, ...written };
}
