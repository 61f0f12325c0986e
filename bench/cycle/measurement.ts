/** What every measurement of cycles says, and its columns. */
import type { Columns } from '../columns.js';
import { medians, rounded } from '../median.js';

/** Decimals of the figures that a run of cycles has, of which the medians count. The processor times are those of a cycle. */
const decimals = {
  perSecond: 1,
  p50Ms: 2,
  p99Ms: 2,
  cpuMs: 2,
  databaseCpuMs: 2,
  clientCpuMs: 2,
  rssMiB: 0,
};

export type RunFigures = Record<keyof typeof decimals, number>;
const figureNames = Object.keys(decimals) as (keyof RunFigures)[];

const mapFigures = (toFigure: (name: keyof RunFigures) => number): RunFigures =>
  Object.fromEntries(figureNames.map((name) => [name, toFigure(name)])) as RunFigures;

export interface CycleMeasurement extends RunFigures {
  name: string;
  clients: number;
  nodes: number;
  stored: number;
  workers: number;
  floorPerSecond: number;
  ratio: number;
}

/** What was measured of: one number each of what the options have lists of. */
export type Setting = Pick<CycleMeasurement, 'clients' | 'nodes' | 'stored' | 'workers'>;

/** Of runs that may say more than these figures. */
export const medianRun = (runs: readonly RunFigures[]): RunFigures =>
  medians(runs.map((run) => mapFigures((name) => run[name])));

export const toCycleMeasurement = (
  kind: string,
  setting: Setting,
  figures: RunFigures,
  floorPerSecond: number,
): CycleMeasurement => ({
  name: `${kind}-${setting.workers}`,
  ...setting,
  ...mapFigures((name) => rounded(figures[name], decimals[name])),
  floorPerSecond: rounded(floorPerSecond, 1),
  ratio: rounded(figures.perSecond / floorPerSecond, 3),
});

export const cycleColumns = {
  '': (row) => row.name,
  clients: ({ clients }) => clients,
  stored: ({ stored }) => stored,
  'cycles/s': ({ perSecond }) => perSecond,
  'of the floor': ({ ratio }) => ratio,
  'p50 ms': ({ p50Ms }) => p50Ms,
  'p99 ms': ({ p99Ms }) => p99Ms,
  'memory MiB': ({ rssMiB }) => rssMiB,
  'CPU ms': ({ cpuMs }) => cpuMs,
  'of database': ({ databaseCpuMs }) => databaseCpuMs,
  'of clients': ({ clientCpuMs }) => clientCpuMs,
} satisfies Columns<CycleMeasurement>;
