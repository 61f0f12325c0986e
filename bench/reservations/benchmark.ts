/** `bench -- reservations`: the full cycle over SOAP with durable commits, beside a bare server that writes the same rows. */
import type { Command } from 'commander';
import { withTemporaryFolder } from '../../src/lib/temporary-folder.js';
import type { Benchmark, Outcome } from '../benchmark.js';
import { count, listOf, seconds, wholeNumber } from '../numbers.js';
import { type Measurement, measureReservations, type ReservationsOptions } from './measure.js';

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
  command
    .option('--clients <counts>', 'clients at once, one measurement each', listOf(count), [8, 64])
    .option('--nodes <count>', 'nodes of the site', count, 10)
    .option('--stored <counts>', 'reservations that are stored already', listOf(wholeNumber(0)), [0])
    .option('--workers <counts>', 'processes that serve', listOf(count), [1, 2])
    .option('--seconds <seconds>', 'how long each run is measured', seconds, 3)
    .option('--rounds <count>', 'runs in turns, of which the medians count', count, 3)
    .option('--profile <folder>', 'where to leave CPU profiles of the daemon')
    .addHelpText('after', help);
}

const columns = [
  '',
  'clients',
  'stored',
  'cycles/s',
  'of the floor',
  'p50 ms',
  'p99 ms',
  'memory MiB',
  'CPU ms',
  'of database',
];
const toRow = (m: Measurement) => [
  ...[m.name, m.clients, m.stored, m.perSecond, m.ratio, m.p50Ms, m.p99Ms, m.rssMiB, m.cpuMs, m.databaseCpuMs],
];

async function run(options: ReservationsOptions, say: (line: string) => void): Promise<Outcome> {
  const { measurements, faults } = await withTemporaryFolder((folder) => measureReservations(folder, options, say));
  const title = `reserve → commit → terminate over SOAP, ${options.nodes} nodes`;
  return { report: measurements, tables: [{ title, columns, rows: measurements.map(toRow) }], faults };
}

export const reservations: Benchmark = {
  summary: 'the full cycle of a reservation over SOAP, with durable commits: cycles per second and their latency',
  describe,
  run: (options, say) => run(options as never, say),
};
