/** Where co-allocations are logged and found again, and how their sites are reached. */
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Begun } from '../coordinator/decision-log.js';
import {
  type CoAllocationRequest,
  coAllocationRequestSchema,
  type RequestedSite,
} from '../coordinator/request/co-allocation-request.js';
import type { SiteClients } from '../coordinator/site-client.js';
import { MissingVariable, substituteEnvironment } from '../lib/substitute-environment.js';
import { parseYaml } from '../lib/yaml-config.js';
import { usageError } from './cli-error.js';
import type { CommandContext, ConnectionOptions } from './command.js';

/** XDG Base Directory Specification: state that should outlive restarts. */
const stateFolder = (env: NodeJS.ProcessEnv): string =>
  join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'iris', 'co-allocations');

export function newLogPath({ options, env }: CommandContext, id: string): string {
  return typeof options.log === 'string' ? resolve(options.log) : join(stateFolder(env), `${id}.jsonl`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A path, or the id of a co-allocation that was logged where logs go by themselves. */
export async function findLog({ env }: CommandContext, name: string): Promise<string> {
  const candidates = [resolve(name), join(stateFolder(env), `${name}.jsonl`)];
  for (const path of candidates) if (await exists(path)) return path;
  throw usageError(`no log of a co-allocation '${name}': there is neither ${candidates.join(' nor ')}`);
}

function passwordFrom(text: string, site: string, env: NodeJS.ProcessEnv): string {
  try {
    return substituteEnvironment(text, env);
  } catch (error) {
    if (error instanceof MissingVariable) throw usageError(`password of site ${site}: ${error.message}`);
    throw error;
  }
}

/** A secret may be `${NAME}`; paths are relative to the request file. */
function connectionOf(site: RequestedSite, context: CommandContext, folder?: string): ConnectionOptions {
  const path = (name: string | undefined) =>
    name === undefined || folder === undefined ? name : resolve(folder, name);
  const { url, user, password, passwordFile, cert, key, ca } = site;
  return {
    url,
    user: user ?? context.env.IRIS_USER,
    password: password && passwordFrom(password, site.name, context.env),
    passwordFile: path(passwordFile),
    cert: path(cert),
    key: path(key),
    ca: path(ca),
  };
}

export async function clientsOfRequest(
  context: CommandContext,
  request: CoAllocationRequest,
  folder?: string,
): Promise<SiteClients> {
  const clients: Record<string, SiteClients[string]> = {};
  for (const site of request.sites) clients[site.name] = await context.clientOf(connectionOf(site, context, folder));
  return clients;
}

/** The log has where the sites are; credentials are read again from the request file, as long as it is there. */
export async function clientsOfLog(context: CommandContext, begun: Begun): Promise<SiteClients> {
  const text = await readFile(begun.requestFile, 'utf8').catch(() => undefined);
  const request = text === undefined ? undefined : parseYaml(text, coAllocationRequestSchema, begun.requestFile);
  const clients: Record<string, SiteClients[string]> = {};
  for (const logged of begun.sites) {
    const site = request?.sites.find(({ name }) => name === logged.name);
    const connection = site === undefined ? {} : connectionOf(site, context, dirname(begun.requestFile));
    const { url, user = context.env.IRIS_USER } = logged;
    clients[logged.name] = await context.clientOf({ ...connection, url, user });
  }
  return clients;
}
