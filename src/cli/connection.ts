/** From options and environment to a client: the password comes from a file, the environment or a prompt, never only from the command line. */
import { readFile } from 'node:fs/promises';
import { createNsiClient, type NsiClient } from '../client/nsi/nsi-client.js';
import { createRmsClient, type RmsClient } from '../client/rms-client.js';
import { usageError } from './cli-error.js';
import type { ConnectionOptions, NsiParts, OptionValues } from './command.js';

export const defaultUrl = 'http://127.0.0.1:8080/rms';

const text = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

export function connectionFrom(options: OptionValues, env: NodeJS.ProcessEnv): ConnectionOptions {
  return {
    url: text(options.url) ?? env.IRIS_URL ?? defaultUrl,
    user: text(options.user) ?? env.IRIS_USER,
    password: text(options.password),
    passwordFile: text(options.passwordFile),
    cert: text(options.cert) ?? env.IRIS_CERT,
    key: text(options.key) ?? env.IRIS_KEY,
    ca: text(options.ca) ?? env.IRIS_CA,
  };
}

async function readOption(path: string | undefined, option: string): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  return readFile(path).catch((error: Error) => {
    throw usageError(`${option}: ${error.message}`);
  });
}

export type AskPassword = (question: string) => Promise<string | undefined>;

async function findPassword(
  connection: ConnectionOptions,
  env: NodeJS.ProcessEnv,
  ask: AskPassword,
): Promise<string | undefined> {
  if (connection.user === undefined) {
    if (connection.password === undefined && connection.passwordFile === undefined) return undefined;
    throw usageError('a password needs a user: give --user, or set IRIS_USER');
  }
  const file = await readOption(connection.passwordFile, '--password-file');
  if (file !== undefined) return file.toString('utf8').replace(/\r?\n$/, '');
  const password = connection.password ?? env.IRIS_PASSWORD ?? (await ask(`Password of ${connection.user}: `));
  if (password === undefined)
    throw usageError(
      `user '${connection.user}' needs a password: set IRIS_PASSWORD, or give --password-file, or run on a terminal`,
    );
  return password;
}

function checkConnection({ url, cert, key }: ConnectionOptions): void {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw usageError(`--url: '${url}' is not an http:// or https:// URL`);
  if ((cert === undefined) !== (key === undefined)) throw usageError('--cert and --key go together');
}

export async function createClient(
  connection: ConnectionOptions,
  env: NodeJS.ProcessEnv,
  ask: AskPassword,
): Promise<RmsClient> {
  checkConnection(connection);
  return createRmsClient({
    url: connection.url,
    user: connection.user,
    password: await findPassword(connection, env, ask),
    cert: await readOption(connection.cert, '--cert'),
    key: await readOption(connection.key, '--key'),
    ca: await readOption(connection.ca, '--ca'),
  });
}

export async function createNsi(
  connection: ConnectionOptions,
  nsi: NsiParts,
  env: NodeJS.ProcessEnv,
  ask: AskPassword,
): Promise<NsiClient> {
  checkConnection(connection);
  const read = async (path: string | undefined, option: string) => (await readOption(path, option))?.toString('utf8');
  const password = await findPassword(connection, env, ask);
  const tls = {
    cert: await read(connection.cert, '--cert'),
    key: await read(connection.key, '--key'),
    ca: await read(connection.ca, '--ca'),
  };
  return createNsiClient({ ...nsi, url: connection.url, user: connection.user, password, tls });
}
