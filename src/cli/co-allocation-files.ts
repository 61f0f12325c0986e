/** Where co-allocations are logged and found again, and how their sites are reached. */
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createCallbackInbox } from '../client/nsi/callback-inbox.js';
import type { NsiClientOptions } from '../client/nsi/nsi-client.js';
import { toLoggedSite } from '../coordinator/co-allocate.js';
import type { Begun, LoggedSite } from '../coordinator/decision-log.js';
import { createNsiSiteClient } from '../coordinator/nsi-site-client.js';
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

/** How the sites are asked, until `close`. */
export interface SiteConnections {
  clients: SiteClients;
  close(): Promise<void>;
}

type CallbackPlace = NsiClientOptions['callbacks'];

/** Asks with credentials as they are in the request file, if it is there. */
async function clientOf(
  context: CommandContext,
  { name, url, nsi }: LoggedSite,
  connection: ConnectionOptions,
  { certificate, segmentKeys }: Partial<NonNullable<RequestedSite['nsi']>>,
  callbacks: CallbackPlace,
): Promise<SiteClients[string]> {
  if (nsi === undefined) return context.clientOf({ ...connection, url });
  const { provider, requester, autoProvision, terminateOnRelease } = nsi;
  const client = await context.nsiClientOf(
    { ...connection, url },
    {
      provider: { nsaId: provider, ...(certificate === undefined ? {} : { certificate }) },
      requesterNsa: requester,
      outcomeMs: outcomePatienceMs,
      ...(callbacks === undefined ? {} : { callbacks }),
    },
  );
  return createNsiSiteClient({ name, client, nsaId: provider, autoProvision, terminateOnRelease, segmentKeys });
}

/** As long as a hold is asked for before it is given up; what comes later is found by looking. */
const outcomePatienceMs = 20_000;

async function takeCallbacks(
  { local }: CommandContext,
  nsi: CoAllocationRequest['nsi'],
  path: (name: string) => string,
): Promise<{ callbacks: CallbackPlace; stop(): Promise<void> }> {
  if (nsi?.callbacks === undefined) return { callbacks: undefined, stop: async () => {} };
  const { listen, replyTo, cert, key, ca } = nsi.callbacks;
  const tls =
    cert === undefined || key === undefined || ca === undefined
      ? {}
      : { tls: { cert: path(cert), key: path(key), clientCa: path(ca) } };
  const inbox = createCallbackInbox();
  const service = await local.takeCallbacks({ listen, ...tls, nsa: nsi.nsaId, callbacks: inbox });
  return { callbacks: { inbox, replyTo: replyTo ?? service.url }, stop: service.stop };
}

async function connect(
  context: CommandContext,
  sites: readonly LoggedSite[],
  request: CoAllocationRequest | undefined,
  folder?: string,
): Promise<SiteConnections> {
  const usesNsi = sites.some(({ nsi }) => nsi !== undefined);
  const path = (name: string): string => (folder === undefined ? name : resolve(folder, name));
  const { callbacks, stop } = await takeCallbacks(context, usesNsi ? request?.nsi : undefined, path);
  try {
    const clients: Record<string, SiteClients[string]> = {};
    for (const logged of sites) {
      const site = request?.sites.find(({ name }) => name === logged.name);
      const own = site === undefined ? { url: logged.url } : connectionOf(site, context, folder);
      const connection = { ...own, user: logged.user ?? context.env.IRIS_USER };
      clients[logged.name] = await clientOf(context, logged, connection, site?.nsi ?? {}, callbacks);
    }
    return { clients, close: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export const connectToRequest = (context: CommandContext, request: CoAllocationRequest): Promise<SiteConnections> =>
  connect(
    context,
    request.sites.map((site) => toLoggedSite(request, site)),
    request,
  );

/** The log has where the sites are; credentials are read again from the request file, as long as it is there. */
export async function connectToLogged(context: CommandContext, begun: Begun): Promise<SiteConnections> {
  const text = await readFile(begun.requestFile, 'utf8').catch(() => undefined);
  const request = text === undefined ? undefined : parseYaml(text, coAllocationRequestSchema, begun.requestFile);
  return connect(context, begun.sites, request, dirname(begun.requestFile));
}
