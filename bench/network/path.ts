/** Goodput and round-trip time between two VMs, through our tables and through NORMAL over the same tunnel, in turns. */
import { fileURLToPath } from 'node:url';
import { CommandError } from '../../src/lib/run-command.js';
import { waitUntil } from '../../src/lib/wait-until.js';
import { endableBy, listenForInterrupts } from '../../src/testbed/demo/interrupt.js';
import { ping } from '../../src/testbed/host.js';
import { runInside } from '../../src/testbed/network-namespace.js';
import { createRun, type Run } from '../../src/testbed/run-directory.js';
import { takeDown } from '../../src/testbed/teardown.js';
import { median, rounded } from '../median.js';
import { notMeasured, type Part } from '../parts.js';
import type { NetworkOptions } from './benchmark.js';
import type { Received } from './stream.js';
import { raiseTwoVms, type TwoVms } from './two-vms.js';

type Way = 'iris' | 'normal';

interface Sample {
  goodputMbitPerS: number;
  /** Of both switches. Where the kernel does the work, next to nothing. */
  switchMsPerMB: number;
  /** Median of the pings of a round. */
  roundTripMs: number;
  lostPings: number;
}

const stream = fileURLToPath(new URL('./stream.js', import.meta.url));
const pingIntervalSeconds = 0.005;
const firstStreamPort = 5_001;

async function measureStream({ vms, addresses, switchMs }: TwoVms, way: Way, port: number, seconds: number) {
  const timeoutMs = seconds * 1_000 + 30_000;
  const sending = runInside(vms[1], [process.execPath, stream, 'send', String(port)], { timeoutMs });
  sending.catch(() => {});
  await listening(vms[1], port);
  const before = await switchMs();
  const receive = [stream, 'receive', addresses[way], String(port), String(seconds)];
  const { stdout } = await runInside(vms[0], [process.execPath, ...receive], { timeoutMs });
  await sending;
  const { bytes, elapsedMs } = JSON.parse(stdout) as Received;
  return {
    goodputMbitPerS: (bytes * 8) / elapsedMs / 1_000,
    switchMsPerMB: ((await switchMs()) - before) / (bytes / 1e6),
  };
}

const listening = (namespace: string, port: number): Promise<unknown> =>
  waitUntil(async () => (await runInside(namespace, ['ss', '-Htln', `sport = :${port}`])).stdout !== '', {
    ...{ what: `somebody to listen on port ${port} in ${namespace}`, timeoutMs: 20_000 },
  });

async function measureRoundTrip({ vms, addresses }: TwoVms, way: Way, pings: number) {
  const { sent, received, roundTripsMs } = await ping(vms[0], addresses[way], {
    ...{ count: pings, intervalSeconds: pingIntervalSeconds },
  });
  return { roundTripMs: median(roundTripsMs), lostPings: sent - received };
}

/** Round trips first, while nothing else is under way. */
async function measureRounds(
  world: TwoVms,
  { rounds, seconds, pings }: NetworkOptions,
): Promise<Record<Way, Sample[]>> {
  const samples: Record<Way, Sample[]> = { iris: [], normal: [] };
  // The first round warms up; whoever is first in one is second in the next.
  for (let round = 0; round <= rounds; round += 1)
    for (const way of round % 2 === 0 ? (['normal', 'iris'] as const) : (['iris', 'normal'] as const)) {
      const trip = await measureRoundTrip(world, way, pings);
      const port = firstStreamPort + round * 2 + (way === 'iris' ? 0 : 1);
      const sample = { ...trip, ...(await measureStream(world, way, port, seconds)) };
      if (round > 0) samples[way].push(sample);
    }
  return samples;
}

const datapathNames = { system: 'the kernel’s datapath', netdev: 'the userspace datapath' } as const;
const title = 'Two VMs on two nodes: through our tables, and through NORMAL over the same tunnel';

const skipped = (reason: string): Part => notMeasured(title, reason);

/** Medians, and the median of what the two had of each other in each round. */
function summarize(samples: Record<Way, Sample[]>) {
  const figures = (way: Way) => ({
    goodputMbitPerS: rounded(median(samples[way].map(({ goodputMbitPerS }) => goodputMbitPerS)), 1),
    switchMsPerMB: rounded(median(samples[way].map(({ switchMsPerMB }) => switchMsPerMB)), 3),
    roundTripMs: rounded(median(samples[way].map(({ roundTripMs }) => roundTripMs)), 4),
    lostPings: samples[way].reduce((sum, { lostPings }) => sum + lostPings, 0),
  });
  const ratio = (of: Exclude<keyof Sample, 'lostPings'>) =>
    rounded(median(samples.iris.map((sample, round) => sample[of] / samples.normal[round]![of])), 3);
  return {
    iris: figures('iris'),
    normal: figures('normal'),
    goodputRatio: ratio('goodputMbitPerS'),
    roundTripRatio: ratio('roundTripMs'),
    switchMsRatio: ratio('switchMsPerMB'),
  };
}

async function measureIn(run: Run, options: NetworkOptions, say: (line: string) => void): Promise<Part> {
  const world = await raiseTwoVms(run, options.encapsulation, options.datapath);
  try {
    const { datapath } = world;
    say(`path: ${options.rounds} rounds over ${options.encapsulation}, Open vSwitch on ${datapathNames[datapath]}`);
    const figures = summarize(await measureRounds(world, options));
    const { iris, normal, goodputRatio, roundTripRatio, switchMsRatio } = figures;
    return {
      report: { datapath, encapsulation: options.encapsulation, ...figures },
      table: {
        title: `${title} (${options.encapsulation}, ${datapathNames[datapath]})`,
        columns: ['', 'NORMAL', 'Iris', 'Iris / NORMAL'],
        rows: [
          ['goodput, Mbit/s', normal.goodputMbitPerS, iris.goodputMbitPerS, goodputRatio],
          ['round trip, ms', normal.roundTripMs, iris.roundTripMs, roundTripRatio],
          ['CPU ms of both switches per MB', normal.switchMsPerMB, iris.switchMsPerMB, switchMsRatio],
          ['pings lost', normal.lostPings, iris.lostPings, ''],
        ],
      },
      faults: iris.lostPings > normal.lostPings ? [`path: ${iris.lostPings} pings lost through our tables`] : [],
    };
  } finally {
    await world.stop();
  }
}

export async function measurePath(options: NetworkOptions, say: (line: string) => void): Promise<Part> {
  if (process.getuid?.() !== 0) return skipped('it needs root, for network namespaces');
  const { signal } = listenForInterrupts();
  const run = createRun();
  try {
    return await endableBy(signal, run, measureIn(run, options, say));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CommandError && error.notFound) return skipped(`${error.command[0]} is not installed`);
    throw error;
  } finally {
    await takeDown(run);
  }
}
