/** Which database a site has: the one that is named, or a PostgreSQL of our own under the site's state directory. */
import { join } from 'node:path';
import type { Site } from '../domain/site/site-file.js';
import { ensureDatabase } from '../lib/postgres/databases.js';
import { startEmbeddedPostgres } from '../lib/postgres/embedded-postgres.js';
import { findRunningPostgres } from '../lib/postgres/running-postgres.js';

export interface SiteDatabase {
  url: string;
  /** Fit to be shown: without the password. */
  shown: string;
  /** Ends what was started for it. */
  close(): Promise<void>;
}

const databaseName = 'iris';

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.toString();
}

const external = (url: string): SiteDatabase => ({ url, shown: withoutPassword(url), close: async () => {} });

/** In this order: the command line, the site file, DATABASE_URL. */
const namedDatabase = (site: Site, given: string | undefined, env: NodeJS.ProcessEnv): string | undefined =>
  given ?? site.database ?? env.DATABASE_URL;

const embeddedFolder = (site: Site): string => join(site.stateDirectory, 'postgres');

async function startOwn(site: Site): Promise<SiteDatabase> {
  const server = await startEmbeddedPostgres({ directory: embeddedFolder(site) });
  try {
    const url = await ensureDatabase(server.url, databaseName);
    return { url, shown: `embedded PostgreSQL in ${embeddedFolder(site)}`, close: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** For the daemon: an embedded server is its own. */
export async function openDatabase(
  site: Site,
  given: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<SiteDatabase> {
  const named = namedDatabase(site, given, env);
  return named === undefined ? startOwn(site) : external(named);
}

/** For a command beside the daemon: its embedded server is used where it runs, and started where it does not. */
export async function visitDatabase(
  site: Site,
  given: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<SiteDatabase> {
  if (namedDatabase(site, given, env) !== undefined) return openDatabase(site, given, env);
  const running = await findRunningPostgres(embeddedFolder(site));
  if (running === undefined) return startOwn(site);
  const url = await ensureDatabase(running, databaseName);
  return { ...external(url), shown: `embedded PostgreSQL in ${embeddedFolder(site)}` };
}
