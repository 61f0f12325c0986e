/** A crowd: every switch of a site connects at once, as after a power cut. */
import { median, rounded } from '../median.js';
import type { Part } from '../parts.js';
import type { ControllerOptions } from './benchmark.js';
import type { CrowdResult } from './load.js';
import { type Kind, kinds, type Processes, withProcesses } from './responders.js';

interface Run extends CrowdResult {
  /** As the controller sees it; the floor sees nothing. */
  up: number;
}

async function runOnce({ responders, load }: Processes, kind: Kind, switches: number): Promise<Run> {
  const { worker, port } = responders[kind];
  const result = await load.ask<CrowdResult>('crowd', { port, switches });
  const counts = await worker.ask<{ up: number } | undefined>('counts');
  await load.ask('disband');
  return { ...result, up: counts?.up ?? result.ready };
}

export async function measureCrowd({ crowd, rounds }: ControllerOptions, say: (line: string) => void): Promise<Part> {
  say(`crowd: ${crowd} switches at once`);
  const runs: Record<Kind, Run[]> = { floor: [], iris: [] };
  await withProcesses(1, async (processes) => {
    for (let round = 0; round < rounds; round++)
      for (const kind of kinds) runs[kind].push(await runOnce(processes, kind, crowd));
  });
  const elapsedMs = (kind: Kind): number => rounded(median(runs[kind].map((run) => run.elapsedMs)), 1);
  const fewestUp = Math.min(...runs.iris.map((run) => run.up));
  const lost = Math.max(...runs.iris.map((run) => run.lost));
  const report = { switches: crowd, floorMs: elapsedMs('floor'), irisMs: elapsedMs('iris'), up: fewestUp, lost };
  return {
    report,
    table: {
      title: `${crowd} switches connect at once`,
      columns: ['floor, ms', 'Iris, ms until all are ready', 'up', 'lost'],
      rows: [[report.floorMs, report.irisMs, fewestUp, lost]],
    },
    faults: fewestUp < crowd || lost > 0 ? [`crowd: ${fewestUp} of ${crowd} switches came up, ${lost} were lost`] : [],
  };
}
