/** `bench -- nsi`: the cycle over NSI CS 2.0 with callbacks and durable commits, beside a bare soap server that exchanges the same messages, and one that writes the same rows, too. */
import type { Command } from 'commander';
import { withTemporaryFolder } from '../../src/lib/temporary-folder.js';
import type { Benchmark, Outcome } from '../benchmark.js';
import { type Columns, toTable } from '../columns.js';
import { cycleColumns } from '../cycle/measurement.js';
import { type CycleOptions, describeCycle } from '../cycle/options.js';
import { type Measurement, measureNsi } from './measure.js';

const help = `
A cycle is reserve → reserveCommit → provision → terminate: four requests and four callbacks, all acknowledged, each request sent when
the callback of the one before has come. One VM on one of the nodes, which are simulated; PostgreSQL is real and waits for the disk. The
requester is a process of its own, and the same for both:

  iris-N   the daemon as it is, in N processes on one database
  floor-N  the soap package as server and client, with messages of the same size and nothing behind them
  rows-N   that floor, which writes the rows that Iris leaves of a request before it answers it, by plain prepared statements in one
           transaction, and marks callbacks as delivered when they have been acknowledged; nothing is checked, placed or read

A callback that does not come, comes twice, or is another than is due makes the command fail, and so do other rows than those of Iris.
Processor time is that of a cycle: of the serving processes, of PostgreSQL, of the requester.

  npm run bench -- nsi --clients 8 --seconds 5
  npm run bench -- nsi --json > figures.ndjson       an object a line for each measurement
  npm run bench -- nsi --profile /tmp/profiles       CPU profiles of the daemon, for Chrome or speedscope
`;

function describe(command: Command): void {
  describeCycle(command, [1, 8, 64], [1]);
  command.addHelpText('after', help);
}

const columns: Columns<Measurement> = {
  ...cycleColumns,
  lost: ({ lost }) => lost,
  bytes: ({ bytesPerCycle }) => bytesPerCycle,
};

async function run(options: CycleOptions, say: (line: string) => void): Promise<Outcome> {
  const { measurements, faults } = await withTemporaryFolder((folder) => measureNsi(folder, options, say));
  const title = `reserve → reserveCommit → provision → terminate over NSI with callbacks, ${options.nodes} nodes`;
  return { report: measurements, tables: [toTable(title, columns, measurements)], faults };
}

export const nsi: Benchmark = {
  summary:
    'the cycle of a reservation over NSI CS 2.0 with callbacks and durable commits: cycles per second, and messages lost',
  describe,
  run: (options, say) => run(options as never, say),
};
