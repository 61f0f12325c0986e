/** How long the pure part of the driver takes for a large VI, and what one VM more costs the switches. */

import type { PlacedVi } from '../../src/domain/vi/placed-vi.js';
import { diffFlows } from '../../src/drivers/network/ovs/flow-diff.js';
import { flowsOf, type PortNumbers, resolve } from '../../src/drivers/network/ovs/resolve.js';
import { compile } from '../../src/drivers/network/plan/compile.js';
import { flowsOfPlan, type NodePlan } from '../../src/drivers/network/plan/node-plan.js';
import { median, rounded } from '../median.js';
import { processFigures } from '../process-figures.js';
import { toEntries, toSite, toVi } from './scenery.js';

const instance = '00000000-0000-4000-8000-000000000001';

export interface CompileFigures {
  vms: number;
  nodes: number;
  flows: number;
  compileMs: number;
  compileCpuMs: number;
  /** Flow-mods to all nodes for one VM more. */
  messagesForOneMore: number;
  messagesPerNode: number;
  /** Of all nodes: flows before and after in numbers, and the difference between the two. */
  oneMoreCpuMs: number;
}

/** How long it takes, and what the process spends on it. */
function timed<T>(work: () => T): { result: T; ms: number; cpuMs: number } {
  const [start, cpuStart] = [performance.now(), processFigures.cpuMs()];
  const result = work();
  return { result, ms: performance.now() - start, cpuMs: processFigures.cpuMs() - cpuStart };
}

const compileAll = (vi: PlacedVi, nodes: number): NodePlan[] => {
  const site = toSite(nodes);
  return compile(vi, site, { instance, entries: toEntries(vi, site) });
};

const numbersOf = (plan: NodePlan): PortNumbers =>
  new Map(
    [...plan.tunnels.map(({ portName }) => portName), ...plan.vmPorts].map((port, index) => [port, index + 1] as const),
  );

/** Node by node, as the driver compares what stands with what should; the ports of both have the same numbers. */
export function countMessages(before: readonly NodePlan[], after: readonly NodePlan[]): number[] {
  return after.map((plan, index) => {
    const ports = numbersOf(plan);
    const [present, wanted] = [before[index]!, plan].map((one) => flowsOf(resolve(one, ports, 'switch')));
    return diffFlows(present!, wanted!).messages.length;
  });
}

const growByOne = (vms: number, nodes: number) =>
  [compileAll(toVi(vms, nodes), nodes), compileAll(toVi(vms + 1, nodes), nodes)] as const;

/** What each node is sent when the VI grows by one VM. */
export const countForOneMore = (vms: number, nodes: number): number[] => countMessages(...growByOne(vms, nodes));

export function measureCompile(vms: number, nodes: number, rounds: number): CompileFigures {
  const site = toSite(nodes);
  const runs = Array.from({ length: rounds }, () => {
    // What is remembered of a VI and of its entries is remembered of none that is new.
    const vi = toVi(vms, nodes);
    const entries = toEntries(vi, site);
    const { result: plans, ms, cpuMs } = timed(() => compile(vi, site, { instance, entries }));
    return { ms, cpuMs, flows: plans.reduce((sum, plan) => sum + flowsOfPlan(plan).length, 0) };
  });
  const grown = growByOne(vms, nodes);
  const oneMore = timed(() => countMessages(...grown));
  const messages = oneMore.result.reduce((sum, count) => sum + count, 0);
  return {
    vms,
    nodes,
    flows: runs[0]!.flows,
    compileMs: rounded(median(runs.map(({ ms }) => ms)), 1),
    compileCpuMs: rounded(median(runs.map(({ cpuMs }) => cpuMs)), 1),
    messagesForOneMore: messages,
    messagesPerNode: rounded(messages / nodes, 1),
    oneMoreCpuMs: rounded(oneMore.cpuMs, 0),
  };
}
