/** The soak: raises a site in a folder, lets clients and faults loose on it, and compares. Leaves nothing running. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../demo/served-site.js';
import { compare } from './comparison.js';
import { endAll, runCycle } from './cycle.js';
import { type DatabaseServer, startDatabaseServer } from './database-server.js';
import { createDice } from './dice.js';
import { type FaultName, runFaults } from './faults.js';
import { createIrisProcess, type IrisProcess } from './iris-process.js';
import type { SoakNodes } from './nodes.js';
import type { SoakOptions } from './options.js';
import { raiseRealNodes } from './real-nodes.js';
import { createRequester, type Requester } from './requester.js';
import { createSimulatedNodes } from './simulated-nodes.js';
import { tenants, writeSiteFile } from './site-under-soak.js';
import { createLedger, type Ledger } from './told.js';

export interface SoakOutcome {
  /** What was wrong; empty when all was well. */
  findings: string[];
  reserved: number;
  refused: number;
  unanswered: number;
  faults: ReadonlyMap<FaultName, number>;
}

/** Real VMs take seconds; they shall sometimes come about. */
const longestPauseMs = { real: 15_000, simulated: 3_000 };

/** For what is under way to come to its end: leases, holds and backing off included. */
const settleMs = 60_000;

interface Site {
  nodes: SoakNodes;
  database: DatabaseServer;
  processes: IrisProcess[];
}

async function raise(folder: string, database: DatabaseServer, nodes: SoakNodes, count: number): Promise<Site> {
  const processes: IrisProcess[] = [];
  for (let index = 1; index <= count; index += 1) {
    const name = `iris-${index}`;
    const port = await findFreePort();
    const siteFile = writeSiteFile(folder, nodes.siteFileOf(name), { name, port, databaseUrl: database.url });
    processes.push(createIrisProcess(folder, name, port, siteFile));
  }
  return { nodes, database, processes };
}

/** Wrong is what stays wrong. */
async function settle(ledger: Ledger, { nodes, database }: Site, signal: AbortSignal): Promise<string[]> {
  const deadline = Date.now() + settleMs;
  for (;;) {
    signal.throwIfAborted();
    const findings = await compare(ledger, database, await nodes.look());
    if (findings.length === 0 || Date.now() > deadline) return findings;
    await sleep(500);
  }
}

async function work(
  site: Site,
  options: SoakOptions,
  ledger: Ledger,
  requesters: readonly Requester[],
  signal: AbortSignal,
  say: (line: string) => void,
) {
  const dice = createDice(options.seed);
  const faultDice = dice.split();
  const calm = new AbortController();
  const stopped = AbortSignal.any([signal, calm.signal]);
  const faults = runFaults(
    { ...site, dice: faultDice, longestPauseMs: longestPauseMs[options.real ? 'real' : 'simulated'] },
    stopped,
    (what) => say(`  ! ${what}`),
  );
  let begun = 0;
  let ended = 0;
  const client = async (requester: Requester): Promise<void> => {
    const parts = { requester, ledger, dice: dice.split() };
    while (begun < options.cycles) {
      begun += 1;
      // The last of each client stays.
      await runCycle(parts, begun > options.cycles - requesters.length);
      ended += 1;
      if (ended % 10 === 0) say(`${ended} of ${options.cycles} cycles`);
    }
  };
  const clients = Promise.all(requesters.map(client)).finally(() => calm.abort());
  // Whichever fails first ends the other.
  faults.catch(() => calm.abort());
  const [done] = await Promise.all([faults, clients]);
  return done;
}

const complaintsOf = ({ told, complaints }: Ledger): string[] => [
  ...complaints,
  ...[...told.values()].flatMap((one) => one.complaints.map((text) => `${one.connectionId}: ${text}`)),
];

async function soakSite(site: Site, options: SoakOptions, signal: AbortSignal, say: (line: string) => void) {
  for (const process of site.processes) process.start();
  await Promise.all(site.processes.map((process) => process.ready()));
  say(`${site.processes.length} Iris on one PostgreSQL, ${options.clients} clients`);
  const ledger = createLedger();
  const urls = site.processes.map(({ url }) => url);
  const requesters = Array.from({ length: options.clients }, (_, index) =>
    createRequester(tenants[index % tenants.length]!, urls, signal),
  );
  try {
    const faults = await work(site, options, ledger, requesters, signal, say);
    say('quiet now: comparing the database and the nodes with what the clients were told');
    const findings = await settle(ledger, site, signal);
    say('everything is ended: comparing again');
    const dice = createDice(options.seed);
    await Promise.all(requesters.slice(0, tenants.length).map((requester) => endAll({ requester, ledger, dice })));
    findings.push(...(await settle(ledger, site, signal)).map((line) => `after the end: ${line}`));
    for (const process of site.processes) {
      const code = await process.stop();
      if (code !== 0) findings.push(`${process.name} did not end by itself after SIGTERM (${code})`);
    }
    const unanswered = requesters.reduce((sum, requester) => sum + requester.unanswered(), 0);
    const { told, refused } = ledger;
    return { findings: [...complaintsOf(ledger), ...findings], reserved: told.size, refused, unanswered, faults };
  } finally {
    for (const requester of requesters) requester.close();
  }
}

async function readViNumbers(database: DatabaseServer): Promise<ReadonlyMap<number, string>> {
  const rows = await database.query<{ number: string; id: string }>(
    'SELECT vi_number AS number, connection_id AS id FROM reservation',
  );
  return new Map(rows.map(({ number, id }) => [Number(number), id]));
}

/** `folder`: for everything of the run, logs included; the caller's to make and to remove. */
export async function runSoak(
  folder: string,
  options: SoakOptions,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<SoakOutcome> {
  let database: DatabaseServer | undefined;
  let nodes: SoakNodes | undefined;
  let site: Site | undefined;
  try {
    const server = await startDatabaseServer(folder);
    database = server;
    nodes = options.real
      ? await raiseRealNodes(() => readViNumbers(server))
      : createSimulatedNodes(join(folder, 'nodes'));
    site = await raise(folder, server, nodes, options.processes);
    return await soakSite(site, options, signal, say);
  } finally {
    await Promise.all((site?.processes ?? []).map((process) => process.kill()));
    await database?.stop();
    await nodes?.close();
  }
}
