/** Floor and Iris in turns, and what was lost on the way. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { medians, rounded } from '../median.js';
import type { Figures } from '../reservations/cycles.js';
import { withDatabases } from '../reservations/databases.js';
import { siteFile, tenant } from '../reservations/site.js';
import { startWorker, type Worker } from '../worker.js';
import type { Heard, Sample } from './load.js';
import { providerNsa, requesterNsa } from './messages.js';

export interface NsiOptions {
  clients: number[];
  nodes: number;
  stored: number[];
  workers: number[];
  seconds: number;
  rounds: number;
  profile?: string;
}

export interface Measurement {
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

interface Served {
  workers: Worker[];
  urls: string[];
}

interface Scene {
  served: Record<Kind, Served>;
  load: Worker;
  seconds: number;
}

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
  const total = async (question: string): Promise<number> => {
    const answers = await Promise.all(workers.map((worker) => worker.ask<number>(question)));
    return answers.reduce((sum, answer) => sum + answer, 0);
  };
  const cpuBefore = await total('cpuMs');
  const figures = await load.ask<Figures & Heard>('run', { urls, clients, seconds });
  const cpuMsPerCycle = ((await total('cpuMs')) - cpuBefore) / figures.cycles;
  return { ...figures, cpuMsPerCycle, rssMiB: await total('rssMiB') };
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

async function withScene<T>(
  folder: string,
  database: string,
  { nodes, seconds, profile }: NsiOptions,
  workers: number,
  work: (scene: Scene) => Promise<T>,
): Promise<T> {
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const floor = Array.from({ length: workers }, () => startWorker(serverModule));
  const iris = Array.from({ length: workers }, () => startWorker(serverModule, [], profiling));
  const load = startWorker(loadModule);
  const servers = [...floor, ...iris];
  try {
    const config = join(folder, 'site.yaml');
    await writeFile(config, siteFile(folder, nodes, { nsi }));
    const irisUrls: string[] = [];
    for (const [index, worker] of iris.entries()) {
      const logFile = join(folder, `iris-${index}.log`);
      irisUrls.push(await worker.ask<string>('iris', { siteFile: config, logFile, database }));
    }
    const sample = await load.ask<Sample>('sample', { url: irisUrls[0] });
    const floorUrls = await Promise.all(floor.map((worker) => worker.ask<string>('floor', { sample })));
    const served = { floor: { workers: floor, urls: floorUrls }, iris: { workers: iris, urls: irisUrls } };
    const result = await work({ served, load, seconds });
    await Promise.all(servers.map((worker) => worker.ask('stop')));
    return result;
  } finally {
    await Promise.all([...servers, load].map((worker) => worker.end()));
  }
}

export async function measureNsi(
  folder: string,
  options: NsiOptions,
  say: (line: string) => void,
): Promise<{ measurements: Measurement[]; faults: string[] }> {
  const { nodes, rounds } = options;
  const measurements: Measurement[] = [];
  const faults: string[] = [];

  function note(runs: Record<Kind, Run[]>, clients: number, stored: number, workers: number): void {
    const floorPerSecond = figuresOf(runs.floor).perSecond;
    for (const kind of kinds) {
      const { perSecond, p50Ms, p99Ms, rssMiB, cpuMsPerCycle } = figuresOf(runs[kind]);
      const name = `${kind}-${workers}`;
      const [lost, repeated, cycles] = [
        sum(runs[kind], 'lost'),
        sum(runs[kind], 'repeated'),
        sum(runs[kind], 'cycles'),
      ];
      measurements.push({
        ...{ name, clients, nodes, stored, workers },
        ...{ perSecond: rounded(perSecond, 1), floorPerSecond: rounded(floorPerSecond, 1) },
        ...{ ratio: rounded(perSecond / floorPerSecond, 3), p50Ms: rounded(p50Ms, 2), p99Ms: rounded(p99Ms, 2) },
        ...{ rssMiB: rounded(rssMiB, 0), cpuMsPerCycle: rounded(cpuMsPerCycle, 2), lost, repeated },
        messagesPerCycle: rounded(sum(runs[kind], 'messages') / cycles, 2),
        bytesPerCycle: rounded(sum(runs[kind], 'bytes') / cycles, 0),
      });
      if (lost > 0) faults.push(`${name}, ${clients} clients: ${lost} callbacks were lost`);
      if (repeated > 0) faults.push(`${name}, ${clients} clients: ${repeated} callbacks came twice`);
      for (const { problems } of runs[kind]) faults.push(...problems.map((problem) => `${name}: ${problem}`));
    }
  }

  for (const stored of options.stored) {
    await mkdir(folder, { recursive: true });
    await withDatabases(folder, { nodes, stored }, async (databases) => {
      for (const workers of options.workers)
        await withScene(folder, databases.iris, options, workers, async (scene) => {
          for (const clients of options.clients) {
            say(`${clients} requesters, ${workers} serving, ${nodes} nodes, ${stored} stored`);
            note(await measureClients(scene, clients, rounds), clients, stored, workers);
          }
        });
    });
  }
  return { measurements, faults };
}
