/** What a run cost: processor time a cycle, which hardly depends on what else the machine does, and memory. */
import { processorMs } from '../processor-time.js';
import type { Worker } from '../worker.js';
import { type Scene, sumOf } from './scene.js';

export interface Cost {
  /** Of the serving processes; so is the memory. */
  cpuMs: number;
  /** Of PostgreSQL and its sessions. */
  databaseCpuMs: number;
  /** Of the process that is the clients. */
  clientCpuMs: number;
  rssMiB: number;
}

export async function withCost<T extends { cycles: number }>(
  { load, databasePid }: Pick<Scene, 'load' | 'databasePid'>,
  workers: readonly Worker[],
  run: () => Promise<T>,
): Promise<T & Cost> {
  const spent = () => Promise.all([sumOf(workers, 'cpuMs'), processorMs(databasePid), sumOf([load], 'cpuMs')]);
  const before = await spent();
  const result = await run();
  const [cpuMs, databaseCpuMs, clientCpuMs] = (await spent()).map((ms, index) => (ms - before[index]!) / result.cycles);
  return {
    ...result,
    ...{ cpuMs: cpuMs!, databaseCpuMs: databaseCpuMs!, clientCpuMs: clientCpuMs! },
    rssMiB: await sumOf(workers, 'rssMiB'),
  };
}
