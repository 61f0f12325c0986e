/** The command `iris`, run as a user runs it, and shown. */
import { packageFile } from '../../lib/package-root.js';
import { CommandError, runCommand } from '../../lib/run-command.js';
import { runEnvironment, runPath } from '../run-directory.js';
import type { Demo } from './step.js';

export interface Caller {
  name: string;
  password: string;
  /** Absent: the file that the command is given says where. */
  url?: string;
}

export interface IrisResult {
  exitCode: number;
  /** What it printed with --json. */
  result: unknown;
  /** What it said on the way. */
  notes: string[];
}

/** Coordinators' logs of this run stay in its folder. */
const environmentOf = (demo: Demo, caller: Caller): NodeJS.ProcessEnv => ({
  ...runEnvironment(demo.run),
  IRIS_USER: caller.name,
  IRIS_PASSWORD: caller.password,
  ...(caller.url === undefined ? {} : { IRIS_URL: caller.url }),
  XDG_STATE_HOME: runPath(demo.run, 'state'),
});

const shorten = (demo: Demo, text: string): string => text.replaceAll(`${demo.run.directory}/`, '');

/** Any exit code is an answer; `--json` is added. */
export async function tryIris(demo: Demo, caller: Caller, ...args: string[]): Promise<IrisResult> {
  demo.say(`$ iris ${shorten(demo, args.join(' '))}`);
  const toResult = (exitCode: number, { stdout, stderr }: { stdout: string; stderr: string }): IrisResult => ({
    exitCode,
    result: stdout.trim() === '' ? undefined : JSON.parse(stdout),
    notes: stderr.split('\n').filter((line) => line !== ''),
  });
  try {
    const options = { env: environmentOf(demo, caller), cwd: demo.run.directory, timeoutMs: 240_000 };
    return toResult(0, await runCommand(process.execPath, [packageFile('bin', 'iris'), ...args, '--json'], options));
  } catch (error) {
    if (error instanceof CommandError && error.exitCode !== null) return toResult(error.exitCode, error);
    throw error;
  }
}

export async function runIris(demo: Demo, caller: Caller, ...args: string[]): Promise<IrisResult> {
  const answer = await tryIris(demo, caller, ...args);
  if (answer.exitCode === 0) return answer;
  const said = answer.notes.join('\n') || JSON.stringify(answer.result, null, 2);
  throw new Error(`iris ${shorten(demo, args.join(' '))} ended with code ${answer.exitCode}:\n${said}`);
}
