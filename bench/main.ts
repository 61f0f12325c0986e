/** `npm run bench -- NAME`: measures, prints tables for people or `--json` for programs. Each benchmark is a file of its own. */
import Table from 'cli-table3';
import { Command } from 'commander';
import type { Benchmark, Outcome } from './benchmark.js';
import { controller } from './controller/benchmark.js';
import { describeMachine } from './machine.js';
import { network } from './network/benchmark.js';
import { nsi } from './nsi/benchmark.js';
import { reservations } from './reservations/benchmark.js';
import { storm } from './storm/benchmark.js';

const benchmarks: Record<string, Benchmark> = { controller, network, reservations, nsi, storm };

const help = `
Every benchmark measures its floor in the same run, in turns with what it measures (compiling a large VI alone has none): read
the ratio, not the absolute figure, which says as much of the machine and of who else works on it. Progress is told on stderr,
results on stdout.

  npm run bench -- controller                  all of it: about three minutes
  npm run bench -- network                     a frame beside NORMAL, compiling a large VI: about a minute
  npm run bench -- reservations                the full cycle over SOAP: about two minutes
  npm run bench -- nsi                         the cycle over NSI with callbacks: about a minute
  npm run bench -- storm                       SOAP beside a storm of packet-ins: about a minute
  npm run bench -- controller --help           what it measures, and its options
  npm run bench -- controller --json           the same for programs
`;

function print({ tables }: Outcome): void {
  for (const { title, columns, rows } of tables) {
    const table = new Table({ head: columns, style: { head: [], border: [] } });
    table.push(...rows);
    console.log(`\n${title}\n${table.toString()}`);
  }
}

async function runOne(name: string, benchmark: Benchmark, options: Record<string, unknown>): Promise<void> {
  const outcome = await benchmark.run(options, (line) => console.error(line));
  if (outcome === undefined) return;
  const { report, faults } = outcome;
  if (options.json !== true) print(outcome);
  else if (Array.isArray(report)) for (const measurement of report) console.log(JSON.stringify(measurement));
  else console.log(JSON.stringify({ benchmark: name, machine: describeMachine(), ...report, faults }));
  for (const fault of faults) console.error(`bench: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

const program = new Command('bench')
  .usage('NAME [options]')
  .description('Measures Iris against floors that are measured beside it.')
  .addHelpText('after', help)
  .showHelpAfterError('(npm run bench -- --help says more)');

for (const [name, benchmark] of Object.entries(benchmarks)) {
  const command = program.command(name).description(benchmark.summary);
  benchmark.describe(command);
  command.option('--json', 'JSON on stdout in place of tables');
  command.action((options: Record<string, unknown>) => runOne(name, benchmark, options));
}

await program.parseAsync().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
