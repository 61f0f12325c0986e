/**
 * A real level-2 VM, run by QEMU inside level-1 VMs, moves between them while two sites ping it, untagged and in a VLAN; nobody tells Iris. `npm test` takes it to
 * the other site, through a migration that fails, and back; `npm run soak -- --migrations` takes it everywhere and compares with plain Open vSwitch.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { NetworkDriver } from '../../src/domain/ports/network-driver.js';
import type { Place } from '../../src/domain/registry/registry-entry.js';
import { saysSo } from '../../src/testbed/nested/nested-host.js';
import { lastLook } from '../support/last-look.js';
import { leftoversOf } from '../testbed/support/leftovers.js';
import { failOnTheWay, leave, takeBack } from './support/migrate.js';
import { type MigrationWorld, raiseMigrationWorld, vm, wanDelayMs } from './support/migration-world.js';
import { type WatchedMigration, type Watchers, watchAll } from './support/watched-migration.js';

const everything = process.env.IRIS_MIGRATIONS === 'all';

const places = {
  first: [
    { kind: 'site', site: 'osaka' },
    { kind: 'port', node: 'on1', portName: 't1-1' },
  ],
  second: [
    { kind: 'site', site: 'osaka' },
    { kind: 'port', node: 'on2', portName: 't1-3' },
  ],
  third: [
    { kind: 'port', node: 'tgw', portName: 'lan1' },
    { kind: 'site', site: 'tokyo' },
  ],
} as const satisfies Record<string, [atTokyo: Place, atOsaka: Place]>;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

const describeLeg = ({ from, to, stillMs, missed }: WatchedMigration): string => {
  const each = missed.map(({ outageMs, lost }) => `${Math.round(outageMs)} ms, ${lost} pings`);
  return `${from} to ${to}: it ran nowhere for ${stillMs} ms; missed: ${each.join('; ')}`;
};

describe('a level-2 VM that migrates', function () {
  this.timeout(everything ? 3_600_000 : 1_200_000);
  let world: MigrationWorld;
  let watchers: Watchers;

  before(async () => {
    world = await raiseMigrationWorld({ second: everything });
    await saysSo(world.hosts.first, /nested: ready/);
    watchers = watchAll(world);
    await watchers.allAnswered(0);
  });
  after(async () => {
    if (world === undefined) return;
    await world.close();
    assert.deepEqual(await leftoversOf(world.run), []);
  });

  async function placesAt(driver: NetworkDriver): Promise<(Place | undefined)[]> {
    const entries = await driver.registry('vi-1');
    const placeOf = (mac: string, vlan: number) =>
      entries.find((entry) => entry.vlan === vlan && entry.mac === mac)?.place;
    return [placeOf(vm.plain.mac, 0), placeOf(vm.tagged.mac, vm.vlan)];
  }

  /** Both sites, of both addresses. */
  async function isKnownToBeAt(host: keyof typeof places): Promise<void> {
    const [atTokyo, atOsaka] = places[host];
    const expected = { tokyo: [atTokyo, atTokyo], osaka: [atOsaka, atOsaka] };
    const { tokyo, osaka } = world.drivers;
    const look = async () => ({ tokyo: await placesAt(tokyo), osaka: await placesAt(osaka) });
    assert.deepEqual(await lastLook(look, (seen) => isDeepStrictEqual(seen, expected)), expected);
  }

  /** Between two VMs of osaka, to tokyo, and home. */
  async function goRound(): Promise<WatchedMigration[]> {
    const { first, second, third } = world.hosts;
    const way = [first, second!, third, first] as const;
    const legs: WatchedMigration[] = [];
    for (const [index, from] of way.slice(0, -1).entries()) {
      legs.push(await watchers.move(from, way[index + 1]!));
      await leave(from);
    }
    return legs;
  }

  it('is where it was when its migration fails on the way', async () => {
    const { first, third } = world.hosts;
    await isKnownToBeAt('first');
    await failOnTheWay(first, third);
    await watchers.allAnswered(Date.now());
    await isKnownToBeAt('first');
  });

  it('is followed to the other site, and back when it is lost there', async () => {
    const { first, third } = world.hosts;
    await watchers.move(first, third);
    await isKnownToBeAt('third');
    await leave(third);
    await takeBack(first);
    await watchers.allAnswered(Date.now());
    await isKnownToBeAt('first');
  });

  if (everything)
    it('loses no more between sites and nodes than with plain Open vSwitch, but for a round trip and 50 ms', async () => {
      const iris = await goRound();
      await watchers.stop();
      await world.joinPlainly();
      watchers = watchAll(world);
      await watchers.allAnswered(Date.now());
      const plain = await goRound();
      for (const [index, ours] of iris.entries()) console.log(`${describeLeg(ours)}\n${describeLeg(plain[index]!)}`);
      const added = (legs: WatchedMigration[]) =>
        median(legs.flatMap(({ missed }) => missed.map((one) => one.addedMs)));
      const worse = added(iris) - added(plain);
      assert.ok(worse <= 2 * wanDelayMs + 50, `${Math.round(worse)} ms more than plain Open vSwitch`);
    });
});
