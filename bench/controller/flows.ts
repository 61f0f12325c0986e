/** Flows into a real switch: as Iris sends them, against the same messages written beforehand and sent in one write. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fromMacNumber } from '../../src/lib/address-number.js';
import { silentLog } from '../../src/lib/log.js';
import { CommandError } from '../../src/lib/run-command.js';
import { waitUntil } from '../../src/lib/wait-until.js';
import { createController } from '../../src/openflow/controller.js';
import type { SwitchSession } from '../../src/openflow/switch-session.js';
import type { Message } from '../../src/wire/openflow/message-codec.js';
import { type OvsSandbox, startOvs } from '../../test/openflow/ovs-sandbox.js';
import { median, rounded } from '../median.js';
import { notMeasured, type Part } from '../parts.js';
import type { ControllerOptions } from './benchmark.js';
import { openRawChannel, type RawChannel, toRawStream } from './raw-channel.js';

const unicastTable = 2;
const macHigh = 0x5254;
const connectTimeoutMs = 20_000;

/** Like the driver's: one host of one segment. */
const toFlow = (_: unknown, host: number): Message => ({
  type: 'flow_mod',
  command: 'add',
  table_id: unicastTable,
  priority: 200,
  cookie: 0x1234_5678_0000_0001n,
  match: {
    metadata: { value: 1n, mask: 0xffff_ffffn },
    eth_dst: fromMacNumber({ high: macHigh, low: host }),
    vlan_vid: 0,
  },
  instructions: [{ type: 'apply_actions', actions: [{ type: 'output', port: 2 }] }],
});

/** Milliseconds for all flows of a way to send them. */
type Push = () => Promise<number>;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The fastest there is: no controller at all. */
async function listenRaw(path: string, flows: readonly Message[]): Promise<{ push: Push; close(): void }> {
  const stream = toRawStream(flows);
  let channel: RawChannel | undefined;
  const server = createServer((connected) => {
    channel = openRawChannel(connected);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    async push() {
      const open = await waitUntil(() => channel?.isOpen && channel, {
        what: 'the switch connects to who sends the raw stream',
        timeoutMs: connectTimeoutMs,
      });
      return timed(() => open.push(stream));
    },
    close() {
      channel?.close();
      server.close();
    },
  };
}

async function measureOn(ovs: OvsSandbox, { flows: count, rounds }: ControllerOptions) {
  const flows = Array.from({ length: count }, toFlow);
  let session: SwitchSession | undefined;
  const nothing = (): void => {};
  const controller = createController({
    listen: [{ kind: 'unix', path: ovs.controllerPath }],
    log: silentLog,
    events: {
      sessionUp: (arrived) => {
        session = arrived;
      },
      ...{
        sessionDown: nothing,
        packetIn: nothing,
        portStatus: nothing,
        flowRemoved: nothing,
        unsolicitedError: nothing,
      },
    },
  });
  const rawPath = join(ovs.directory, 'raw.ctl');
  const raw = await listenRaw(rawPath, flows);
  try {
    await controller.start();
    await ovs.vsctl('set-controller', 'br-test', `unix:${ovs.controllerPath}`, `unix:${rawPath}`);
    await waitUntil(() => session !== undefined, { what: 'the switch connects', timeoutMs: connectTimeoutMs });
    const ways: Record<string, Push> = {
      raw: raw.push,
      sendAll: () => timed(() => session!.sendAll(flows)),
      bundle: () => timed(() => session!.bundle(flows)),
    };
    const times: Record<string, number[]> = {};
    for (let round = 0; round <= rounds; round++)
      for (const [way, push] of Object.entries(ways)) {
        const elapsedMs = await push();
        await verifyAndClear(ovs, count, way);
        // The first round warms up.
        if (round > 0) times[way] = [...(times[way] ?? []), elapsedMs];
      }
    return times;
  } finally {
    await controller.stop();
    raw.close();
  }
}

async function verifyAndClear(ovs: OvsSandbox, count: number, way: string): Promise<void> {
  const found = /flow_count=(\d+)/.exec(await ovs.ofctl('dump-aggregate'))?.[1];
  if (Number(found) !== count) throw new Error(`${way}: the switch has ${found} flows, not ${count}`);
  await ovs.ofctl('del-flows');
}

const skipped = (reason: string): Part => notMeasured('Flows into a real Open vSwitch', reason);

export async function measureFlows(options: ControllerOptions, say: (line: string) => void): Promise<Part> {
  if (process.getuid?.() !== 0) return skipped('it needs root, for a network namespace of its own');
  say(`flows: ${options.flows} into a real Open vSwitch`);
  let ovs: OvsSandbox;
  try {
    ovs = await startOvs();
  } catch (error) {
    if (error instanceof CommandError && error.notFound) return skipped(`${error.command[0]} is not installed`);
    throw error;
  }
  try {
    const times = await measureOn(ovs, options);
    const perS = (way: string): number => Math.round(options.flows / (median(times[way]!) / 1000));
    const ratio = (way: string): number =>
      rounded(median(times[way]!.map((elapsedMs, round) => times.raw![round]! / elapsedMs)), 3);
    const rates = { rawPerS: perS('raw'), sendAllPerS: perS('sendAll'), bundlePerS: perS('bundle') };
    const ratios = { sendAllRatio: ratio('sendAll'), bundleRatio: ratio('bundle') };
    return {
      report: { flows: options.flows, ...rates, ...ratios },
      table: {
        title: `${options.flows} flows into a real Open vSwitch, behind one barrier`,
        columns: ['raw stream, flows/s', 'Iris, flows/s', 'Iris / raw', 'Iris in a bundle, flows/s', 'bundle / raw'],
        rows: [[rates.rawPerS, rates.sendAllPerS, ratios.sendAllRatio, rates.bundlePerS, ratios.bundleRatio]],
      },
      faults: [],
    };
  } finally {
    await ovs.stop();
  }
}
