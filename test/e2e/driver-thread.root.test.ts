/**
 * The thread of the network driver dies or hangs in a real `iris serve` with real switches: the process ends and says why, frames go on, what was
 * acknowledged comes about with the next process, and that one rewrites no flow.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '../../src/cli/exit-codes.js';
import type { WireReservation } from '../../src/wire/rms/types.js';
import type { Station } from '../drivers/network/ovs-world.js';
import { testDatabase } from '../support/postgres.js';
import { assertNotRewritten, type FlowAges, parseFlowAges } from './support/flow-ages.js';
import { type grief, tellThread, withGrief } from './support/thread-grief.js';
import { bridge, nodeNames, type ServingProcess, serveByTwo, type TwoProcesses } from './support/two-processes.js';
import { untilSo } from './support/until-so.js';

const correlationId = () => `urn:uuid:${randomUUID()}`;

const vmNamed = (name: string, ip: string) => ({
  ...{ name, cpus: 1, memoryMiB: 128, diskGiB: 1, image: 'small', antiAffinity: 'apart' },
  nics: [{ ip }],
});

interface Case {
  kind: keyof typeof grief;
  /** Of what is reserved around it: in the middle of its build, or while the driver does not answer. */
  key: number;
  reserved: 'before' | 'during';
  why: RegExp;
}

const cases: Case[] = [
  { kind: 'throws', key: 82, reserved: 'before', why: /the thread came to grief/ },
  { kind: 'hangs', key: 83, reserved: 'during', why: /it has not answered for 30 s/ },
];

describe('an Iris whose driver thread', function () {
  this.timeout(400_000);
  const folder = mkdtempSync(join(tmpdir(), 'iris-test-thread-'));
  const socketOf = (process: string): string => join(folder, process);
  let site: TwoProcesses;
  let iris: ServingProcess;
  let stations: Station[];

  before(async () => {
    site = await serveByTwo(await testDatabase(), (process) => withGrief(socketOf(process)));
    const { leader, standby } = await site.settled();
    assert.equal(await standby.stop(), 0);
    iris = leader;
    const { connectionId } = await reserve(81);
    const vi = (await iris.client.getReservation({ connectionId })).reservation;
    await untilSo('the bridge to be there for the VMs', async () => (await iris.health())?.ok);
    stations = await site.plug(vi);
    await untilUp(connectionId);
    await untilSo('an answer', () => site.world.ping(stations[0]!, stations[1]!.ip));
  });
  after(async () => {
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function reserve(key: number): Promise<WireReservation> {
    const vms = [vmNamed('a', `10.9.${key}.1`), vmNamed('b', `10.9.${key}.2`)];
    const none = { externalPorts: [], peers: [], hosts: [] };
    const criteria = { segment: { key, encapsulation: 'gre' }, vms, ...none } as never;
    const { reservation } = await iris.client.reserve({ correlationId: correlationId(), criteria });
    const { connectionId } = reservation;
    return (await iris.client.commit({ correlationId: correlationId(), connectionId })).reservation;
  }

  const untilUp = (connectionId: string): Promise<unknown> =>
    untilSo(`${connectionId} to be up`, async () => {
      const { reservation } = await iris.client.getReservation({ connectionId });
      return reservation.states.dataPlaneStatus.active;
    });

  async function readFlows(): Promise<FlowAges> {
    const ofNodes = nodeNames.map(async (name) =>
      parseFlowAges(name, await site.world.dumpFlows(site.machines[name], bridge)),
    );
    return new Map((await Promise.all(ofNodes)).flat());
  }

  async function comesToGrief({ kind, key, reserved }: Case): Promise<string> {
    const before = reserved === 'before' ? await reserve(key) : undefined;
    await tellThread(socketOf(iris.name), kind);
    const { connectionId } = before ?? (await reserve(key));
    await untilSo('it to end', async () => iris.exitCode() !== undefined);
    return connectionId;
  }

  for (const example of cases) {
    const { kind, why } = example;
    it(`${kind} ends and says why, loses nothing, and the next one takes the flows as they are`, async () => {
      const flows = await readFlows();
      const saidBefore = site.said(iris);
      const atMs = performance.now();
      const connectionId = await comesToGrief(example);
      assert.equal(iris.exitCode(), exitCodes.failed);
      const { log, output } = site.said(iris);
      const failures = log
        .slice(saidBefore.log.length)
        .split('\n')
        .filter((line) => line.includes('the network thread failed'));
      assert.equal(failures.length, 1);
      const { level, err } = JSON.parse(failures[0]!) as { level: number; err: { message: string } };
      assert.equal(level, 60);
      assert.match(err.message, why);
      assert.match(output.slice(saidBefore.output.length), why);

      const [from, to] = stations as [Station, Station];
      const pinging = site.world.runIn(from, 'ping', '-n', '-c', '200', '-i', '0.02', '-W', '2', to.ip);
      iris.start();
      await iris.ready();
      assert.match(await pinging, /200 packets transmitted, 200 received, 0% packet loss/);
      const vi = (await iris.client.getReservation({ connectionId })).reservation;
      await site.plug(vi);
      await untilUp(connectionId);
      assertNotRewritten(flows, await readFlows(), (performance.now() - atMs) / 1000);
    });
  }
});
