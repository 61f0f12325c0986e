/** A VI that comes anew costs nothing on switches that have nothing of it: counted on the socket of a real switch that is asked. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { createLoneLease } from '../../../src/domain/site/lone-lease.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { createOvsNetworkDriver } from '../../../src/drivers/network/ovs/ovs-network-driver.js';
import { toCookie } from '../../../src/drivers/network/plan/pipeline.js';
import { silentLog } from '../../../src/lib/log.js';
import { type DelayingRelay, startDelayingRelay } from './delaying-relay.js';
import { createOvsWorld, type Machine, type OvsWorld, until } from './ovs-world.js';
import { testInstance, toVi } from './sites.js';

/** OpenFlow 1.3.5 §7.1.1, §7.3.5. */
const header = { type: 1, length: 2, size: 8 };
const multipartRequest = 18;
const flowStatistics = 1;

/** Questions for flows in what Iris says; it writes messages whole. */
function countFlowQuestions(said: Buffer): number {
  let count = 0;
  for (let at = 0; at + header.size < said.length; at += said.readUInt16BE(at + header.length))
    if (said[at + header.type] === multipartRequest && said.readUInt16BE(at + header.size) === flowStatistics)
      count += 1;
  return count;
}

describe('switches that have nothing of a VI', function () {
  this.timeout(120_000);
  let world: OvsWorld;
  let other: Machine;
  let relay: DelayingRelay | undefined;
  let driver: NetworkDriver | undefined;
  let questions = 0;

  before(async () => {
    world = createOvsWorld();
    const machine = await world.addMachine('a');
    other = await world.addMachine('b');
    const node = ({ name, directory, ovsdb }: Machine, index: number) => ({
      name,
      network: {
        ovsdb,
        controller: `unix:${directory}/iris.ctl`,
        datapathId: `00000000000000a${index}`,
        underlay: `10.9.0.${index}`,
        datapathType: 'netdev',
      },
      gateway: { address: `203.0.113.1${index}` },
    });
    const site = siteFileSchema.parse({
      site: 's',
      nodes: [node(machine, 1), node(other, 2)],
      // Its own questions are not to be counted.
      reservations: { watchSeconds: 3_600 },
      tenants: [{ name: 'alpha' }],
    });
    const relayPath = `${other.directory}/relay.ctl`;
    const alter = (fromIris: Buffer): Buffer => {
      questions += countFlowQuestions(fromIris);
      return fromIris;
    };
    relay = await startDelayingRelay(
      relayPath,
      { path: `${other.directory}/iris.ctl` },
      { delayMs: 0, irisConnects: false, alter },
    );
    const alone = createLoneLease(site);
    const lease = {
      ...alone,
      controllers: (name: string) => (name === 'b' ? [`unix:${relayPath}`] : alone.controllers(name)),
    };
    driver = createOvsNetworkDriver({ site, instance: testInstance, log: silentLog, lease });
    await driver.start({ nodeChanged: () => {}, registryChanged: () => {} });
    await driver.lead();
    await allConnected();
  });

  after(async () => {
    await driver?.stop();
    await relay?.close();
    await world?.close();
  });

  const allConnected = () =>
    until('the switches', async () => (await driver!.status()).every(({ connected }) => connected) || undefined);
  const viOf = (viNumber: number) =>
    toVi({ viNumber, key: viNumber, vmNodes: [], gateway: 'a', peers: [{ name: 'p', number: 2 }] });
  async function questionsFor(work: () => Promise<unknown>): Promise<number> {
    const before = questions;
    await work();
    return questions - before;
  }

  it('are asked once since we became their master', async () => {
    assert.equal(await questionsFor(() => driver!.ensure(viOf(1))), 1);
    assert.equal(await questionsFor(() => driver!.ensure(viOf(2))), 0);
    assert.equal(await questionsFor(() => driver!.remove(viOf(1))), 0);
  });

  it('are asked where something of it was seen since, until that is gone', async () => {
    const cookie = `0x${toCookie(testInstance, 2).toString(16)}`;
    await world.ofctl(other, 'add-flow', `cookie=${cookie},table=0,priority=1,in_port=9,actions=drop`);
    assert.deepEqual((await driver!.observe('b')).viNumbers, [2]);
    assert.equal(await questionsFor(() => driver!.ensure(viOf(3))), 0);
    assert.equal(await questionsFor(() => driver!.ensure(viOf(2))), 1);
    assert.deepEqual(await world.dumpFlows(other), []);
    assert.equal(await questionsFor(() => driver!.ensure(viOf(2))), 0);
  });

  it('are asked again when they have connected anew', async () => {
    await world.stopSwitch(other);
    await until('its end', async () => (await driver!.status()).some(({ connected }) => !connected) || undefined);
    await world.startSwitch(other);
    await allConnected();
    assert.equal(await questionsFor(() => driver!.ensure(viOf(4))), 1);
    assert.equal(await questionsFor(() => driver!.ensure(viOf(5))), 0);
  });
});
