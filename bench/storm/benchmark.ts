/** `bench -- storm`: whether switches that send packet-ins as fast as they can slow the web service down. */
import type { Command } from 'commander';
import { withTemporaryFolder } from '../../src/lib/temporary-folder.js';
import type { Benchmark, Outcome } from '../benchmark.js';
import { type Columns, toTable } from '../columns.js';
import { count, seconds } from '../numbers.js';
import { type Latency, measureStorm, type StormOptions } from './measure.js';

const help = `
The daemon as it is, with simulated hypervisors, real PostgreSQL, and the Open vSwitch network driver. Its switches are fakes in a
process of their own, with a fake database each; a VI has a VM behind every one. A single client looks at this VI and reserves,
commits and terminates another, one request after the other; first with quiet switches, then while all of them send ARP
requests of 2,048 made-up machines each as fast as they are taken off their hands, with no meter that would hold them back.

  npm run bench -- storm --switches 16 --seconds 5
`;

function describe(command: Command): void {
  command
    .option('--switches <count>', 'fake switches', count, 16)
    .option('--seconds <seconds>', 'how long quiet and storm last, each time', seconds, 4)
    .option('--rounds <count>', 'quiet and storm in turns, of which the medians count', count, 3)
    .addHelpText('after', help);
}

const columns: Columns<Latency> = {
  operation: ({ operation }) => operation,
  requests: ({ requests }) => requests,
  unanswered: ({ failed }) => failed,
  'quiet, p50 / p99 ms': ({ quietP50Ms, quietP99Ms }) => `${quietP50Ms} / ${quietP99Ms}`,
  'storm, p50 / p99 ms': ({ stormP50Ms, stormP99Ms }) => `${stormP50Ms} / ${stormP99Ms}`,
  'storm / quiet': ({ ratio }) => ratio.toFixed(2),
};

async function run(options: StormOptions, say: (line: string) => void): Promise<Outcome> {
  const figures = await withTemporaryFolder((folder) => measureStorm(folder, options, say));
  const { switches, packetInsPerS, rssMiB, latencies } = figures;
  const title = `SOAP while ${switches} switches send ${packetInsPerS} packet-ins a second; the daemon has ${rssMiB} MiB`;
  const faults = packetInsPerS > 0 ? [] : ['storm: no packet-in reached the daemon'];
  return { report: figures, tables: [toTable(title, columns, latencies)], faults };
}

export const storm: Benchmark = {
  summary: 'how long a client of the web service waits while switches send packet-ins as fast as they can',
  describe,
  run: (options, say) => run(options as never, say),
};
