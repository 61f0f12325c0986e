/** Iris alone, for very many cycles: how much memory it has at intervals. A leak is a heap that grows from one full collection to the next. */

import type { Table } from '../benchmark.js';
import { type Columns, toTable } from '../columns.js';
import type { Figures } from '../cycle/cycles.js';
import type { Setting } from '../cycle/measurement.js';
import { type Scene, sumOf } from '../cycle/scene.js';
import { rounded } from '../median.js';

/** One interval; its `cycles` are those of all so far. */
export interface Sample extends Setting, Figures {
  name: string;
  /** Of the serving processes together, at the interval's end: before and after a full collection. */
  rssMiB: number;
  heapMiB: number;
}

/** Until so many cycles have been done, in intervals of the scene's seconds. */
export async function runSteadily(
  { served: { iris }, load, seconds }: Scene,
  setting: Setting,
  wanted: number,
  say: (line: string) => void,
): Promise<Sample[]> {
  const { workers, urls } = iris;
  const samples: Sample[] = [];
  for (let cycles = 0; cycles < wanted; ) {
    const ran = await load.ask<Figures>('run', { urls, clients: setting.clients, seconds });
    cycles += ran.cycles;
    const rssMiB = rounded(await sumOf(workers, 'rssMiB'), 1);
    const heapMiB = rounded(await sumOf(workers, 'heapMiB'), 1);
    const [perSecond, p50Ms, p99Ms] = [ran.perSecond, ran.p50Ms, ran.p99Ms].map((figure) => rounded(figure, 1));
    samples.push({
      ...{ name: `steady-${setting.workers}`, ...setting, cycles },
      ...{ perSecond: perSecond!, p50Ms: p50Ms!, p99Ms: p99Ms!, rssMiB, heapMiB },
    });
    say(`  after ${cycles} cycles: ${rssMiB} MiB, of it ${heapMiB} MiB of heap in use; ${perSecond} cycles/s`);
  }
  return samples;
}

const columns: Columns<Sample> = {
  '': ({ name }) => name,
  clients: ({ clients }) => clients,
  stored: ({ stored }) => stored,
  cycles: ({ cycles }) => cycles,
  'cycles/s': ({ perSecond }) => perSecond,
  'p50 ms': ({ p50Ms }) => p50Ms,
  'p99 ms': ({ p99Ms }) => p99Ms,
  'memory MiB': ({ rssMiB }) => rssMiB,
  'heap in use MiB': ({ heapMiB }) => heapMiB,
};

export const steadyTables = (samples: readonly Sample[]): Table[] =>
  samples.length === 0 ? [] : [toTable('Iris alone, interval by interval', columns, samples)];
