/** `bench -- reservations`: the full cycle over SOAP with durable commits, beside a bare server that writes the same rows. */
import type { Command } from 'commander';
import { withTemporaryFolder } from '../../src/lib/temporary-folder.js';
import type { Benchmark, Outcome } from '../benchmark.js';
import { toTable } from '../columns.js';
import { cycleColumns } from '../cycle/measurement.js';
import { describeCycle } from '../cycle/options.js';
import { count } from '../numbers.js';
import { measureReservations, type ReservationsOptions } from './measure.js';
import { steadyTables } from './steady.js';

const help = `
A cycle is reserve → commit → terminate: three requests, three transactions that wait for the disk, one VM on one of the nodes.
Nodes are simulated, PostgreSQL is real. For each number of serving processes it measures, in turns:

  iris-N   the daemon as it is
  floor-N  a bare server on the soap package with XSD validation that writes the same rows by plain prepared statements
  rows-N   the same rows without SOAP

Every answer is looked into, and at the end the rows that both have left are counted: a difference makes the command fail.

  npm run bench -- reservations --clients 8 --seconds 5
  npm run bench -- reservations --nodes 1000 --stored 0,100000,1000000 --workers 1
  npm run bench -- reservations --clients 8 --workers 1 --rounds 1 --seconds 30 --steady 100000
                                                             and what memory does over a long run, every 30 s
  npm run bench -- reservations --json > figures.ndjson      an object a line for each measurement
  npm run bench -- reservations --profile /tmp/profiles      CPU profiles of the daemon, for Chrome or speedscope
`;

function describe(command: Command): void {
  describeCycle(command, [8, 64], [1, 2]);
  command.option('--steady <cycles>', 'then Iris alone for so many cycles, and its memory after each --seconds', count);
  command.addHelpText('after', help);
}

async function run(options: ReservationsOptions, say: (line: string) => void): Promise<Outcome> {
  const { measurements, samples, faults } = await withTemporaryFolder((folder) =>
    measureReservations(folder, options, say),
  );
  const title = `reserve → commit → terminate over SOAP, ${options.nodes} nodes`;
  const tables = [toTable(title, cycleColumns, measurements), ...steadyTables(samples)];
  return { report: [...measurements, ...samples], tables, faults };
}

export const reservations: Benchmark = {
  summary: 'the full cycle of a reservation over SOAP, with durable commits: cycles per second and their latency',
  describe,
  run: (options, say) => run(options as never, say),
};
