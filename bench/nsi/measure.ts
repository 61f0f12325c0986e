/** Floor and Iris in turns, and what was lost on the way. */
import { mkdir } from 'node:fs/promises';
import type { Figures } from '../cycle/cycles.js';
import { type CycleMeasurement, type Setting, toCycleMeasurement } from '../cycle/measurement.js';
import type { CycleOptions } from '../cycle/options.js';
import { type Scene, sumOf, withScene } from '../cycle/scene.js';
import { siteFile, tenant } from '../cycle/site.js';
import { medians, rounded } from '../median.js';
import { withDatabases } from '../reservations/databases.js';
import type { Worker } from '../worker.js';
import type { Heard, Sample } from './load.js';
import { providerNsa, requesterNsa } from './messages.js';

export interface Measurement extends CycleMeasurement {
  /** Of the serving processes, PostgreSQL's left out: it hardly depends on what else the machine does. */
  cpuMsPerCycle: number;
  /** Of all rounds. */
  lost: number;
  repeated: number;
  messagesPerCycle: number;
  bytesPerCycle: number;
}

type Kind = 'floor' | 'iris';
const kinds: readonly Kind[] = ['floor', 'iris'];

type Run = Figures & Heard & { rssMiB: number; cpuMsPerCycle: number };

const serverModule = new URL('./server.js', import.meta.url);
const loadModule = new URL('./load.js', import.meta.url);

const nsi = {
  nsaId: providerNsa,
  networkId: 'urn:ogf:network:bench.example:2026:iris',
  requesters: [{ nsaId: requesterNsa, tenant: tenant.name, withoutCredential: true }],
};

async function runKind({ served, load, seconds }: Scene, kind: Kind, clients: number): Promise<Run> {
  const { workers, urls } = served[kind];
  const cpuBefore = await sumOf(workers, 'cpuMs');
  const figures = await load.ask<Figures & Heard>('run', { urls, clients, seconds });
  const cpuMsPerCycle = ((await sumOf(workers, 'cpuMs')) - cpuBefore) / figures.cycles;
  return { ...figures, cpuMsPerCycle, rssMiB: await sumOf(workers, 'rssMiB') };
}

/** The first round warms up: its figures do not count, but what it loses does. */
async function measureClients(scene: Scene, clients: number, rounds: number): Promise<Record<Kind, Run[]>> {
  const runs: Record<Kind, Run[]> = { floor: [], iris: [] };
  for (let round = 0; round <= rounds; round += 1)
    for (const kind of kinds) runs[kind].push(await runKind(scene, kind, clients));
  return runs;
}

const sum = (runs: readonly Run[], field: 'lost' | 'repeated' | 'cycles' | 'messages' | 'bytes'): number =>
  runs.reduce((total, run) => total + run[field], 0);

const figuresOf = (runs: readonly Run[]) =>
  medians(
    runs.slice(1).map(({ perSecond, p50Ms, p99Ms, rssMiB, cpuMsPerCycle }) => ({
      ...{ perSecond, p50Ms, p99Ms, rssMiB, cpuMsPerCycle },
    })),
  );

/** Replays what Iris says in a cycle. */
async function startFloor(floor: readonly Worker[], load: Worker, [irisUrl]: readonly string[]): Promise<string[]> {
  const sample = await load.ask<Sample>('sample', { url: irisUrl });
  return Promise.all(floor.map((worker) => worker.ask<string>('floor', { sample })));
}

export async function measureNsi(
  folder: string,
  options: CycleOptions,
  say: (line: string) => void,
): Promise<{ measurements: Measurement[]; faults: string[] }> {
  const { nodes, rounds } = options;
  const measurements: Measurement[] = [];
  const faults: string[] = [];
  const parts = { folder, site: siteFile(folder, nodes, { nsi }), options, serverModule, loadModule, startFloor };

  function note(runs: Record<Kind, Run[]>, setting: Setting): void {
    const floorPerSecond = figuresOf(runs.floor).perSecond;
    for (const kind of kinds) {
      const figures = figuresOf(runs[kind]);
      const cycles = sum(runs[kind], 'cycles');
      const [lost, repeated] = [sum(runs[kind], 'lost'), sum(runs[kind], 'repeated')];
      const measurement = toCycleMeasurement(kind, setting, figures, floorPerSecond);
      measurements.push({
        ...measurement,
        ...{ cpuMsPerCycle: rounded(figures.cpuMsPerCycle, 2), lost, repeated },
        messagesPerCycle: rounded(sum(runs[kind], 'messages') / cycles, 2),
        bytesPerCycle: rounded(sum(runs[kind], 'bytes') / cycles, 0),
      });
      const what = `${measurement.name}, ${setting.clients} clients`;
      if (lost > 0) faults.push(`${what}: ${lost} callbacks were lost`);
      if (repeated > 0) faults.push(`${what}: ${repeated} callbacks came twice`);
      for (const { problems } of runs[kind]) faults.push(...problems.map((problem) => `${what}: ${problem}`));
    }
  }

  for (const stored of options.stored) {
    await mkdir(folder, { recursive: true });
    await withDatabases(folder, { nodes, stored }, say, async (databases) => {
      for (const workers of options.workers)
        await withScene({ ...parts, database: databases.iris, workers }, async (scene) => {
          for (const clients of options.clients) {
            say(`${clients} requesters, ${workers} serving, ${nodes} nodes, ${stored} stored`);
            note(await measureClients(scene, clients, rounds), { clients, nodes, stored, workers });
          }
        });
    });
  }
  return { measurements, faults };
}
