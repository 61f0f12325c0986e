/** What a command of `iris` is: an entry of a table (commands/all-commands.ts), and what it is given to work with. */
import type { NsiClient, NsiClientOptions } from '../client/nsi/nsi-client.js';
import type { RmsClient } from '../client/rms-client.js';
import type { LocalCommands } from './local-commands.js';
import type { Output } from './output.js';

export interface OptionSpec {
  /** As commander writes it: `--from <time>`. */
  flags: string;
  text: string;
}

/** Option values by name, as given; absent ones are undefined. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** Who asks whom over NSI, and how long outcomes are waited for. */
export type NsiParts = Pick<NsiClientOptions, 'provider' | 'requesterNsa' | 'outcomeMs' | 'callbacks'>;

export interface CommandContext {
  output: Output;
  env: NodeJS.ProcessEnv;
  options: OptionValues;
  /** The client of the service that the global options name; made when first asked for. */
  client(): Promise<RmsClient>;
  /** A client of another service, with these credentials. */
  clientOf(connection: ConnectionOptions): Promise<RmsClient>;
  /** The same over NSI. */
  nsiClientOf(connection: ConnectionOptions, nsi: NsiParts): Promise<NsiClient>;
  /** What needs no running service: composed by main.ts. */
  local: LocalCommands;
  /** The user wants to stop. */
  signal: AbortSignal;
}

export interface ConnectionOptions {
  url: string;
  user?: string;
  password?: string;
  passwordFile?: string;
  /** Paths of PEM files. */
  cert?: string;
  key?: string;
  ca?: string;
}

export interface CliCommand {
  name: string;
  /** As commander writes them: `<id>`, `[node]`; with what they are. */
  arguments?: readonly (readonly [string, string])[];
  /** One line for the list of commands. */
  summary: string;
  /** What to know before using it. */
  text: string;
  options?: readonly OptionSpec[];
  examples: readonly string[];
  /** Heeds `signal` by itself; other commands end at once. */
  stopsItself?: boolean;
  /** Throws for an end that is not `done`. */
  run(context: CommandContext, args: readonly string[]): Promise<void>;
}
