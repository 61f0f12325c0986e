/** A real `iris serve` that is killed, stopped and started again at the same address. It dies with this process, however that ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFile } from '../../lib/package-root.js';
import { waitUntil } from '../../lib/wait-until.js';

export interface IrisProcess {
  name: string;
  url: string;
  start(): void;
  /** Resolves when it serves. */
  ready(): Promise<void>;
  kill(): Promise<void>;
  /** Undefined while it runs, null where a signal ended it. */
  exitCode(): number | null | undefined;
  /** SIGSTOP and, later, SIGCONT. */
  pause(): void;
  resume(): void;
  /** SIGTERM: resolves with the exit code, null where it had to be killed. */
  stop(): Promise<number | null>;
}

const startupMs = 120_000;
/** After SIGTERM; and after SIGKILL, which a busy machine may be slow to heed. */
const endMs = 60_000;

/** As a service manager would: what ends while it starts, its database not being there yet, is started again. */
const restartMs = 500;

/** `environment` is added to that of this process. */
export function createIrisProcess(
  folder: string,
  name: string,
  port: number,
  siteFile: string,
  environment: NodeJS.ProcessEnv = {},
): IrisProcess {
  let child: ChildProcess | undefined;
  const hasEnded = (): boolean => child === undefined || child.exitCode !== null || child.signalCode !== null;
  const ended = async (timeoutMs: number): Promise<boolean> => {
    try {
      return await waitUntil(hasEnded, { what: `${name} to end`, timeoutMs, intervalMs: 20 });
    } catch {
      return false;
    }
  };
  function start(): void {
    const output = openSync(join(folder, `${name}.out`), 'a');
    const { DATABASE_URL: _ofOthers, ...env } = process.env;
    // SIGKILL of this process cannot be heeded; the kernel ends what it leaves.
    const args = ['--pdeathsig', 'KILL', '--', process.execPath, packageFile('bin', 'iris')];
    child = spawn('setpriv', [...args, 'serve', '--config', siteFile, '--log', join(folder, `${name}.log`)], {
      stdio: ['ignore', output, output],
      env: { ...env, IRIS_LOG_LEVEL: 'debug', ...environment },
      detached: true,
    });
    child.on('error', () => {});
    closeSync(output);
  }

  return {
    name,
    start,
    url: `http://127.0.0.1:${port}/rms`,
    async ready() {
      const isWell = async () => {
        if (hasEnded()) {
          await sleep(restartMs);
          start();
        }
        return fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) }).then(
          (answer) => answer.ok,
          () => false,
        );
      };
      await waitUntil(isWell, { what: `${name} to serve`, timeoutMs: startupMs, intervalMs: 100 });
    },
    async kill() {
      child?.kill('SIGKILL');
      await ended(endMs);
    },
    exitCode: () => (hasEnded() ? (child?.exitCode ?? null) : undefined),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async stop() {
      if (hasEnded()) return child?.exitCode ?? null;
      child!.kill('SIGCONT');
      child!.kill('SIGTERM');
      if (!(await ended(endMs))) {
        child!.kill('SIGKILL');
        await ended(endMs);
      }
      return child!.exitCode;
    },
  };
}
