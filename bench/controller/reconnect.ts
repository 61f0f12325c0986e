/** A switch with many flows connects: until the driver has found that it has them all, and until it has them again after it lost all. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { CommandError } from '../../src/lib/run-command.js';
import { undefinedAfter } from '../../src/lib/undefined-after.js';
import { type ManyFlows, raiseManyFlows } from '../../test/drivers/network/many-flows.js';
import { createOvsWorld, type OvsWorld } from '../../test/drivers/network/ovs-world.js';
import { medians, rounded } from '../median.js';
import { notMeasured, type Part } from '../parts.js';
import type { ControllerOptions } from './benchmark.js';
import { openRawChannel, toRawStream } from './raw-channel.js';

/** Of a host behind a peer, roughly. */
const flowsPerHost = 7;
const patienceMs = 120_000;
const title = 'A switch with many flows connects';

interface Took {
  elapsedMs: number;
  cpuMs: number;
}

/** What the driver's log says of a look at a switch: whether it sent anything. */
type Look = 'unchanged' | 'mended';
const looks: Readonly<Record<string, Look>> = { 'flows are as they should be': 'unchanged', flows: 'mended' };

/** From a connection to the end of the next look, by this process's clock and processor time. */
function createStopwatch() {
  let connectedAt: { ms: number; cpu: NodeJS.CpuUsage } | undefined;
  let done = (_: Took & { look: Look }): void => {};
  const onConnection = (): void => {
    connectedAt = { ms: performance.now(), cpu: process.cpuUsage() };
  };
  const write = (line: string): void => {
    const look = looks[(JSON.parse(line) as { msg: string }).msg];
    if (look === undefined || connectedAt === undefined) return;
    const { user, system } = process.cpuUsage(connectedAt.cpu);
    done({ look, elapsedMs: performance.now() - connectedAt.ms, cpuMs: (user + system) / 1_000 });
    connectedAt = undefined;
  };
  subscribe('net.server.socket', onConnection);
  return {
    log: pino({ level: 'debug' }, { write }),
    /** `work` makes the switch connect. */
    async time(expected: Look, work: () => Promise<unknown>): Promise<Took> {
      connectedAt = undefined;
      const ended = new Promise<Took & { look: Look }>((resolve) => {
        done = resolve;
      });
      await work();
      const found = await undefinedAfter(patienceMs, ended);
      if (found === undefined) throw new Error(`reconnect: nothing was found out within ${patienceMs} ms`);
      const { look, ...took } = found;
      if (look !== expected) throw new Error(`reconnect: the flows were ${look}, not ${expected}`);
      return took;
    },
    stop: () => unsubscribe('net.server.socket', onConnection),
  };
}

type Stopwatch = ReturnType<typeof createStopwatch>;

/** The same flows into the same switch, which has none, and nobody else connected. */
async function timeRaw(world: OvsWorld, { machine }: ManyFlows): Promise<number> {
  const socket = connect(join(machine.directory, 'br-iris.mgmt'));
  await once(socket, 'connect');
  const channel = openRawChannel(socket);
  try {
    const stream = toRawStream(await channel.readFlows());
    await world.ofctl(machine, 'del-flows');
    const startedAt = performance.now();
    await channel.push(stream);
    return performance.now() - startedAt;
  } finally {
    channel.close();
  }
}

async function measureRound(world: OvsWorld, scene: ManyFlows, stopwatch: Stopwatch, flows: number) {
  const isWhole = async (what: string): Promise<void> => {
    const found = await scene.flowCount();
    if (found !== flows) throw new Error(`reconnect: ${what} the switch has ${found} flows, not ${flows}`);
  };
  const driver = await scene.startDriver();
  let unchanged: Took;
  let lost: Took;
  try {
    unchanged = await stopwatch.time('unchanged', scene.reconnect);
    await isWhole('connected anew');
    lost = await stopwatch.time('mended', async () => {
      await world.stopSwitch(scene.machine);
      await world.startSwitch(scene.machine);
    });
    await isWhole('restarted');
  } finally {
    await driver.stop();
  }
  const floorMs = await timeRaw(world, scene);
  await isWhole('by the raw stream');
  return {
    ...{ unchangedMs: unchanged.elapsedMs, unchangedCpuMs: unchanged.cpuMs },
    ...{ wholeMs: lost.elapsedMs, wholeCpuMs: lost.cpuMs, floorMs, ratio: floorMs / lost.elapsedMs },
  };
}

async function measureIn(world: OvsWorld, { flows: wanted, rounds }: ControllerOptions, stopwatch: Stopwatch) {
  const scene = await raiseManyFlows(world, Math.ceil(wanted / flowsPerHost), stopwatch.log);
  const first = await scene.startDriver();
  const flows = await scene.flowCount();
  await first.stop();
  const samples: Awaited<ReturnType<typeof measureRound>>[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const sample = await measureRound(world, scene, stopwatch, flows);
    if (round > 0) samples.push(sample);
  }
  return { flows, ...medians(samples) };
}

export async function measureReconnect(options: ControllerOptions, say: (line: string) => void): Promise<Part> {
  if (process.getuid?.() !== 0) return notMeasured(title, 'it needs root, for network namespaces of its own');
  say(`reconnect: a real Open vSwitch with ${options.flows} flows`);
  const stopwatch = createStopwatch();
  const world = createOvsWorld();
  try {
    const report = await measureIn(world, options, stopwatch);
    return {
      report,
      table: {
        title: `${title}: ${report.flows} of them`,
        columns: ['', 'ms', 'CPU ms of Iris'],
        rows: [
          ['unchanged, until found so', rounded(report.unchangedMs, 0), rounded(report.unchangedCpuMs, 0)],
          ['lost all, until whole again', rounded(report.wholeMs, 0), rounded(report.wholeCpuMs, 0)],
          ['the same flows in a raw stream', rounded(report.floorMs, 0), ''],
          ['raw stream / whole again', rounded(report.ratio, 3), ''],
        ],
      },
      faults: [],
    };
  } catch (error) {
    if (error instanceof CommandError && error.notFound)
      return notMeasured(title, `${error.command[0]} is not installed`);
    throw error;
  } finally {
    stopwatch.stop();
    await world.close();
  }
}
