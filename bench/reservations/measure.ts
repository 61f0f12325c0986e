/** Floor, Iris and the rows alone, in turns, with one and with two processes that serve. */
import { mkdir } from 'node:fs/promises';
import type { Figures } from '../cycle/cycles.js';
import { type CycleMeasurement, toCycleMeasurement } from '../cycle/measurement.js';
import type { CycleOptions } from '../cycle/options.js';
import { type Scene, sumOf, withScene } from '../cycle/scene.js';
import { siteFile } from '../cycle/site.js';
import { medians, rounded } from '../median.js';
import type { Worker } from '../worker.js';
import { type Databases, rowsPerReservation, withDatabases } from './databases.js';
import { processorMs } from './processor-time.js';
import { runSteadily, type Sample } from './steady.js';

export interface Measurement extends CycleMeasurement {
  /** Processor time of the serving processes a cycle, and of PostgreSQL. */
  cpuMs: number;
  databaseCpuMs: number;
}

export interface ReservationsOptions extends CycleOptions {
  /** Cycles of Iris alone, after each measurement; absent: none. */
  steady?: number;
}

type Kind = 'floor' | 'iris' | 'rows';
const kinds: readonly Kind[] = ['floor', 'iris', 'rows'];

/** With the PostgreSQL that all of them work on. */
interface DatabaseScene extends Scene {
  databasePid: number;
}

interface Run extends Omit<Figures, 'cycles'> {
  rssMiB: number;
  cpuMs: number;
  databaseCpuMs: number;
}

const serverModule = new URL('./server.js', import.meta.url);
const loadModule = new URL('./load.js', import.meta.url);

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

async function runKind(scene: DatabaseScene, kind: Kind, clients: number): Promise<Run> {
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

async function measureClients(scene: DatabaseScene, clients: number, rounds: number): Promise<Record<Kind, Run>> {
  const runs: Record<Kind, Run[]> = { floor: [], iris: [], rows: [] };
  // The first round warms up: code is compiled, connections are made, pages are read.
  for (let round = 0; round <= rounds; round += 1)
    for (const kind of kinds) {
      const run = await runKind(scene, kind, clients);
      if (round > 0) runs[kind].push(run);
    }
  return { floor: medians(runs.floor), iris: medians(runs.iris), rows: medians(runs.rows) };
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
): Promise<{ measurements: Measurement[]; samples: Sample[]; faults: string[] }> {
  const { nodes, rounds, steady = 0 } = options;
  const measurements: Measurement[] = [];
  const samples: Sample[] = [];
  const faults: string[] = [];
  const parts = { folder, site: siteFile(folder, nodes), options, serverModule, loadModule };
  const startingFloor = ({ floor: database }: Databases) => ({
    startFloor: (floor: readonly Worker[]) =>
      Promise.all(floor.map((worker) => worker.ask<string>('floor', { database, nodes }))),
  });
  for (const stored of options.stored) {
    say(`${stored} reservations are stored`);
    await mkdir(folder, { recursive: true });
    await withDatabases(folder, { nodes, stored }, say, async (databases) => {
      for (const workers of options.workers)
        await withScene(
          { ...parts, ...startingFloor(databases), database: databases.iris, workers },
          async (processes) => {
            const scene = { ...processes, databasePid: databases.pid };
            for (const clients of options.clients) {
              say(`${clients} clients, ${workers} serving, ${nodes} nodes, ${stored} stored`);
              const figures = await measureClients(scene, clients, rounds);
              const setting = { clients, nodes, stored, workers };
              for (const kind of kinds) {
                const { cpuMs, databaseCpuMs } = figures[kind];
                measurements.push({
                  ...toCycleMeasurement(kind, setting, figures[kind], figures.floor.perSecond),
                  ...{ cpuMs: rounded(cpuMs, 2), databaseCpuMs: rounded(databaseCpuMs, 2) },
                });
              }
              samples.push(...(await runSteadily(scene, setting, steady, say)));
            }
          },
        );
      faults.push(...(await compareRows(databases, stored)));
    });
  }
  return { measurements, samples, faults };
}
