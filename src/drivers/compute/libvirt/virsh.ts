/**
 * The only file that starts virsh. What it said is told apart from whether the node was reached, by exit codes and never by
 * the wording: a batch ends with a command that needs nothing but the connection.
 */
import { randomUUID } from 'node:crypto';
import { DriverError, type DriverErrorClass } from '../../../domain/errors/driver-error.js';
import { CommandError, type CommandResult, runCommand } from '../../../lib/run-command.js';

export interface VirshTarget {
  node: string;
  uri: string;
}

export type VirshCommand = readonly string[];

export interface VirshAnswers {
  /** What each command printed, in order; empty for one that failed. */
  outputs: string[];
  /** What went wrong, for people; empty when nothing did. */
  complaint: string;
}

export interface Virsh {
  /** Runs all commands in one process, whether or not earlier ones succeed. Throws only if the node is not reached. */
  ask(target: VirshTarget, commands: readonly VirshCommand[]): Promise<VirshAnswers>;
  /** Runs one command, which must succeed; if it does not and the node is reached, that is a failure of this class. */
  must(target: VirshTarget, command: VirshCommand, errorClass?: DriverErrorClass): Promise<string>;
}

/** What only looks; before anything else is run, it is asked whether this process may change nodes. */
const looking: ReadonlySet<string> = new Set([
  ...['domstats', 'dumpxml', 'pool-dumpxml', 'pool-list', 'vol-dumpxml', 'vol-list', 'list', 'uri', 'echo'],
  ...['domcapabilities', 'hypervisor-cpu-baseline', 'nodeinfo', 'nodememstats', 'version'],
]);

const environment: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C' };

/** virsh's own command language: within single quotes everything is literal. */
const quote = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;

const toLine = (commands: readonly VirshCommand[]): string =>
  commands.map((command) => command.map(quote).join(' ')).join('; ');

export interface VirshOptions {
  commandTimeoutMs: number;
  /** Rejects if it may not. */
  mayChange?: () => Promise<unknown>;
}

export function createVirsh(options: VirshOptions): Virsh {
  const { mayChange = async () => {} } = options;
  const ensureAllowed = async (commands: readonly VirshCommand[]): Promise<void> => {
    if (commands.some(([verb]) => !looking.has(verb!))) await mayChange();
  };
  const run = (target: VirshTarget, args: readonly string[]): Promise<CommandResult> =>
    runCommand('virsh', ['--quiet', '--connect', target.uri, ...args], {
      timeoutMs: options.commandTimeoutMs,
      env: environment,
    });

  const ask: Virsh['ask'] = async (target, commands) => {
    // Nobody who writes a domain's description can guess it.
    const separator = randomUUID();
    await ensureAllowed(commands);
    const batch = [...commands.flatMap((command) => [command, ['echo', separator]]), ['uri']];
    try {
      const { stdout, stderr } = await run(target, [toLine(batch)]);
      return { outputs: stdout.split(separator).slice(0, commands.length), complaint: stderr.trim() };
    } catch (error) {
      throw toUnreachable(target, error);
    }
  };

  const must: Virsh['must'] = async (target, command, errorClass = 'permanent') => {
    await ensureAllowed([command]);
    try {
      return (await run(target, command)).stdout;
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode === null) throw toUnreachable(target, error);
      await ask(target, []);
      throw new DriverError(errorClass, target.node, `virsh ${command[0]}: ${error.stderr.trim()}`, { cause: error });
    }
  };

  return { ask, must };
}

function toUnreachable(target: VirshTarget, error: unknown): unknown {
  if (!(error instanceof CommandError)) return error;
  if (error.notFound)
    return new DriverError('permanent', target.node, 'virsh is not installed beside Iris', { cause: error });
  const why = error.timedOut ? 'did not answer in time' : error.stderr.trim();
  return new DriverError('transient', target.node, `libvirt at ${target.uri} is not reached: ${why}`, { cause: error });
}
