/**
 * A site's daemon from start to stop: database, store, drivers, engine, web service, in this order, and back. What the parts
 * are is said by composition.ts; here is only when each begins and ends, and what is said where one does not.
 */
import { CliError } from '../cli/cli-error.js';
import { exitCodes } from '../cli/exit-codes.js';
import type { HealthView, Provider } from '../domain/ports/provider.js';
import type { Store } from '../domain/ports/store.js';
import type { Site } from '../domain/site/site-file.js';
import { endsWithin } from '../lib/ends-within.js';
import type { Log } from '../lib/log.js';
import { ConfigError } from '../lib/yaml-config.js';
import type { SiteDatabase } from './site-database.js';

interface Startable<T> {
  start(): Promise<T>;
  stop(): Promise<void>;
}

export interface DaemonParts {
  site: Site;
  log: Log;
  openDatabase(): Promise<SiteDatabase>;
  /** Absent: the database is as it should be, or the start is refused. */
  migrate?: (url: string) => Promise<unknown>;
  openStore(url: string): Promise<Store>;
  createService(
    store: Store,
    url: string,
  ): Promise<{
    provider: Provider;
    engine: Startable<void> & { health(): Promise<HealthView> };
  }>;
  createWeb(provider: Provider, health: () => Promise<HealthView>, store: Store): Startable<{ url: string }>;
}

export interface Daemon {
  url: string;
  database: string;
  stop(): Promise<void>;
}

const hints: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use: is Iris running already? Give another with --listen HOST:PORT',
  EACCES: 'this user may not listen there: take a port above 1023',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  ECONNREFUSED: 'nobody answers there: is PostgreSQL running, and is the URL right?',
  ENOTFOUND: 'there is no such host',
  '28P01': 'the user name or the password is wrong',
  '3D000': 'there is no such database: create it first',
};

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : codeOf(error.cause);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What failed to begin, in words; the cause stays for the log. */
async function stage<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof CliError) throw error;
    const code = codeOf(error);
    const hint = code === undefined ? undefined : hints[code];
    const reason = [messageOf(error), hint].filter((text) => text !== undefined && text !== '').join(': ');
    throw new CliError(exitCodes.failed, `${what}: ${reason}`, { code });
  }
}

/** Longer than any of the parts waits by itself for what it has under way; the engine waits for as long as the site file says, and then ends what it has open. */
const undoMs = 45_000;
const engineMarginMs = 35_000;

/** Ends in the opposite order whatever has begun; one that fails, or never ends, does not keep the others. */
function createUndoing(log: Log) {
  const undoings: { what: string; undo: () => Promise<void>; withinMs: number }[] = [];
  return {
    add: (what: string, undo: () => Promise<void>, withinMs = undoMs) => void undoings.push({ what, undo, withinMs }),
    async run(): Promise<void> {
      for (const { what, undo, withinMs } of undoings.splice(0).reverse())
        try {
          if (!(await endsWithin(withinMs, undo()))) log.error(`${what} did not stop in time`);
        } catch (error) {
          log.error({ err: error }, `${what} did not stop well`);
        }
    },
  };
}

export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { site, log } = parts;
  const undoing = createUndoing(log);
  try {
    const database = await stage('database', parts.openDatabase);
    undoing.add('the database', database.close);
    const { migrate } = parts;
    if (migrate !== undefined) await stage(`database ${database.shown}`, () => migrate(database.url));
    const store = await stage(`database ${database.shown}`, () => parts.openStore(database.url));
    undoing.add('the store', store.close);
    const { provider, engine } = await stage(`site ${site.site}`, () => parts.createService(store, database.url));
    // Also where its start fails half way: the drivers listen and hold connections by then.
    undoing.add('the engine', () => engine.stop(), site.reservations.stopSeconds * 1000 + engineMarginMs);
    await stage(`site ${site.site}`, () => engine.start());
    const web = parts.createWeb(provider, () => engine.health(), store);
    undoing.add('the web service', () => web.stop());
    const { url } = await stage(`web service at ${site.listen.soap}`, () => web.start());
    log.info({ site: site.site, url, database: database.shown }, 'started');
    return { url, database: database.shown, stop: () => undoing.run() };
  } catch (error) {
    await undoing.run();
    throw error;
  }
}
