/** `bench -- reservations`: the full cycle over SOAP with durable commits, beside a bare server that writes the same rows. */
import type { Command } from 'commander';
import { withTemporaryFolder } from '../../src/lib/temporary-folder.js';
import type { Benchmark, Outcome } from '../benchmark.js';
import { type Columns, toTable } from '../columns.js';
import { cycleColumns } from '../cycle/measurement.js';
import { type CycleOptions, describeCycle } from '../cycle/options.js';
import { type Measurement, measureReservations } from './measure.js';

const help = `
A cycle is reserve → commit → terminate: three requests, three transactions that wait for the disk, one VM on one of the nodes.
Nodes are simulated, PostgreSQL is real. For each number of serving processes it measures, in turns:

  iris-N   the daemon as it is
  floor-N  a bare server on the soap package with XSD validation that writes the same rows by plain prepared statements
  rows-N   the same rows without SOAP

Every answer is looked into, and at the end the rows that both have left are counted: a difference makes the command fail.

  npm run bench -- reservations --clients 8 --seconds 5
  npm run bench -- reservations --nodes 1000 --stored 0,100000 --workers 1
  npm run bench -- reservations --json > figures.ndjson      an object a line for each measurement
  npm run bench -- reservations --profile /tmp/profiles      CPU profiles of the daemon, for Chrome or speedscope
`;

function describe(command: Command): void {
  describeCycle(command, [8, 64], [1, 2]);
  command.addHelpText('after', help);
}

const columns: Columns<Measurement> = {
  ...cycleColumns,
  'CPU ms': ({ cpuMs }) => cpuMs,
  'of database': ({ databaseCpuMs }) => databaseCpuMs,
};

async function run(options: CycleOptions, say: (line: string) => void): Promise<Outcome> {
  const { measurements, faults } = await withTemporaryFolder((folder) => measureReservations(folder, options, say));
  const title = `reserve → commit → terminate over SOAP, ${options.nodes} nodes`;
  return { report: measurements, tables: [toTable(title, columns, measurements)], faults };
}

export const reservations: Benchmark = {
  summary: 'the full cycle of a reservation over SOAP, with durable commits: cycles per second and their latency',
  describe,
  run: (options, say) => run(options as never, say),
};
