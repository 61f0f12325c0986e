/** The processes of a measurement of cycles: some that are a floor, of each kind, as many that are the daemon, and one that is the load on any. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startWorker, type Worker } from '../worker.js';
import type { Databases } from './databases.js';
import type { CycleOptions } from './options.js';

interface Served {
  workers: Worker[];
  urls: string[];
}

export interface Scene<Floor extends string = never> {
  served: Record<Floor | 'iris', Served>;
  load: Worker;
  /** Of the PostgreSQL that all of them work on. */
  databasePid: number;
  seconds: number;
}

/** Brings a floor up and resolves with its addresses; Iris is up by then. */
export type StartFloor = (workers: readonly Worker[], load: Worker, irisUrls: readonly string[]) => Promise<string[]>;

export interface SceneParts<Floor extends string> {
  folder: string;
  /** The site file's text. */
  site: string;
  databases: Databases;
  options: CycleOptions;
  /** How many serve, of each kind. */
  workers: number;
  serverModule: URL;
  loadModule: URL;
  floors: Record<Floor, StartFloor>;
}

export async function withScene<Floor extends string, T>(
  parts: SceneParts<Floor>,
  work: (scene: Scene<Floor>) => Promise<T>,
): Promise<T> {
  const { folder, site, databases, options, workers, serverModule, loadModule, floors } = parts;
  const profiling = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
  const startWorkers = (flags: readonly string[] = []): Worker[] =>
    Array.from({ length: workers }, () => startWorker(serverModule, [], flags));
  const iris: Served = { workers: startWorkers(profiling), urls: [] };
  const served: Record<string, Served> = { iris };
  for (const floor of Object.keys(floors)) served[floor] = { workers: startWorkers(), urls: [] };
  const load = startWorker(loadModule);
  const servers = Object.values(served).flatMap((kind) => kind.workers);
  try {
    const config = join(folder, 'site.yaml');
    await writeFile(config, site);
    for (const [index, worker] of iris.workers.entries()) {
      const logFile = join(folder, `iris-${index}.log`);
      iris.urls.push(await worker.ask<string>('iris', { siteFile: config, logFile, database: databases.iris }));
    }
    for (const [floor, start] of Object.entries<StartFloor>(floors)) {
      const kind = served[floor]!;
      kind.urls = await start(kind.workers, load, iris.urls);
    }
    const result = await work({ served, load, databasePid: databases.pid, seconds: options.seconds });
    await Promise.all(servers.map((worker) => worker.ask('stop')));
    return result;
  } finally {
    await Promise.all([...servers, load].map((worker) => worker.end()));
  }
}

/** What all of them answer, added up. */
export async function sumOf(workers: readonly Worker[], question: string): Promise<number> {
  const answers = await Promise.all(workers.map((worker) => worker.ask<number>(question)));
  return answers.reduce((sum, answer) => sum + answer, 0);
}
