/** Runs a program to its end and returns what it wrote. No shell; arguments are passed as they are. */
import { execFile } from 'node:child_process';

export interface CommandOptions {
  timeoutMs?: number;
  input?: string | Buffer;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
}

/** A program that could not be started, ended with another code than 0, or ran out of time. */
export class CommandError extends Error {
  override name = 'CommandError';
  constructor(
    readonly command: readonly string[],
    readonly exitCode: number | null,
    readonly stdout: string,
    readonly stderr: string,
    readonly timedOut: boolean,
    readonly notFound: boolean,
  ) {
    const why = notFound ? 'is not installed' : timedOut ? 'ran out of time' : `ended with code ${exitCode}`;
    super(`${command.join(' ')} ${why}${stderr.trim() === '' ? '' : `: ${stderr.trim()}`}`);
  }
}

export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      {
        timeout: options.timeoutMs ?? 60_000,
        killSignal: 'SIGKILL',
        maxBuffer: 64 << 20,
        env: options.env,
        cwd: options.cwd,
        encoding: 'utf8',
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ stdout, stderr });
        const code = typeof error.code === 'number' ? error.code : null;
        const notFound = (error.code as unknown) === 'ENOENT';
        reject(new CommandError([program, ...args], code, stdout, stderr, error.killed === true, notFound));
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
  });
}
