import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DriverError } from '../../src/domain/errors/driver-error.js';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import type { PlacedVi } from '../../src/domain/vi/placed-vi.js';
import { searchOrphans } from '../../src/services/orphan-search.js';
import { sampleSite, sampleVm } from '../support/domain-samples.js';
import { eventually } from '../support/eventually.js';
import {
  becomes,
  call,
  domainsOn,
  isActive,
  openSite,
  refusalOf,
  request,
  reservationOf,
  type SiteUnderTest,
  visOnSwitches,
} from './site-under-test.js';

/** Short, so that what only the periodic look can find is found soon. */
const quick = { reservations: { resyncSeconds: 0.2 } };

describe('engine', function () {
  // What failed is tried again after a while that grows; a busy machine makes it longer still.
  this.timeout(60_000);
  let iris: SiteUnderTest;
  afterEach(() => iris.close());

  async function reserveAndCommit(...args: Parameters<typeof request>): Promise<Reservation> {
    const { connectionId } = await iris.provider.reserve(call(), request(...args));
    return iris.provider.commit(call(), connectionId);
  }
  async function provision(...args: Parameters<typeof request>): Promise<Reservation> {
    const { connectionId } = await reserveAndCommit(...args);
    return iris.provider.provision(call(), connectionId);
  }
  async function build(...args: Parameters<typeof request>): Promise<Reservation> {
    const { connectionId } = await provision(...args);
    return becomes(iris, connectionId, 'is active', isActive);
  }
  const diskCount = async (): Promise<number> =>
    (await Promise.all(['n1', 'n2', 'n3'].map((node) => iris.compute.observeDisks(node)))).flat().length;
  async function nothingStands(): Promise<void> {
    assert.deepEqual(await domainsOn(iris), []);
    assert.deepEqual(await visOnSwitches(iris), []);
  }
  async function nothingIsHeld(): Promise<void> {
    for (const table of ['node_allocation', 'segment_allocation', 'external_port_allocation', 'mac_allocation'])
      assert.deepEqual(await iris.sql(`SELECT * FROM ${table}`), [], table);
  }

  describe('the life of a VI', () => {
    beforeEach(async () => {
      iris = await openSite();
    });

    it('provision builds it, release takes it down and keeps disks, provision builds it again, terminate leaves nothing', async () => {
      await iris.startEngine();
      const active = await build();
      assert.deepEqual(active.states.dataPlane, { active: true, version: 1, consistent: true });
      assert.equal(active.states.provision, 'Provisioned');
      const running = active.committed!.placed.vms.map((vm) => `${vm.node} ${vm.name} running`);
      assert.deepEqual((await domainsOn(iris)).sort(), running.sort());
      assert.deepEqual(await visOnSwitches(iris), [active.viNumber]);

      const { connectionId } = active;
      const releasing = await iris.provider.release(call(), connectionId);
      assert.deepEqual([releasing.states.provision, releasing.states.dataPlane.active], ['Releasing', false]);
      await becomes(iris, connectionId, 'is released', ({ states }) => states.provision === 'Released');
      await nothingStands();
      assert.equal(await diskCount(), 2);

      await iris.provider.provision(call(), connectionId);
      await becomes(iris, connectionId, 'is active again', isActive);
      await iris.provider.terminate(call(), connectionId);
      await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
      await nothingStands();
      await nothingIsHeld();
      assert.equal(await diskCount(), 0);
    });

    it('capacity is free when nothing stands any more, not before', async () => {
      await iris.startEngine();
      const { connectionId } = await build({ vms: [sampleVm()] });
      const [vm] = (await reservationOf(iris, connectionId)).committed!.placed.vms;
      iris.compute.controls.disconnect(vm!.node);
      await iris.provider.terminate(call(), connectionId);
      await becomes(iris, connectionId, 'says what it waits for', ({ errorEvent }) => errorEvent?.node === vm!.node);
      const waiting = await reservationOf(iris, connectionId);
      assert.deepEqual([waiting.states.lifecycle, waiting.errorEvent!.event], ['Terminating', 'deactivateFailed']);
      assert.deepEqual(await visOnSwitches(iris), [], 'the rest is gone already');
      assert.equal((await iris.sql('SELECT * FROM node_allocation')).length, 1);
      iris.compute.controls.reconnect(vm!.node);
      const over = await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
      assert.equal(over.errorEvent, undefined);
      await nothingStands();
      await nothingIsHeld();
    });

    it('starts at its time with nobody calling, and ends at its time', async () => {
      await iris.startEngine();
      const now = Date.now();
      const schedule = { start: new Date(now + 700), end: new Date(now + 2_000) };
      const { connectionId } = await reserveAndCommit({ schedule }, { autoProvision: true });
      const waiting = await reservationOf(iris, connectionId);
      assert.deepEqual([waiting.states.provision, waiting.states.dataPlane.active], ['Provisioned', false]);
      await becomes(iris, connectionId, 'is active', isActive);
      const ended = await becomes(
        iris,
        connectionId,
        'has passed its end',
        ({ states }) => states.lifecycle === 'PassedEndTime' && states.provision === 'Released',
      );
      assert.equal(ended.states.dataPlane.active, false);
      await nothingStands();
      assert.equal(await diskCount(), 0);
      const history = await iris.store.history(connectionId);
      const at = (to: string): number => history.find((entry) => entry.to === to)!.at.getTime();
      assert.ok(at('active') >= schedule.start.getTime(), 'not before its start');
      assert.ok(at('PassedEndTime') >= schedule.end.getTime(), 'not before its end');
    });

    it('a hold that nobody commits times out and frees what it held', async () => {
      await iris.close();
      iris = await openSite(sampleSite({ reservations: { holdSeconds: 0.2 } }));
      await iris.startEngine();
      const { connectionId } = await iris.provider.reserve(call(), request());
      const late = await becomes(iris, connectionId, 'times out', (r) => r.states.reservation === 'ReserveTimeout');
      assert.equal(late.held, undefined);
      await nothingIsHeld();
      const again = await iris.provider.reserve(call(), request());
      assert.equal(again.states.reservation, 'ReserveHeld');
      assert.equal((await refusalOf(iris.provider.commit(call(), connectionId))).kind.id, '00201');
    });

    it('commit against the hold timer: one of them wins, whole', async () => {
      await iris.close();
      iris = await openSite(sampleSite({ reservations: { holdSeconds: 0.25 } }));
      await iris.startEngine();
      const race = async (index: number): Promise<void> => {
        const segment = { key: index + 1, encapsulation: 'gre' as const };
        const held = await iris.provider.reserve(call(), request({ segment, vms: [sampleVm({ cpus: 1 })] }));
        await iris.sql('SELECT pg_sleep(greatest(0, extract(epoch FROM $1::timestamptz - clock_timestamp())))', [
          new Date(held.held!.holdExpires.getTime() - 5),
        ]);
        const committed = await iris.provider.commit(call(), held.connectionId).then(
          () => true,
          () => false,
        );
        const { states, committed: version } = await becomes(iris, held.connectionId, 'is decided', (r) =>
          ['ReserveStart', 'ReserveTimeout'].includes(r.states.reservation),
        );
        const rows = await iris.sql('SELECT 1 FROM node_allocation WHERE connection_id = $1', [held.connectionId]);
        assert.equal(states.reservation, committed ? 'ReserveStart' : 'ReserveTimeout');
        assert.equal(version !== undefined, committed);
        assert.equal(rows.length, committed ? 1 : 0);
      };
      await Promise.all(Array.from({ length: 6 }, (_, index) => race(index)));
    });

    it('terminate while it is being built ends with nothing', async () => {
      let letGo = (): void => {};
      let begun = (): void => {};
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const building = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const compute = {
        ...iris.compute,
        ensure: async (...args: Parameters<typeof iris.compute.ensure>) => {
          begun();
          await gate;
          return iris.compute.ensure(...args);
        },
      };
      await iris.startEngine({ compute });
      const { connectionId } = await provision();
      await building;
      const { states } = await iris.provider.terminate(call(), connectionId);
      assert.equal(states.lifecycle, 'Terminating');
      letGo();
      await becomes(iris, connectionId, 'is over', (r) => r.states.lifecycle === 'Terminated');
      await nothingStands();
      await nothingIsHeld();
      const history = await iris.store.history(connectionId);
      assert.ok(!history.some((entry) => entry.to === 'active'), 'it never was active');
    });
  });

  describe('failures', () => {
    beforeEach(async () => {
      iris = await openSite(sampleSite(quick));
    });

    it('a VM that does not start: the reason is recorded, the rest runs; once it starts all is well', async () => {
      for (const node of ['n1', 'n2', 'n3']) iris.compute.controls.refuse(node, 'bad');
      await iris.startEngine();
      const { connectionId } = await provision({ vms: [sampleVm({ name: 'good' }), sampleVm({ name: 'bad' })] });
      const failing = await becomes(iris, connectionId, 'tells of it', ({ errorEvent }) => errorEvent !== undefined);
      const bad = failing.committed!.placed.vms.find((vm) => vm.name === 'bad')!;
      assert.deepEqual([failing.errorEvent!.event, failing.errorEvent!.node], ['activateFailed', bad.node]);
      assert.deepEqual([failing.states.provision, failing.states.dataPlane.active], ['Provisioning', false]);
      assert.ok((await domainsOn(iris)).some((domain) => domain.includes('good running')));
      for (const node of ['n1', 'n2', 'n3']) iris.compute.controls.allow(node, 'bad');
      const active = await becomes(iris, connectionId, 'is active', isActive);
      assert.equal(active.errorEvent, undefined);
    });

    it('a VM that never starts: release cleans up everything', async () => {
      for (const node of ['n1', 'n2', 'n3']) iris.compute.controls.refuse(node, 'bad');
      await iris.startEngine();
      const { connectionId } = await provision({ vms: [sampleVm({ name: 'bad' })] }, { terminateOnRelease: true });
      await becomes(iris, connectionId, 'tells of it', ({ errorEvent }) => errorEvent !== undefined);
      await iris.provider.release(call(), connectionId);
      await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
      await nothingStands();
      await nothingIsHeld();
    });

    it('a node that is down while building: retried, and built when it is back', async () => {
      await iris.startEngine();
      for (const node of ['n1', 'n2', 'n3']) iris.compute.controls.disconnect(node);
      const { connectionId } = await provision();
      const failing = await becomes(iris, connectionId, 'tells of it', ({ errorEvent }) => errorEvent !== undefined);
      assert.match(failing.errorEvent!.text, /does not answer/);
      for (const node of ['n1', 'n2', 'n3']) iris.compute.controls.reconnect(node);
      await becomes(iris, connectionId, 'is active', isActive);
    });

    it('a switch that is away while building: no VM behind it runs before its flows stand', async () => {
      await iris.startEngine();
      for (const node of ['n1', 'n2', 'n3']) iris.network.setReachable(node, false);
      const { connectionId } = await provision();
      await becomes(iris, connectionId, 'tells of it', ({ errorEvent }) => errorEvent !== undefined);
      const domains = await domainsOn(iris);
      assert.deepEqual(
        domains.map((domain) => domain.split(' ')[2]),
        ['paused', 'paused'],
      );
      for (const node of ['n1', 'n2', 'n3']) iris.network.setReachable(node, true);
      await becomes(iris, connectionId, 'is active', isActive);
    });

    it('a VM that somebody kills runs again; a guest that shut itself down stays down', async () => {
      await iris.startEngine();
      const { connectionId } = await build();
      const [killed, shut] = (await reservationOf(iris, connectionId)).committed!.placed.vms;
      const nameOf = async (node: string, vm: string): Promise<string> =>
        (await iris.compute.observe(node)).find((domain) => domain.vmName === vm)!.domainName;
      iris.compute.controls.shutDownGuest(shut!.node, await nameOf(shut!.node, shut!.name));
      iris.compute.controls.destroy(killed!.node, await nameOf(killed!.node, killed!.name));
      await eventually('the killed one runs', async () =>
        (await domainsOn(iris)).includes(`${killed!.node} ${killed!.name} running`),
      );
      assert.ok((await domainsOn(iris)).includes(`${shut!.node} ${shut!.name} shutoff`));
      // Its port has left the switch, so that a network driver which waited for it would wait for ever.
      await eventually('the network is not asked for its port', async () => {
        const { delivered } = iris.network.inject(killed!.node, killed!.nics[0]!.portName, {
          vlan: 0,
          destination: 'ff:ff:ff:ff:ff:ff',
        });
        return delivered.length === 0;
      });
      const states = async () =>
        (await iris.provider.getReservation(call(), connectionId)).vmStates.map(({ name, state }) => [name, state]);
      assert.deepEqual(await states(), [
        [killed!.name, 'running'],
        [shut!.name, 'shutDownByGuest'],
      ]);
      iris.compute.controls.disconnect(shut!.node);
      assert.deepEqual((await states())[1], [shut!.name, 'unseen']);
    });
  });

  describe('between two periodic rounds', () => {
    beforeEach(async () => {
      iris = await openSite(sampleSite({ reservations: { resyncSeconds: 3_600, watchSeconds: 0.1 } }));
      await iris.startEngine();
    });
    const destroyOne = async (vi: PlacedVi): Promise<string> => {
      const { node, name } = vi.vms[0]!;
      const domain = (await iris.compute.observe(node)).find(({ vmName }) => vmName === name)!;
      iris.compute.controls.destroy(node, domain.domainName);
      return `${node} ${name} running`;
    };

    it('a VM without NICs that somebody kills runs again, each time', async () => {
      const { committed } = await build({ vms: [sampleVm({ nics: [] })] });
      for (let time = 0; time < 2; time += 1) {
        const running = await destroyOne(committed!.placed);
        await eventually('it runs', async () => (await domainsOn(iris)).includes(running));
        await eventually('its round is over', async () => (await iris.sql('SELECT 1 FROM due_work')).length === 0);
      }
    });

    it('what happened while only the hypervisor did not answer is mended when it does', async () => {
      const { committed } = await build();
      const { node } = committed!.placed.vms[0]!;
      const running = await destroyOne(committed!.placed);
      iris.compute.controls.disconnect(node);
      await eventually('its VMs are not seen', async () => !(await domainsOn(iris)).includes(running));
      iris.compute.controls.reconnect(node);
      await eventually('it runs', async () => (await domainsOn(iris)).includes(running));
    });
  });

  describe('crashes', () => {
    beforeEach(async () => {
      iris = await openSite();
    });

    it('killed between commit and building: the next start builds', async () => {
      const { connectionId } = await provision();
      await nothingStands();
      await iris.startEngine();
      await becomes(iris, connectionId, 'is active', isActive);
    });

    it('killed while building: another takes over when the lease ends, and nothing stands twice', async () => {
      const dying = await iris.anotherStore();
      let begun = (): void => {};
      const building = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const compute = {
        ...iris.compute,
        ensure: async (...args: Parameters<typeof iris.compute.ensure>) => {
          await iris.compute.ensure(...args);
          begun();
          await iris.cutOff(dying);
          throw new Error('killed');
        },
      };
      const { connectionId } = await provision({ vms: [sampleVm({ name: 'one' })] });
      await iris.startEngine({ compute, store: dying }, { leaseMs: 300 });
      await building;
      await iris.startEngine({}, { leaseMs: 300 });
      await becomes(iris, connectionId, 'is active', isActive);
      assert.equal((await domainsOn(iris)).length, 1);
    });

    it('two processes on one database share the work, and each VI is built once', async () => {
      const ensured: string[] = [];
      const compute = {
        ...iris.compute,
        ensure: (...[asked]: Parameters<typeof iris.compute.ensure>) => {
          ensured.push(`${asked.mark.connectionId} ${asked.vm.name}`);
          return iris.compute.ensure(asked);
        },
      };
      await iris.startEngine({ compute });
      await iris.startEngine({ compute, store: await iris.anotherStore() });
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          build({ segment: { key: index + 1, encapsulation: 'gre' }, vms: [sampleVm({ cpus: 1 })] }),
        ),
      );
      assert.equal((await domainsOn(iris)).length, 8);
      assert.equal(new Set(ensured).size, 8);
      for (const { connectionId } of all) {
        const activations = (await iris.store.history(connectionId)).filter((entry) => entry.to === 'active');
        assert.equal(activations.length, 1);
      }
    });

    it('stop finishes what runs; what is due meanwhile waits for the next start', async () => {
      const engine = await iris.startEngine();
      const first = await build();
      await engine.stop();
      const second = await provision({ segment: { key: 2, encapsulation: 'gre' } });
      await iris.provider.terminate(call(), first.connectionId);
      assert.equal((await domainsOn(iris)).length, 2);
      await iris.startEngine();
      await becomes(iris, first.connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
      await becomes(iris, second.connectionId, 'is active', isActive);
      assert.deepEqual(await visOnSwitches(iris), [second.viNumber]);
    });
  });

  describe('what bears our mark', () => {
    /** As it would be found after an interrupted removal. */
    async function leaveStanding(vi: PlacedVi, connectionId = vi.connectionId): Promise<void> {
      const mark = { instance: await iris.store.instance(), connectionId, version: 1 };
      for (const vm of vi.vms) await iris.compute.ensure({ mark, vm, bridge: 'br-iris', mtu: 1400 });
      await iris.network.ensure({ ...vi, connectionId });
    }
    const over = async (index: number): Promise<PlacedVi> => {
      const segment = { key: index, encapsulation: 'gre' as const };
      const { connectionId } = await reserveAndCommit({
        segment,
        vms: [sampleVm({ cpus: 1, memoryMiB: 64, diskGiB: 1 })],
      });
      const built = await iris.store.findReservation(connectionId);
      await iris.provider.provision(call(), connectionId);
      await iris.sql('UPDATE reservation SET data_plane_version = 1 WHERE connection_id = $1', [connectionId]);
      await iris.sql(
        `UPDATE reservation SET lifecycle_state = 'Terminated', provision_state = 'Released' WHERE connection_id = $1`,
        [connectionId],
      );
      await iris.sql('DELETE FROM due_work WHERE connection_id = $1', [connectionId]);
      return built!.committed!.placed;
    };

    beforeEach(async () => {
      iris = await openSite(sampleSite(quick));
    });

    it('is removed where the history says that it is over', async () => {
      await leaveStanding(await over(1));
      assert.equal((await domainsOn(iris)).length, 1);
      await iris.startEngine();
      await eventually('nothing is left', async () => (await domainsOn(iris)).length === 0);
      await eventually('no flow is left', async () => (await visOnSwitches(iris)).length === 0);
    });

    const sightings = async (node: string): Promise<string[]> => [
      ...(await iris.compute.observe(node)).map(({ vmName }) => `domain ${vmName}`),
      ...(await iris.compute.observeDisks(node)).map(({ vmName }) => `disk ${vmName}`),
      ...(await iris.network.observe(node)).viNumbers.map((viNumber) => `VI ${viNumber}`),
    ];
    const elsewhere = ({ vms: [vm] }: PlacedVi): string => ['n1', 'n2', 'n3'].find((node) => node !== vm!.node)!;
    /** The VM and its VI stand on another node, too. */
    async function goAstray(vi: PlacedVi): Promise<string> {
      const node = elsewhere(vi);
      const [vm] = vi.vms;
      await leaveStanding({ ...vi, vms: [{ ...vm!, node }] });
      return node;
    }

    it('is removed where no version of a live reservation places it, and stays where one does', async () => {
      await iris.startEngine();
      const { committed } = await build({ vms: [sampleVm({ name: 'vm' })] });
      const vi = committed!.placed;
      const before = await sightings(vi.vms[0]!.node);
      const node = await goAstray(vi);
      iris.compute.controls.addForeignDomain(node, 'somebody');
      await eventually('what was astray is gone', async () => (await sightings(node)).length === 0);
      assert.deepEqual(await sightings(vi.vms[0]!.node), before);
      assert.deepEqual(iris.compute.controls.foreignDomains(node), ['somebody']);
      const { errorEvent, states } = await reservationOf(iris, vi.connectionId);
      assert.deepEqual([errorEvent, states.dataPlane.active], [undefined, true]);
      await eventually('no record is left there', async () => {
        const { records } = await iris.network.readNote(node);
        return !Object.hasOwn(records, vi.connectionId);
      });
    });

    it('is removed where no version of a released or ended reservation has placed it', async () => {
      await iris.startEngine();
      const { connectionId, committed } = await build({ vms: [sampleVm({ name: 'vm' })] });
      const { node: home } = committed!.placed.vms[0]!;
      await iris.provider.release(call(), connectionId);
      await becomes(iris, connectionId, 'is released', ({ states }) => states.provision === 'Released');
      const node = await goAstray(committed!.placed);
      await eventually('what was astray is gone', async () => (await sightings(node)).length === 0);
      assert.deepEqual(await sightings(home), ['disk vm']);
      await iris.provider.terminate(call(), connectionId);
      await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
      await goAstray(committed!.placed);
      await eventually('what was astray is gone', async () => (await sightings(node)).length === 0);
    });

    it('is not astray while an earlier version that placed it there is to be cleared away', async () => {
      let holds = true;
      const remove: typeof iris.compute.remove = async (node, owner, vmName, disk) => {
        if (holds) throw new DriverError('transient', node, 'holds on to it');
        return iris.compute.remove(node, owner, vmName, disk);
      };
      await iris.startEngine({ compute: { ...iris.compute, remove } });
      const { connectionId, committed } = await build({ vms: [sampleVm({ name: 'vm' }), sampleVm({ name: 'old' })] });
      const { node } = committed!.placed.vms.find(({ name }) => name === 'old')!;
      const criteria = { ...committed!.criteria, vms: [sampleVm({ name: 'vm' })] };
      await iris.provider.modify(call(), { connectionId, criteria });
      await iris.provider.commit(call(), connectionId);
      await becomes(iris, connectionId, 'says what is left', ({ errorEvent }) => errorEvent?.node === node);
      assert.ok((await sightings(node)).includes('domain old'));
      const { strays, leftovers } = await searchOrphans(iris.context);
      assert.deepEqual([strays, leftovers], [[], []]);
      holds = false;
      await becomes(iris, connectionId, 'is clean', ({ errorEvent }) => errorEvent === undefined);
      assert.ok(!(await sightings(node)).includes('domain old'));
    });

    it('is not removed where suspiciously much is astray', async () => {
      const engine = await iris.startEngine();
      const one = await build({ vms: [sampleVm({ cpus: 1 })] });
      const two = await build({ vms: [sampleVm({ cpus: 1 })], segment: { key: 2, encapsulation: 'gre' } });
      await engine.stop();
      for (const { committed } of [one, two]) await goAstray(committed!.placed);
      const { site } = iris;
      const cautious = { ...site, reservations: { ...site.reservations, removalLimit: 1 } };
      const held = await iris.startEngine({ site: cautious });
      await eventually('it says so', async () => (await held.health()).heldBack?.length === 2);
      assert.equal((await domainsOn(iris)).length, 4);
      await held.stop();
      await iris.startEngine();
      await eventually('only what is placed stands', async () => (await domainsOn(iris)).length === 2);
    });

    it('is reported and left alone where the history does not know it', async () => {
      const vi = await over(1);
      await leaveStanding({ ...vi, viNumber: 4711 }, randomUUID());
      const engine = await iris.startEngine();
      const quarantined = await eventually('it is reported', async () => {
        const found = (await engine.health()).quarantined;
        return found !== undefined && found.length > 0 ? found : undefined;
      });
      assert.ok(quarantined.some(({ what }) => what.startsWith('domain ')));
      assert.ok(quarantined.some(({ what }) => what.includes('4711')));
      assert.equal((await domainsOn(iris)).length, 1);
      assert.deepEqual(await visOnSwitches(iris), [4711]);
    });

    it('is not removed at all when suspiciously much would be', async () => {
      const { site } = iris;
      const cautious = { ...site, reservations: { ...site.reservations, removalLimit: 2 } };
      for (let index = 1; index <= 3; index += 1) await leaveStanding(await over(index));
      const errors: unknown[] = [];
      const log = iris.context.log.child({});
      log.error = (details: unknown) => {
        errors.push(details);
      };
      const engine = await iris.startEngine({ log, site: cautious });
      await eventually('it says so', () => errors.length > 0);
      assert.equal((errors[0] as { leftovers: string[] }).leftovers.length, 3);
      assert.equal((await domainsOn(iris)).length, 3);
      const { ok, heldBack } = await engine.health();
      assert.deepEqual([ok, heldBack?.length], [false, 3]);
    });
  });

  describe('the registry', () => {
    it('is kept, given back at the next start, and forgotten at the end', async () => {
      iris = await openSite();
      const restored: string[] = [];
      const network = {
        ...iris.network,
        restore: async (...[connectionId, entries]: Parameters<typeof iris.network.restore>) => {
          restored.push(...entries.map((entry) => `${connectionId} ${entry.mac}`));
          await iris.network.restore(connectionId, entries);
        },
        adopt: async (standing: Parameters<typeof iris.network.adopt>[0]) => {
          for (const { vi, entries } of standing)
            restored.push(...entries.map((entry) => `${vi.connectionId} ${entry.mac}`));
          await iris.network.adopt(standing);
        },
      };
      let learn: Parameters<typeof iris.network.start>[0]['registryChanged'] = () => {};
      const listening = {
        ...iris.network,
        start: (events: Parameters<typeof iris.network.start>[0]) => {
          learn = events.registryChanged;
          return iris.network.start(events);
        },
      };
      const engine = await iris.startEngine({ network: listening });
      const { connectionId } = await build();
      const entry = (ip: string) => ({
        vlan: 0,
        mac: '52:54:00:00:00:99',
        ips: [ip],
        place: { kind: 'site' as const, site: 'tokyo' },
        learntFrom: 'arp' as const,
        learntAt: new Date(),
      });
      learn(connectionId, entry('10.0.0.1'));
      learn(connectionId, entry('10.0.0.2'));
      await eventually('it is stored', async () => (await iris.store.loadRegistry(connectionId)).length > 0);
      await engine.stop();
      const stored = await iris.store.loadRegistry(connectionId);
      assert.deepEqual(
        stored.filter(({ mac }) => mac === '52:54:00:00:00:99').map(({ ips }) => ips),
        [['10.0.0.2']],
      );
      await iris.startEngine({ network });
      assert.ok(restored.includes(`${connectionId} 52:54:00:00:00:99`));
      await iris.provider.terminate(call(), connectionId);
      await becomes(iris, connectionId, 'is over', ({ states }) => states.lifecycle === 'Terminated');
      await eventually('it is forgotten', async () => (await iris.store.loadRegistry(connectionId)).length === 0);
    });
  });

  describe('health', () => {
    it('is well when database and switches are, and says which is not', async () => {
      iris = await openSite();
      const engine = await iris.startEngine();
      const well = await engine.health();
      assert.deepEqual([well.ok, well.database.ok, well.switches.length], [true, true, 4]);
      iris.network.setReachable('n2', false);
      const ill = await engine.health();
      assert.equal(ill.ok, false);
      assert.deepEqual(
        ill.switches.filter(({ connected }) => !connected).map(({ node }) => node),
        ['n2'],
      );
    });
  });
});
