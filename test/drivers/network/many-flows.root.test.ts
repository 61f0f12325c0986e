/** A real switch with more than ten thousand flows: what becomes of them, and of a ping through them, when it connects anew, has lost one, many, or all. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import { tables } from '../../../src/drivers/network/plan/pipeline.js';
import { runCommand } from '../../../src/lib/run-command.js';
import { hostMac, type ManyFlows, raiseManyFlows } from './many-flows.js';
import { createOvsWorld, type OvsWorld, until } from './ovs-world.js';
import { stands } from './stand.js';

const hostCount = 2_600;
const fewestFlows = 10_000;

describe('a switch with ten thousand flows', function () {
  this.timeout(300_000);
  let world: OvsWorld;
  let scene: ManyFlows;
  let driver: NetworkDriver;
  let whole: number;

  before(async () => {
    world = createOvsWorld();
    scene = await raiseManyFlows(world, hostCount);
    driver = await scene.startDriver();
    whole = await scene.flowCount();
    assert.ok(whole >= fewestFlows, `${whole} flows`);
  });
  after(async () => {
    await driver?.stop();
    await world?.close();
  });

  const isWhole = () => until('all flows', async () => (await scene.flowCount()) === whole || undefined);
  const unicastOf = (host: number): string => `table=${tables.unicast},dl_dst=${hostMac(host)}`;

  /** Seconds since each flow was put there, or put there again. */
  async function ages(): Promise<number[]> {
    const flows = await world.dumpFlows(scene.machine);
    return flows.map((flow) => Number(/duration=([\d.]+)s/.exec(flow)![1]));
  }

  /** Pings from one VM to the other for as long as `work` takes; how many of those that had an answer after them had none. */
  async function lostDuring(work: () => Promise<unknown>): Promise<number> {
    const [from, to] = scene.stations;
    assert.ok(await world.ping(from, to.ip));
    const pinging = world.runIn(
      from,
      'sh',
      '-c',
      `ping -n -i 0.01 ${to.ip} & echo $! >${scene.machine.directory}/ping; wait`,
    );
    await work();
    await runCommand('sh', ['-c', `kill -INT $(cat ${scene.machine.directory}/ping)`]);
    const said = await pinging;
    // The last may still have been on its way.
    const answered = new Set([...said.matchAll(/icmp_seq=(\d+) ttl/g)].map(([, sequence]) => Number(sequence)));
    assert.ok(answered.size > 10, said);
    return Math.max(...answered) - answered.size;
  }

  it('that connects anew is looked at, and sent only the flow that it lacks; a ping misses nothing', async () => {
    await until('flows older than a second', async () => Math.min(...(await ages())) > 1 || undefined);
    const startedAt = Date.now();
    const lost = await lostDuring(async () => {
      await world.ofctl(scene.machine, 'del-flows', unicastOf(7));
      await scene.reconnect();
      await isWhole();
      // Read back once more, so that it has been looked at whatever brought the one back.
      await stands(driver, scene.vi);
    });
    const elapsedSeconds = (Date.now() - startedAt) / 1_000;
    const again = (await ages()).filter((age) => age < elapsedSeconds);
    assert.ok(again.length <= 3, `${again.length} flows were put there again`);
    assert.equal(lost, 0);
  });

  it('that has lost most of them has them back, and a ping through the others misses nothing', async () => {
    const lost = await lostDuring(async () => {
      await world.ofctl(scene.machine, 'del-flows', `table=${tables.resolve}`);
      await scene.reconnect();
      await isWhole();
    });
    assert.equal(lost, 0);
  });

  it('that was restarted has all of them again', async () => {
    await world.stopSwitch(scene.machine);
    await world.startSwitch(scene.machine);
    await isWhole();
    assert.ok(await world.ping(...([scene.stations[0], scene.stations[1].ip] as const)));
  });
});
