/** ARP: replies per second and their latency, Iris and the floor in turns on the same load. */
import { median, medians, rounded } from '../median.js';
import type { Part } from '../parts.js';
import type { ControllerOptions } from './benchmark.js';
import type { Askers, LoadOrder, LoadResult, OnceResult } from './load.js';
import { type Kind, kinds, type Processes, withProcesses } from './responders.js';
import { askersPerSwitch } from './scenery.js';

/** Of one round. */
interface Run extends LoadResult {
  /** Of the responder: what does not depend on who else works on the machine. */
  cpuUsPerReply: number;
}

const warmUpShare = 0.3;

/** `load`: for a while. `once`: until each asker has asked one question. */
async function runOnce<Result extends OnceResult>(
  { responders, load }: Processes,
  kind: Kind,
  question: 'load' | 'once',
  order: Omit<LoadOrder | Askers, 'port' | 'verified'>,
): Promise<Result & { cpuUsPerReply: number }> {
  const { worker, port } = responders[kind];
  const cpuBefore = await worker.ask<number>('cpuMs');
  const result = await load.ask<Result>(question, { ...order, port, verified: kind === 'iris' });
  const cpuMs = (await worker.ask<number>('cpuMs')) - cpuBefore;
  return { ...result, cpuUsPerReply: rounded((cpuMs * 1000) / Math.max(1, result.answered), 2) };
}

/** Before anything else of these askers: to Iris each is new. */
async function measureLearning(processes: Processes, order: Omit<Askers, 'port' | 'verified'>) {
  const floor = await runOnce<OnceResult>(processes, 'floor', 'once', order);
  const iris = await runOnce<OnceResult>(processes, 'iris', 'once', order);
  return { floor, iris, ratio: rounded(iris.repliesPerS / floor.repliesPerS, 3) };
}

/** `firstAsker`: nobody has asked who is this one or after it. */
async function measureAt(switches: number, firstAsker: number, processes: Processes, options: ControllerOptions) {
  const { outstanding, entries, seconds, rounds } = options;
  const measuredMs = seconds * 1000;
  const askers = { switches, outstanding, entries, firstAsker };
  const learning = await measureLearning(processes, askers);
  const order = { ...askers, measuredMs, warmUpMs: measuredMs * warmUpShare };
  const runs: Record<Kind, Run[]> = { floor: [], iris: [] };
  for (let round = 0; round < rounds; round++)
    for (const kind of kinds) runs[kind].push(await runOnce<LoadResult>(processes, kind, 'load', order));
  const ratios = runs.iris.map((run, round) => run.repliesPerS / runs.floor[round]!.repliesPerS);
  const { learnt } = await processes.responders.iris.worker.ask<{ learnt: number }>('counts');
  return {
    ...{ switches, outstanding },
    floor: medians(runs.floor),
    iris: { ...medians(runs.iris), rssMiB: await processes.responders.iris.worker.ask<number>('rssMiB') },
    /** Of neighbouring runs: what slows both down cancels out. */
    ratio: rounded(median(ratios), 3),
    learning,
    wrong: runs.iris.reduce((sum, run) => sum + run.wrong, learning.iris.wrong),
    lost: runs.iris.reduce((sum, run) => sum + run.lost, learning.iris.lost),
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

const toRow = ({ switches, floor, iris, ratio, learning }: Measured): (string | number)[] => [
  switches,
  Math.round(floor.repliesPerS),
  Math.round(iris.repliesPerS),
  ratio.toFixed(2),
  learning.ratio.toFixed(2),
  `${learning.floor.cpuUsPerReply} / ${learning.iris.cpuUsPerReply}`,
  `${floor.p50Ms} / ${floor.p99Ms}`,
  `${iris.p50Ms} / ${iris.p99Ms}`,
  `${floor.cpuUsPerReply} / ${iris.cpuUsPerReply}`,
  iris.rssMiB,
];

export async function measureArp(options: ControllerOptions, say: (line: string) => void): Promise<Part> {
  const { switches, outstanding, entries } = options;
  const measured = await withProcesses(entries, async (processes) => {
    const all: Measured[] = [];
    let firstAsker = 0;
    for (const count of switches) {
      say(`arp: ${count} switches, ${outstanding} outstanding each, ${entries} entries`);
      all.push(await measureAt(count, firstAsker, processes, options));
      firstAsker += count * askersPerSwitch;
    }
    return all;
  });
  return {
    report: { entries, runs: measured },
    table: {
      title: `ARP request → reply, ${outstanding} outstanding for each switch, a registry of ${entries} entries`,
      columns: [
        ...['switches', 'floor, replies/s', 'Iris, replies/s', 'Iris / floor'],
        ...['learning, Iris / floor', 'learning, CPU µs per asker'],
        ...['floor, p50 / p99 ms', 'Iris, p50 / p99 ms', 'CPU µs per reply, floor / Iris', 'Iris, MiB'],
      ],
      rows: measured.map(toRow),
    },
    faults: measured.flatMap(faultsOf),
  };
}
