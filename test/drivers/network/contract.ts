/** What every network driver must do, as docs/drivers.md says it: one suite, run against each. */
import assert from 'node:assert/strict';
import type { NetworkDriver } from '../../../src/domain/ports/network-driver.js';
import type { Site } from '../../../src/domain/site/site-file.js';
import type { PlacedVi } from '../../../src/domain/vi/placed-vi.js';
import { toService } from './example-service.js';
import { toVi } from './sites.js';

export interface NetworkUnderTest {
  /** `gw`, a gateway, and two more nodes `n1` and `n2`, by whatever names. */
  site: Site;
  /** VM `index` (from 0) of the VI gets an answer from VM `other`. Their ports are `t<viNumber>-<index + 1>`. */
  reaches(vi: PlacedVi, index: number, other: number): Promise<boolean>;
  setReachable(node: string, reachable: boolean): Promise<void>;
  /** `gw` goes on with what it has, and does not let us change it; or does again. */
  setGatewayChangeable(changeable: boolean): Promise<void>;
  /** An STP of the site, with a label, that a point-to-point service can begin at; it is at `gw`. */
  stpAtGateway: string;
  newDriver(): NetworkDriver;
  /** The same within a deadline: what happens by itself after something else. */
  eventually(what: string, look: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

export function describeNetworkDriver(name: string, create: () => Promise<NetworkUnderTest>): void {
  describe(`contract of network drivers: ${name}`, function () {
    this.timeout(400_000);
    let test: NetworkUnderTest;
    let driver: NetworkDriver;
    const changed: string[] = [];
    let nodes: string[];

    before(async () => {
      test = await create();
      nodes = test.site.nodes.map((node) => node.name);
      driver = test.newDriver();
      await driver.start({ nodeChanged: (node) => changed.push(node), registryChanged: () => {} });
    });

    after(async () => {
      await driver?.stop();
      await test?.close();
    });

    /** Both with the same MACs and IPs. */
    const viOf = (viNumber: number): PlacedVi =>
      toVi({ viNumber, key: 500 + viNumber, vmNodes: [nodes[1]!, nodes[2]!] });
    const observed = async (): Promise<number[][]> =>
      Promise.all(nodes.map(async (node) => (await driver.observe(node)).viNumbers));

    const reaches = (vi: PlacedVi, index: number, other: number): Promise<void> =>
      test.eventually(`VM ${other} answers VM ${index}`, () => test.reaches(vi, index, other));

    it('knows its nodes', async () => {
      for (const { name: node, network } of test.site.nodes) {
        const { switchVersion, ...fingerprint } = await driver.fingerprint(node);
        assert.deepEqual(fingerprint, { node, datapathId: network.datapathId, connected: true });
        assert.notEqual(switchVersion, '');
      }
      assert.deepEqual(
        (await driver.status()).map(({ role: _onlyWhereSwitchesKnowRoles, ...status }) => status),
        nodes.map((node) => ({ node, connected: true, packetIns: 0, packetInsDropped: {}, refused: {}, problems: [] })),
      );
    });

    it('says what it would build, and touches nothing', async () => {
      const plan = await driver.plan(viOf(1));
      assert.deepEqual(
        plan.map(({ node }) => node),
        [nodes[1], nodes[2]].sort(),
      );
      assert.ok(plan.every(({ flows, ovsdbRows }) => flows.length > 0 && ovsdbRows.length > 0));
      assert.deepEqual(await driver.plan(viOf(1)), plan);
      assert.deepEqual(await observed(), [[], [], []]);
    });

    it('tells the MTU that the narrowest underlay leaves', () => {
      assert.equal(driver.segmentMtu(viOf(1)), 1500 - 20 - 8 - 14 - 4);
      const vxlan = { ...viOf(1), segment: { key: 501, encapsulation: 'vxlan' as const } };
      assert.equal(driver.segmentMtu(vxlan), 1500 - 20 - 8 - 8 - 14 - 4);
    });

    it('connects the VMs of a VI, and does nothing more when asked again', async () => {
      await driver.ensure(viOf(1));
      await driver.ensure(viOf(1));
      assert.deepEqual(await observed(), [[], [1], [1]]);
      await reaches(viOf(1), 0, 1);
      await reaches(viOf(1), 1, 0);
    });

    it('lists the NICs in the registry from the start', async () => {
      const places = (await driver.registry('vi-1')).map(({ vlan, place }) => ({ vlan, place }));
      for (const [index, node] of [nodes[1], nodes[2]].entries()) {
        const place = { kind: 'port', node, portName: `t1-${index + 1}` };
        assert.ok(places.some((found) => JSON.stringify(found) === JSON.stringify({ vlan: 0, place })));
      }
    });

    it('keeps VIs with the same addresses apart', async () => {
      await driver.ensure(viOf(2));
      await reaches(viOf(2), 0, 1);
      await driver.remove(viOf(1));
      assert.equal(await test.reaches(viOf(1), 0, 1), false);
      await reaches(viOf(2), 0, 1);
      assert.deepEqual(await observed(), [[], [2], [2]]);
    });

    it('takes a VI from the nodes that its new version does not use', async () => {
      const smaller = { ...viOf(2), version: 1, vms: viOf(2).vms.slice(0, 1) };
      await driver.ensure(smaller);
      assert.deepEqual(await observed(), [[], [2], []]);
      await driver.ensure(viOf(2));
      await reaches(viOf(2), 0, 1);
    });

    it('leaves nothing of a removed VI, and does not mind being asked again', async () => {
      await driver.remove(viOf(2));
      await driver.remove(viOf(2));
      assert.deepEqual(await observed(), [[], [], []]);
      assert.deepEqual(await driver.registry('vi-2'), []);
    });

    it('refuses a VI on a node that is not of this site, and changes nothing', async () => {
      const stray = toVi({ viNumber: 3, key: 503, vmNodes: [nodes[1]!, 'elsewhere'] });
      await assert.rejects(driver.ensure(stray), { name: 'DriverError', errorClass: 'notFound', node: 'elsewhere' });
      await assert.rejects(driver.observe('elsewhere'), { name: 'DriverError', errorClass: 'notFound' });
      assert.deepEqual(await observed(), [[], [], []]);
    });

    it('takes over what an earlier life of the registry knew', async () => {
      const learnt = {
        vlan: 7,
        mac: '52:54:00:77:00:01',
        ips: ['10.9.9.9'],
        place: { kind: 'port', node: nodes[1]!, portName: 't1-1' },
        learntFrom: 'arp',
        learntAt: new Date(),
      } as const;
      const elsewhere = { ...learnt, mac: '52:54:00:77:00:02', place: { ...learnt.place, portName: 'gone' } };
      await driver.restore('vi-1', [
        { ...learnt, ips: [...learnt.ips] },
        { ...elsewhere, ips: [...elsewhere.ips] },
      ]);
      await driver.ensure(viOf(1));
      const macs = (await driver.registry('vi-1')).map((entry) => entry.mac);
      assert.ok(macs.includes(learnt.mac));
      assert.ok(!macs.includes(elsewhere.mac), 'a place that there is no more');
    });

    it('serves the others while a node is away, and that one when it comes back', async () => {
      await test.setReachable(nodes[2]!, false);
      await assert.rejects(driver.ensure(viOf(2)), { name: 'DriverError', errorClass: 'transient', node: nodes[2] });
      assert.deepEqual((await driver.observe(nodes[1]!)).viNumbers, [1, 2]);
      assert.equal((await driver.status()).find(({ node }) => node === nodes[2])!.connected, false);
      changed.length = 0;
      await test.setReachable(nodes[2]!, true);
      await test.eventually('both VIs on the node', async () => {
        const found = await driver.observe(nodes[2]!).catch(() => ({ viNumbers: [] }));
        return found.viNumbers.join() === '1,2' && test.reaches(viOf(2), 0, 1);
      });
      assert.ok(changed.includes(nodes[2]!), 'the return was told');
    });

    it('takes a VI that a service ended in off the service, also where a node was away when the service was changed', async () => {
      const [gateway] = nodes;
      const vis = [viOf(1), viOf(2)];
      const serviceTo = (vi: PlacedVi): PlacedVi =>
        toService(test.site, { viNumber: 3, from: test.stpAtGateway, to: `vi+${vi.connectionId}`, vis });
      for (const vi of vis) await driver.ensure(vi);
      await driver.ensure(serviceTo(vis[0]!));
      assert.deepEqual((await driver.observe(gateway!)).viNumbers, [1, 3]);
      await test.setGatewayChangeable(false);
      await assert.rejects(driver.ensure(serviceTo(vis[1]!)), { name: 'DriverError', errorClass: 'transient' });
      await test.setGatewayChangeable(true);
      await test.eventually('the change', () =>
        driver.ensure(serviceTo(vis[1]!)).then(
          () => true,
          () => false,
        ),
      );
      assert.deepEqual((await driver.observe(gateway!)).viNumbers, [2, 3]);
      await driver.remove(serviceTo(vis[1]!));
      assert.deepEqual(await observed(), [[], [1, 2], [1, 2]]);
    });

    it('brings about a service into a VI one of whose VM ports is not plugged: that is the VI’s own to fail by', async () => {
      const [whole, missing] = [viOf(1), 'unplugged'];
      const [first, second] = whole.vms;
      const broken = {
        ...whole,
        version: 1,
        vms: [first!, { ...second!, nics: [{ ...second!.nics[0]!, portName: missing }] }],
      };
      const service = toService(test.site, {
        viNumber: 3,
        from: test.stpAtGateway,
        to: `vi+${whole.connectionId}`,
        vis: [broken],
      });
      // Where ports are real.
      await driver.ensure(broken).catch(({ message }: Error) => assert.match(message, new RegExp(missing)));
      await driver.ensure(service);
      assert.deepEqual(await observed(), [
        [1, 3],
        [1, 2],
        [1, 2],
      ]);
      await driver.remove(service);
      assert.deepEqual(await observed(), [[], [1, 2], [1, 2]]);
    });

    it('keeps a note on a node: what is not named stays, and its round never goes back', async () => {
      const node = nodes[0]!;
      await driver.writeNote(node, { round: 4, records: { a: 'v1:one', b: 'v1:two' } });
      await driver.writeNote(node, { round: 3, records: { a: undefined, c: 'v1:three' } });
      await driver.writeNote(node, { records: { c: 'v1:three' } });
      await test.eventually('the note is read back', async () => {
        const { round, records } = await driver.readNote(node);
        return round === 4 && JSON.stringify(Object.entries(records).sort()) === '[["b","v1:two"],["c","v1:three"]]';
      });
      await driver.writeNote(node, { records: { b: undefined, c: undefined } });
    });

    it('gives a node back', async () => {
      await driver.remove(viOf(1));
      await driver.remove(viOf(2));
      for (const node of nodes) await driver.leave(node);
    });
  });
}
