/** Floor, Iris and the rows alone, in turns, with one and with two processes that serve. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { medians, rounded } from '../median.js';
import { startWorker, type Worker } from '../worker.js';
import type { Figures } from './cycles.js';
import { type Databases, rowsPerReservation, withDatabases } from './databases.js';
import { processorMs } from './processor-time.js';
import { siteFile } from './site.js';

export interface ReservationsOptions {
  clients: number[];
  nodes: number;
  stored: number[];
  workers: number[];
  seconds: number;
  rounds: number;
  profile?: string;
}

export interface Measurement {
  name: string;
  clients: number;
  nodes: number;
  stored: number;
  workers: number;
  perSecond: number;
  floorPerSecond: number;
  ratio: number;
  p50Ms: number;
  p99Ms: number;
  rssMiB: number;
  /** Processor time of the serving processes a cycle, and of PostgreSQL. */
  cpuMs: number;
  databaseCpuMs: number;
}

type Kind = 'floor' | 'iris' | 'rows';
const kinds: readonly Kind[] = ['floor', 'iris', 'rows'];

interface Served {
  workers: Worker[];
  urls: string[];
}

interface Scene {
  served: Record<'floor' | 'iris', Served>;
  load: Worker;
  seconds: number;
  databasePid: number;
}

interface Run extends Omit<Figures, 'cycles'> {
  rssMiB: number;
  cpuMs: number;
  databaseCpuMs: number;
}

const serverModule = new URL('./server.js', import.meta.url);
const loadModule = new URL('./load.js', import.meta.url);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The rows alone are written by the floor's processes, with the clients shared among them. */
async function runRows({ served: { floor }, seconds }: Scene, clients: number): Promise<Figures> {
  const { workers } = floor;
  const figures = await Promise.all(
    workers.map((worker, index) => {
      const share = Math.ceil((clients - index) / workers.length);
      return share < 1 ? [] : worker.ask<Figures>('rows', { clients: share, seconds, firstKey: 1 + index * 500 });
    }),
  );
  const ran = figures.flat();
  return {
    cycles: ran.reduce((sum, { cycles }) => sum + cycles, 0),
    perSecond: ran.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p50Ms: Math.max(...ran.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...ran.map(({ p99Ms }) => p99Ms)),
  };
}

const sumOf = async (workers: readonly Worker[], question: string): Promise<number> => {
  const answers = await Promise.all(workers.map((worker) => worker.ask<number>(question)));
  return answers.reduce((sum, answer) => sum + answer, 0);
};

async function runKind(scene: Scene, kind: Kind, clients: number): Promise<Run> {
  const { workers, urls } = scene.served[kind === 'iris' ? 'iris' : 'floor'];
  const spent = () => Promise.all([sumOf(workers, 'cpuMs'), processorMs(scene.databasePid)]);
  const [cpuBefore, databaseBefore] = await spent();
  const { cycles, ...figures } =
    kind === 'rows'
      ? await runRows(scene, clients)
      : await scene.load.ask<Figures>('run', { urls, clients, seconds: scene.seconds });
  const [cpuAfter, databaseAfter] = await spent();
  return {
    ...figures,
    rssMiB: await sumOf(workers, 'rssMiB'),
    cpuMs: (cpuAfter - cpuBefore) / cycles,
    databaseCpuMs: (databaseAfter - databaseBefore) / cycles,
  };
}

async function measureClients(scene: Scene, clients: number, rounds: number): Promise<Record<Kind, Run>> {
  const runs: Record<Kind, Run[]> = { floor: [], iris: [], rows: [] };
  // The first round warms up: code is compiled, connections are made, pages are read.
  for (let round = 0; round <= rounds; round += 1)
    for (const kind of kinds) {
      const run = await runKind(scene, kind, clients);
      if (round > 0) runs[kind].push(run);
    }
  return { floor: medians(runs.floor), iris: medians(runs.iris), rows: medians(runs.rows) };
}

async function withScene<T>(
  folder: string,
  databases: Databases,
  { nodes, seconds, profile }: ReservationsOptions,
  workers: number,
  work: (scene: Scene) => Promise<T>,
): Promise<T> {
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const floor = upTo(workers).map(() => startWorker(serverModule));
  const iris = upTo(workers).map(() => startWorker(serverModule, [], profiling));
  const load = startWorker(loadModule);
  try {
    const config = join(folder, 'site.yaml');
    await writeFile(config, siteFile(folder, nodes));
    const floorUrls = floor.map((worker) => worker.ask<string>('floor', { database: databases.floor, nodes }));
    const irisUrls: string[] = [];
    for (const [index, worker] of iris.entries()) {
      const logFile = join(folder, `iris-${index}.log`);
      irisUrls.push(await worker.ask<string>('iris', { siteFile: config, logFile, database: databases.iris }));
    }
    const served = {
      floor: { workers: floor, urls: await Promise.all(floorUrls) },
      iris: { workers: iris, urls: irisUrls },
    };
    const result = await work({ served, load, seconds, databasePid: databases.pid });
    await Promise.all([...floor, ...iris].map((worker) => worker.ask('stop')));
    return result;
  } finally {
    await Promise.all([...floor, ...iris, load].map((worker) => worker.end()));
  }
}

async function compareRows({ floor, iris }: Databases, stored: number): Promise<string[]> {
  const [ofFloor, ofIris] = await Promise.all([floor, iris].map((url) => rowsPerReservation(url, stored)));
  return Object.keys(ofFloor!)
    .filter((table) => ofFloor![table] !== ofIris![table])
    .map((table) => `rows of ${table} per cycle: ${ofFloor![table]} by the floor, ${ofIris![table]} by Iris`);
}

export async function measureReservations(
  folder: string,
  options: ReservationsOptions,
  say: (line: string) => void,
): Promise<{ measurements: Measurement[]; faults: string[] }> {
  const { nodes, rounds } = options;
  const measurements: Measurement[] = [];
  const faults: string[] = [];
  for (const stored of options.stored) {
    say(`${stored} reservations are stored`);
    await mkdir(folder, { recursive: true });
    await withDatabases(folder, { nodes, stored }, async (databases) => {
      for (const workers of options.workers)
        await withScene(folder, databases, options, workers, async (scene) => {
          for (const clients of options.clients) {
            say(`${clients} clients, ${workers} serving, ${nodes} nodes, ${stored} stored`);
            const figures = await measureClients(scene, clients, rounds);
            for (const kind of kinds) {
              const { perSecond, p50Ms, p99Ms, rssMiB, cpuMs, databaseCpuMs } = figures[kind];
              const floorPerSecond = figures.floor.perSecond;
              measurements.push({
                ...{ name: `${kind}-${workers}`, clients, nodes, stored, workers },
                ...{ perSecond: rounded(perSecond, 1), floorPerSecond: rounded(floorPerSecond, 1) },
                ...{ ratio: rounded(perSecond / floorPerSecond, 3), p50Ms: rounded(p50Ms, 2) },
                ...{ p99Ms: rounded(p99Ms, 2), rssMiB: rounded(rssMiB, 0) },
                ...{ cpuMs: rounded(cpuMs, 2), databaseCpuMs: rounded(databaseCpuMs, 2) },
              });
            }
          }
        });
      faults.push(...(await compareRows(databases, stored)));
    });
  }
  return { measurements, faults };
}
