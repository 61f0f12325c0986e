/** Floor, Iris and the rows alone, in turns, with one and with two processes that serve. */
import { mkdir } from 'node:fs/promises';
import { type Cost, withCost } from '../cycle/cost.js';
import type { Figures } from '../cycle/cycles.js';
import { withDatabases } from '../cycle/databases.js';
import { counted, measureInTurns } from '../cycle/in-turns.js';
import { compareRows } from '../cycle/left-rows.js';
import { type CycleMeasurement, medianRun, toCycleMeasurement } from '../cycle/measurement.js';
import type { CycleOptions } from '../cycle/options.js';
import { type Scene, type StartFloor, withScene } from '../cycle/scene.js';
import { siteFile } from '../cycle/site.js';
import { runSteadily, type Sample } from './steady.js';

export interface ReservationsOptions extends CycleOptions {
  /** Cycles of Iris alone, after each measurement; absent: none. */
  steady?: number;
}

type Kind = 'floor' | 'iris' | 'rows';
const kinds: readonly Kind[] = ['floor', 'iris', 'rows'];

type ReservationScene = Scene<'floor'>;

const serverModule = new URL('./server.js', import.meta.url);
const loadModule = new URL('./load.js', import.meta.url);

/** The rows alone are written by the floor's processes, with the clients shared among them. */
async function runRows({ served: { floor }, seconds }: ReservationScene, clients: number): Promise<Figures> {
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

function runKind(scene: ReservationScene, kind: Kind, clients: number): Promise<Figures & Cost> {
  const { load, seconds } = scene;
  const { workers, urls } = scene.served[kind === 'iris' ? 'iris' : 'floor'];
  return withCost(scene, workers, () =>
    kind === 'rows' ? runRows(scene, clients) : load.ask<Figures>('run', { urls, clients, seconds }),
  );
}

export async function measureReservations(
  folder: string,
  options: ReservationsOptions,
  say: (line: string) => void,
): Promise<{ measurements: CycleMeasurement[]; samples: Sample[]; faults: string[] }> {
  const { nodes, rounds, steady = 0 } = options;
  const measurements: CycleMeasurement[] = [];
  const samples: Sample[] = [];
  const faults: string[] = [];
  const parts = { folder, site: siteFile(folder, nodes), options, serverModule, loadModule };
  const startFloor =
    (database: string): StartFloor =>
    (floor) =>
      Promise.all(floor.map((worker) => worker.ask<string>('floor', { database, nodes })));
  for (const stored of options.stored) {
    say(`${stored} reservations are stored`);
    await mkdir(folder, { recursive: true });
    await withDatabases(folder, { nodes, stored }, say, async (databases) => {
      const floors = { floor: startFloor(databases.floor) };
      for (const workers of options.workers)
        await withScene({ ...parts, databases, floors, workers }, async (scene) => {
          const about = `${workers} serving, ${nodes} nodes, ${stored} stored`;
          const all = await measureInTurns({
            ...{ kinds, clients: options.clients, rounds },
            run: (kind, clients) => runKind(scene, kind, clients),
            onTurn: (clients, round) => say(`${clients} clients, ${about}, round ${round} of ${rounds}`),
          });
          for (const [clients, runs] of all) {
            const setting = { clients, nodes, stored, workers };
            const floorPerSecond = medianRun(counted(runs.floor)).perSecond;
            for (const kind of kinds)
              measurements.push(toCycleMeasurement(kind, setting, medianRun(counted(runs[kind])), floorPerSecond));
            samples.push(...(await runSteadily(scene, setting, steady, say)));
          }
        });
      faults.push(...(await compareRows(databases, stored)));
    });
  }
  return { measurements, samples, faults };
}
