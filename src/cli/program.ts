/** The command line `iris`: options that all commands share, the commands of the table, and how each ends. */
import { Command, CommanderError } from 'commander';
import type { NsiClient } from '../client/nsi/nsi-client.js';
import type { RmsClient } from '../client/rms-client.js';
import { askPassword } from './ask-password.js';
import { CliError, toCliError } from './cli-error.js';
import type { CliCommand, CommandContext, OptionSpec, OptionValues } from './command.js';
import { allCommands } from './commands/all-commands.js';
import { type AskPassword, connectionFrom, createClient, createNsi, defaultUrl } from './connection.js';
import { exitCodes, exitCodeTexts } from './exit-codes.js';
import type { LocalCommands } from './local-commands.js';
import { createOutput, type Output, type OutputStream } from './output.js';

export interface CliEnvironment {
  env: NodeJS.ProcessEnv;
  stdout: OutputStream;
  stderr: OutputStream;
  ask?: AskPassword;
  local: LocalCommands;
  version: string;
  signal: AbortSignal;
}

const globalOptions: readonly OptionSpec[] = [
  { flags: '--url <url>', text: `the site's web service; IRIS_URL, else ${defaultUrl}` },
  { flags: '--user <name>', text: 'WS-Security user name; IRIS_USER' },
  { flags: '--password <text>', text: 'seen by others in the list of processes: better IRIS_PASSWORD, or the prompt' },
  { flags: '--password-file <file>', text: 'a file with nothing but the password' },
  { flags: '--cert <file>', text: 'TLS client certificate, PEM; IRIS_CERT' },
  { flags: '--key <file>', text: 'its private key, PEM; IRIS_KEY' },
  { flags: '--ca <file>', text: 'authorities that the service may come from, PEM; IRIS_CA' },
  { flags: '--json', text: 'the result as JSON on standard output, for programs' },
];

const teaching = `
To try it without anything: run "iris serve", and in another terminal
  $ export IRIS_USER=acme IRIS_PASSWORD=acme-secret
  $ iris site
  $ iris reserve examples/request.yaml
  $ iris commit ID --wait
  $ iris show ID
  $ iris release ID --wait

Exit codes:
${Object.entries(exitCodeTexts)
  .map(([code, text]) => `  ${code}  ${text}`)
  .join('\n')}`;

/** Paragraphs are wrapped to the terminal by commander: line ends of the source are no line ends. */
const descriptionOf = ({ summary, text }: CliCommand): string => {
  const paragraphs = [`${summary[0]!.toUpperCase()}${summary.slice(1)}.`, ...text.split('\n\n')];
  return paragraphs.map((paragraph) => paragraph.replaceAll('\n', ' ')).join('\n\n');
};

const examplesText = (examples: readonly string[]): string =>
  `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`;

function contextFor(environment: CliEnvironment, options: OptionValues, output: Output) {
  const { env, local, signal, ask = askPassword } = environment;
  const clients: (RmsClient | NsiClient)[] = [];
  const clientOf: CommandContext['clientOf'] = async (connection) => {
    const client = await createClient(connection, env, ask);
    clients.push(client);
    return client;
  };
  const nsiClientOf: CommandContext['nsiClientOf'] = async (connection, nsi) => {
    const client = await createNsi(connection, nsi, env, ask);
    clients.push(client);
    return client;
  };
  const context: CommandContext = {
    env,
    options,
    output,
    local,
    signal,
    clientOf,
    nsiClientOf,
    client: () => clientOf(connectionFrom(options, env)),
  };
  const close = (): void => {
    for (const client of clients) client.close();
    output.settled();
  };
  return { context, close };
}

/** Never resolves; rejects when the user wants to stop. */
const interruption = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const interrupt = () => reject(new CliError(exitCodes.interrupted, 'interrupted'));
    if (signal.aborted) interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
  });

async function runCommand(
  command: CliCommand,
  args: readonly string[],
  options: OptionValues,
  environment: CliEnvironment,
): Promise<number> {
  const output = createOutput(environment.stdout, environment.stderr, options.json === true);
  const { context, close } = contextFor(environment, options, output);
  try {
    const run = command.run(context, args);
    await (command.stopsItself ? run : Promise.race([run, interruption(context.signal)]));
    return exitCodes.ok;
  } catch (error) {
    const end = toCliError(error);
    output.settled();
    // A silent end has said all in its result.
    if (end.details.silent !== true) sayEnd(end, environment, output.json);
    return end.exitCode;
  } finally {
    close();
  }
}

function sayEnd(end: CliError, { stdout, stderr }: CliEnvironment, json: boolean): void {
  if (!json) stderr.write(`iris: ${end.message}\n`);
  else
    stdout.write(
      `${JSON.stringify({ error: { exitCode: end.exitCode, message: end.message, ...end.details } }, null, 2)}\n`,
    );
}

/** Runs one command line (without `node` and the script) and returns the exit code. */
export async function runCli(args: readonly string[], environment: CliEnvironment): Promise<number> {
  let code: number = exitCodes.ok;
  const write = (stream: OutputStream) => (text: string) => void stream.write(text);
  const program = new Command('iris')
    .description('Rents out virtual infrastructures of one data centre, and co-allocates over several.')
    .version(environment.version)
    .addHelpText('after', teaching)
    .showHelpAfterError('(add --help for how to use it)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: write(environment.stdout), writeErr: write(environment.stderr) })
    .exitOverride();
  for (const { flags, text } of globalOptions) program.option(flags, text);
  for (const command of allCommands) {
    const sub = program.command(command.name).summary(command.summary);
    sub
      .description(descriptionOf(command))
      .addHelpText('after', examplesText(command.examples))
      .copyInheritedSettings(program);
    for (const [name, text] of command.arguments ?? []) sub.argument(name, text);
    for (const { flags, text } of command.options ?? []) sub.option(flags, text);
    sub.action(async () => {
      code = await runCommand(command, sub.args, sub.optsWithGlobals(), environment);
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // --help and --version end here, too, with 0.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  return code;
}
