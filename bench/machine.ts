/** What figures were measured on: without it they cannot be compared. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export const describeMachine = () => ({
  cpus: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  /** Above the number of CPUs: others were working, too. */
  load1: loadavg()[0],
});
