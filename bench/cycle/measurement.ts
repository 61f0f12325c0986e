/** What every measurement of cycles says, and its columns. */
import type { Columns } from '../columns.js';
import { rounded } from '../median.js';

export interface CycleMeasurement {
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
}

/** What was measured of: one number each of what the options have lists of. */
export type Setting = Pick<CycleMeasurement, 'clients' | 'nodes' | 'stored' | 'workers'>;

interface Measured {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  rssMiB: number;
}

export const toCycleMeasurement = (
  kind: string,
  setting: Setting,
  { perSecond, p50Ms, p99Ms, rssMiB }: Measured,
  floorPerSecond: number,
): CycleMeasurement => ({
  name: `${kind}-${setting.workers}`,
  ...setting,
  perSecond: rounded(perSecond, 1),
  floorPerSecond: rounded(floorPerSecond, 1),
  ratio: rounded(perSecond / floorPerSecond, 3),
  p50Ms: rounded(p50Ms, 2),
  p99Ms: rounded(p99Ms, 2),
  rssMiB: rounded(rssMiB, 0),
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
} satisfies Columns<CycleMeasurement>;
