/** ARP: replies per second and their latency, Iris and the floor in turns on the same load. */
import { median, medians, rounded } from '../median.js';
import type { Part } from '../parts.js';
import type { ControllerOptions } from './benchmark.js';
import type { LoadOrder, LoadResult } from './load.js';
import { type Kind, kinds, type Processes, withProcesses } from './responders.js';

/** Of one round. */
interface Run extends LoadResult {
  /** Of the responder: what does not depend on who else works on the machine. */
  cpuUsPerReply: number;
}

const warmUpShare = 0.3;

async function runOnce(
  { responders, load }: Processes,
  kind: Kind,
  order: Omit<LoadOrder, 'port' | 'verified'>,
): Promise<Run> {
  const { worker, port } = responders[kind];
  const cpuBefore = await worker.ask<number>('cpuMs');
  const result = await load.ask<LoadResult>('load', { ...order, port, verified: kind === 'iris' });
  const cpuMs = (await worker.ask<number>('cpuMs')) - cpuBefore;
  return { ...result, cpuUsPerReply: rounded((cpuMs * 1000) / Math.max(1, result.answered), 2) };
}

async function measureAt(switches: number, processes: Processes, options: ControllerOptions) {
  const { outstanding, entries, seconds, rounds } = options;
  const measuredMs = seconds * 1000;
  const order = { switches, outstanding, entries, measuredMs, warmUpMs: measuredMs * warmUpShare };
  const runs: Record<Kind, Run[]> = { floor: [], iris: [] };
  for (let round = 0; round < rounds; round++)
    for (const kind of kinds) runs[kind].push(await runOnce(processes, kind, order));
  const ratios = runs.iris.map((run, round) => run.repliesPerS / runs.floor[round]!.repliesPerS);
  const { learnt } = await processes.responders.iris.worker.ask<{ learnt: number }>('counts');
  return {
    ...{ switches, outstanding },
    floor: medians(runs.floor),
    iris: { ...medians(runs.iris), rssMiB: await processes.responders.iris.worker.ask<number>('rssMiB') },
    /** Of neighbouring runs: what slows both down cancels out. */
    ratio: rounded(median(ratios), 3),
    /** Of the first round: those who ask for the first time are learnt in it. */
    learningRatio: rounded(ratios[0]!, 3),
    wrong: runs.iris.reduce((sum, run) => sum + run.wrong, 0),
    lost: runs.iris.reduce((sum, run) => sum + run.lost, 0),
    learnt,
  };
}

type Measured = Awaited<ReturnType<typeof measureAt>>;

function faultsOf({ switches, wrong, lost, learnt, iris }: Measured): string[] {
  const found: string[] = [];
  if (wrong > 0) found.push(`arp, ${switches} switches: ${wrong} wrong replies`);
  if (lost > 0) found.push(`arp, ${switches} switches: ${lost} requests without a reply`);
  if (learnt === 0) found.push('arp: no asker was learnt');
  if (iris.replies === 0) found.push(`arp, ${switches} switches: no replies at all`);
  return found;
}

const toRow = ({ switches, floor, iris, ratio, learningRatio }: Measured): (string | number)[] => [
  switches,
  Math.round(floor.repliesPerS),
  Math.round(iris.repliesPerS),
  ratio.toFixed(2),
  learningRatio.toFixed(2),
  `${floor.p50Ms} / ${floor.p99Ms}`,
  `${iris.p50Ms} / ${iris.p99Ms}`,
  `${floor.cpuUsPerReply} / ${iris.cpuUsPerReply}`,
  iris.rssMiB,
];

export async function measureArp(options: ControllerOptions, say: (line: string) => void): Promise<Part> {
  const { switches, outstanding, entries } = options;
  const measured = await withProcesses(entries, async (processes) => {
    const all: Measured[] = [];
    for (const count of switches) {
      say(`arp: ${count} switches, ${outstanding} outstanding each, ${entries} entries`);
      all.push(await measureAt(count, processes, options));
    }
    return all;
  });
  return {
    report: { entries, runs: measured },
    table: {
      title: `ARP request → reply, ${outstanding} outstanding for each switch, a registry of ${entries} entries`,
      columns: [
        ...['switches', 'floor, replies/s', 'Iris, replies/s', 'Iris / floor', 'learning'],
        ...['floor, p50 / p99 ms', 'Iris, p50 / p99 ms', 'CPU µs per reply, floor / Iris', 'Iris, MiB'],
      ],
      rows: measured.map(toRow),
    },
    faults: measured.flatMap(faultsOf),
  };
}
