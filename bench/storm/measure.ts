/** The daemon with quiet switches and with storming ones, in turns: how long a client waits. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseUrl, ensureDatabase } from '../../src/lib/postgres/databases.js';
import { startEmbeddedPostgres } from '../../src/lib/postgres/embedded-postgres.js';
import { median, percentile, rounded } from '../median.js';
import { startWorker } from '../worker.js';
import { type Client, createClient, type Operation, operations, type Timed } from './client.js';
import { stormSiteFile } from './site.js';

export interface StormOptions {
  switches: number;
  seconds: number;
  rounds: number;
}

export interface Latency {
  /** `all`: of every request. */
  operation: Operation | 'all';
  requests: number;
  /** Of them, those that got no answer. */
  failed: number;
  quietP50Ms: number;
  stormP50Ms: number;
  quietP99Ms: number;
  stormP99Ms: number;
  /** Median with the storm by median without, the middle one of the rounds. */
  ratio: number;
}

export interface StormFigures {
  switches: number;
  /** That the daemon took in while it stormed. */
  packetInsPerS: number;
  rssMiB: number;
  latencies: Latency[];
}

interface Round {
  quiet: Timed[];
  storm: Timed[];
  packetInsPerS: number;
}

const serverModule = new URL('../reservations/server.js', import.meta.url);
const switchesModule = new URL('./switches.js', import.meta.url);
/** The first reservation of a new database. */
const viNumber = 1;
const settleMs = 500;

const msOf = (timed: readonly Timed[], operation: Latency['operation']): number[] =>
  timed.filter((one) => operation === 'all' || one.operation === operation).map(({ ms }) => ms);

function toLatency(operation: Latency['operation'], rounds: readonly Round[]): Latency {
  const quiet = rounds.flatMap((round) => msOf(round.quiet, operation));
  const storm = rounds.flatMap((round) => msOf(round.storm, operation));
  const ratios = rounds.map((round) => median(msOf(round.storm, operation)) / median(msOf(round.quiet, operation)));
  return {
    operation,
    requests: quiet.length + storm.length,
    failed: rounds.flatMap((round) => [...round.quiet, ...round.storm]).filter((one) => one.failed).length,
    quietP50Ms: rounded(median(quiet), 2),
    stormP50Ms: rounded(median(storm), 2),
    quietP99Ms: rounded(percentile(quiet, 0.99), 2),
    stormP99Ms: rounded(percentile(storm, 0.99), 2),
    ratio: rounded(median(ratios), 2),
  };
}

type Switches = ReturnType<typeof startWorker>;

/** Until nothing that was sent is still on its way. */
async function settle(client: Client): Promise<void> {
  for (let before = -1, now = 0; before !== now; ) {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    before = now;
    now = await client.packetIns();
  }
}

async function runRound(client: Client, switches: Switches, connectionId: string, seconds: number): Promise<Round> {
  const quiet = await client.work(connectionId, seconds);
  const before = await client.packetIns();
  const beganMs = performance.now();
  await switches.ask('storm', { viNumber });
  const storm = await client.work(connectionId, seconds);
  const packetIns = (await client.packetIns()) - before;
  const packetInsPerS = (packetIns * 1_000) / (performance.now() - beganMs);
  await switches.ask('calm');
  await settle(client);
  return { quiet, storm, packetInsPerS };
}

export async function measureStorm(
  folder: string,
  { switches: count, seconds, rounds }: StormOptions,
  say: (line: string) => void,
): Promise<StormFigures> {
  const postgres = await startEmbeddedPostgres({ directory: join(folder, 'postgres') });
  const iris = startWorker(serverModule);
  const switches = startWorker(switchesModule);
  try {
    await ensureDatabase(postgres.url, 'storm');
    const siteFile = join(folder, 'site.yaml');
    await writeFile(siteFile, stormSiteFile(folder, count));
    await switches.ask('start', { folder, count });
    const database = databaseUrl(postgres.url, 'storm');
    const url = await iris.ask<string>('iris', { siteFile, logFile: join(folder, 'iris.log'), database });
    const client = createClient(url);
    say(`${count} switches, a VM behind each`);
    const connectionId = await client.build(count);
    // Code is compiled, and what the ports may tell is told.
    await runRound(client, switches, connectionId, seconds);
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      measured.push(await runRound(client, switches, connectionId, seconds));
    }
    client.close();
    const rssMiB = await iris.ask<number>('rssMiB');
    await iris.ask('stop');
    await switches.ask('stop');
    return {
      switches: count,
      packetInsPerS: rounded(median(measured.map(({ packetInsPerS }) => packetInsPerS)), 0),
      rssMiB: rounded(rssMiB, 0),
      latencies: (['all', ...operations] as const).map((operation) => toLatency(operation, measured)),
    };
  } finally {
    await Promise.all([iris, switches].map((worker) => worker.end()));
    await postgres.stop();
  }
}
