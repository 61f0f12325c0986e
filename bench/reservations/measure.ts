/** Floor, Iris and the rows alone, in turns, with one and with two processes that serve. */
import { type Cost, withCost } from '../cycle/cost.js';
import type { Figures } from '../cycle/cycles.js';
import type { Databases } from '../cycle/databases.js';
import { counted, type Runs } from '../cycle/in-turns.js';
import { measureSettings } from '../cycle/measure-settings.js';
import { type CycleMeasurement, medianRun, type Setting, toCycleMeasurement } from '../cycle/measurement.js';
import type { CycleOptions } from '../cycle/options.js';
import type { Scene, StartFloor } from '../cycle/scene.js';
import { siteFile } from '../cycle/site.js';
import { runSteadily, type Sample } from './steady.js';

export interface ReservationsOptions extends CycleOptions {
  /** Cycles of Iris alone, after each measurement; absent: none. */
  steady?: number;
}

type Kind = 'floor' | 'iris' | 'rows';
const kinds: readonly Kind[] = ['floor', 'iris', 'rows'];

type Run = Figures & Cost;
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

function runKind(scene: ReservationScene, kind: Kind, clients: number): Promise<Run> {
  const { load, seconds } = scene;
  const { workers, urls } = scene.served[kind === 'iris' ? 'iris' : 'floor'];
  return withCost(scene, workers, () =>
    kind === 'rows' ? runRows(scene, clients) : load.ask<Figures>('run', { urls, clients, seconds }),
  );
}

const floorOn = ({ floor: database }: Databases, nodes: number): Record<'floor', StartFloor> => ({
  floor: (workers) => Promise.all(workers.map((worker) => worker.ask<string>('floor', { database, nodes }))),
});

export async function measureReservations(
  folder: string,
  options: ReservationsOptions,
  say: (line: string) => void,
): Promise<{ measurements: CycleMeasurement[]; samples: Sample[]; faults: string[] }> {
  const { nodes, steady = 0 } = options;
  const measurements: CycleMeasurement[] = [];
  const samples: Sample[] = [];

  async function note(runs: Runs<Kind, Run>, setting: Setting, scene: ReservationScene): Promise<void> {
    const floorPerSecond = medianRun(counted(runs.floor)).perSecond;
    for (const kind of kinds)
      measurements.push(toCycleMeasurement(kind, setting, medianRun(counted(runs[kind])), floorPerSecond));
    samples.push(...(await runSteadily(scene, setting, steady, say)));
  }

  const faults = await measureSettings<'floor', Kind, Run>({
    ...{ folder, site: siteFile(folder, nodes), options, serverModule, loadModule },
    ...{ kinds, who: 'clients', runKind, note, say },
    floorsOn: (databases) => floorOn(databases, nodes),
  });
  return { measurements, samples, faults };
}
