/** The processes of a measurement of cycles: some that are the floor, as many that are the daemon, and one that is the load on either. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startWorker, type Worker } from '../worker.js';
import type { CycleOptions } from './options.js';

interface Served {
  workers: Worker[];
  urls: string[];
}

export interface Scene {
  served: Record<'floor' | 'iris', Served>;
  load: Worker;
  seconds: number;
}

export interface SceneParts {
  folder: string;
  /** The site file's text. */
  site: string;
  /** That Iris works on. */
  database: string;
  options: CycleOptions;
  /** How many serve, of each kind. */
  workers: number;
  serverModule: URL;
  loadModule: URL;
  /** Brings the floor up and resolves with its addresses; Iris is up by then. */
  startFloor(floor: readonly Worker[], load: Worker, irisUrls: readonly string[]): Promise<string[]>;
}

export async function withScene<T>(parts: SceneParts, work: (scene: Scene) => Promise<T>): Promise<T> {
  const { folder, site, database, options, workers, serverModule, loadModule, startFloor } = parts;
  const profiling = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
  const floor = Array.from({ length: workers }, () => startWorker(serverModule));
  const iris = Array.from({ length: workers }, () => startWorker(serverModule, [], profiling));
  const load = startWorker(loadModule);
  const servers = [...floor, ...iris];
  try {
    const config = join(folder, 'site.yaml');
    await writeFile(config, site);
    const irisUrls: string[] = [];
    for (const [index, worker] of iris.entries()) {
      const logFile = join(folder, `iris-${index}.log`);
      irisUrls.push(await worker.ask<string>('iris', { siteFile: config, logFile, database }));
    }
    const floorUrls = await startFloor(floor, load, irisUrls);
    const served = { floor: { workers: floor, urls: floorUrls }, iris: { workers: iris, urls: irisUrls } };
    const result = await work({ served, load, seconds: options.seconds });
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
