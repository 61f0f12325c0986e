/** Point-to-point services through the engine: held, refused, modified and over, on a real PostgreSQL. */
import assert from 'node:assert/strict';
import type { PointToPoint } from '../../src/domain/p2p/point-to-point.js';
import { toPointToPointCriteria } from '../../src/domain/p2p/point-to-point-criteria.js';
import { viStpId } from '../../src/domain/p2p/site-stps.js';
import type { ReserveRequest } from '../../src/domain/ports/provider.js';
import type { Reservation } from '../../src/domain/reservation/reservation.js';
import { createFakeNetworkDriver } from '../../src/drivers/network/fake/fake-network-driver.js';
import { nsiSite, stpOf } from '../domain/p2p/nsi-site.js';
import { eventually } from '../support/eventually.js';
import {
  becomes,
  call,
  isActive,
  openSite,
  refusalOf,
  request,
  type SiteUnderTest,
  visOnSwitches,
} from './site-under-test.js';

const criteriaOf = (changes: Partial<PointToPoint> = {}) =>
  toPointToPointCriteria(
    { start: new Date('2031-01-01T00:00:00Z'), end: new Date('2031-01-02T00:00:00Z') },
    {
      source: stpOf('lan1', '100-199'),
      dest: stpOf('lan4', '100-199'),
      capacityMbit: 300,
      directionality: 'Bidirectional',
      ...changes,
    },
  );

const p2p = (changes: Partial<PointToPoint> = {}): ReserveRequest => ({
  autoProvision: false,
  terminateOnRelease: false,
  criteria: criteriaOf(changes),
});

const stpsOf = ({ committed, held }: Reservation): string[] => {
  const { source, dest } = (committed ?? held)!.placed.pointToPoint!;
  return [source.stp, dest.stp];
};

describe('a point-to-point service in the engine', () => {
  let iris: SiteUnderTest;
  beforeEach(async () => {
    iris = await openSite(nsiSite());
  });
  afterEach(() => iris.close());

  it('is held with a label of those asked for, and what it holds is free again after abort', async () => {
    const { provider } = iris;
    const one = await provider.reserve(call(), p2p());
    assert.deepEqual(stpsOf(one), [stpOf('lan1', '100'), stpOf('lan4', '100')]);
    const wanted = p2p({ source: stpOf('lan1', '100'), capacityMbit: 100 });
    const refusal = await refusalOf(provider.reserve(call(), wanted));
    assert.equal(refusal.kindName, 'stpUnavailable');
    await provider.abort(call(), one.connectionId);
    assert.deepEqual(await iris.sql('SELECT * FROM stp_allocation'), []);
    assert.deepEqual(stpsOf(await provider.reserve(call(), wanted)), [stpOf('lan1', '100'), stpOf('lan4', '100')]);
  });

  it('is refused with 00705 where an STP would carry more than it can, and not at another time', async () => {
    const { provider } = iris;
    await provider.reserve(call(), p2p());
    const refusal = await refusalOf(provider.reserve(call(), p2p({ capacityMbit: 101 })));
    assert.equal(refusal.kind.id, '00705');
    assert.deepEqual({ ...refusal.variables }, { stp: 'lan4' });
    await provider.reserve(call(), p2p({ capacityMbit: 100 }));
    const later = p2p({ capacityMbit: 400 });
    later.criteria.schedule = { start: new Date('2031-01-02T00:00:00Z'), end: new Date('2031-01-03T00:00:00Z') };
    await provider.reserve(call(), later);
  });

  it('gives each of many that ask at once a label of its own', async () => {
    const { provider } = iris;
    const asked = Array.from({ length: 4 }, () => provider.reserve(call(), p2p({ capacityMbit: 10 })));
    const given = (await Promise.all(asked)).flatMap(stpsOf);
    assert.equal(new Set(given).size, 8);
  });

  it('is modified in place: its labels stay, and the greater capacity counts', async () => {
    const { provider } = iris;
    const { connectionId } = await provider.reserve(call(), p2p());
    await provider.commit(call(), connectionId);
    const modified = await provider.modify(call(), { connectionId, criteria: criteriaOf({ capacityMbit: 400 }) });
    assert.equal(modified.held!.placed.pointToPoint!.capacityMbit, 400);
    assert.deepEqual(modified.held!.placed.externalPorts, modified.committed!.placed.externalPorts);
    assert.deepEqual(modified.held!.placed.segment, modified.committed!.placed.segment);
    const tooMuch = await refusalOf(provider.reserve(call(), p2p({ capacityMbit: 1 })));
    assert.equal(tooMuch.kind.id, '00705');
    await provider.abort(call(), connectionId);
    await provider.reserve(call(), p2p({ capacityMbit: 100 }));
  });

  it('does not become a VI, nor a VI one', async () => {
    const { provider } = iris;
    const service = await provider.reserve(call(), p2p());
    await provider.commit(call(), service.connectionId);
    const { criteria } = request();
    const refusal = await refusalOf(provider.modify(call(), { connectionId: service.connectionId, criteria }));
    assert.equal(refusal.kindName, 'unsupportedParameter');
  });

  it('is listed and shown beside the VIs', async () => {
    const { provider } = iris;
    const { connectionId } = await provider.reserve(call(), p2p());
    const { reservations } = await provider.listReservations(call(), { page: { limit: 10 } });
    assert.deepEqual(
      reservations.map((reservation) => reservation.connectionId),
      [connectionId],
    );
    const view = await provider.getReservation(call(), connectionId);
    assert.ok(view.segmentMtu! > 0);
  });

  it('knows no VI that is not there', async () => {
    const dest = stpOf(viStpId('3c0c4a9e-0000-4000-8000-000000000000'));
    assert.equal((await refusalOf(iris.provider.reserve(call(), p2p({ dest })))).kind.id, '00701');
  });

  describe('that is built', () => {
    const everybody = 'ff:ff:ff:ff:ff:ff';
    const arrivals = (port: string, vlan: number, network = iris.network): string[] =>
      network
        .inject('gw', port, { vlan, destination: everybody })
        .delivered.map((to) => `${to.node} ${to.port}`)
        .sort();

    async function build(asked: ReserveRequest): Promise<Reservation> {
      const { connectionId } = await iris.provider.reserve(call(), asked);
      await iris.provider.commit(call(), connectionId);
      await iris.provider.provision(call(), connectionId);
      return becomes(iris, connectionId, 'is active', isActive);
    }
    const end = async (connectionId: string): Promise<void> => {
      await iris.provider.terminate(call(), connectionId);
      await becomes(iris, connectionId, 'is gone', ({ states }) => states.lifecycle === 'Terminated');
    };
    const now = (changes: Partial<PointToPoint>): ReserveRequest => {
      const asked = p2p(changes);
      return { ...asked, criteria: { ...asked.criteria, schedule: {} } };
    };
    const machinesOf = ({ committed }: Reservation): string[] =>
      committed!.placed.vms.map(({ node, nics }) => `${node} ${nics[0]!.portName}`).sort();

    it('carries frames while it is provisioned, and holds nothing once it is over', async () => {
      await iris.startEngine();
      const { connectionId } = await build(now({ source: stpOf('lan1', '100'), dest: stpOf('lan4', '200') }));
      assert.deepEqual(arrivals('lan1', 100), ['gw lan4']);
      await iris.provider.release(call(), connectionId);
      await becomes(iris, connectionId, 'is released', ({ states }) => states.provision === 'Released');
      assert.deepEqual(arrivals('lan1', 100), []);
      await iris.provider.provision(call(), connectionId);
      await becomes(iris, connectionId, 'is active again', isActive);
      assert.deepEqual(arrivals('lan4', 200), ['gw lan1']);
      await end(connectionId);
      assert.deepEqual(await iris.sql('SELECT * FROM stp_allocation'), []);
      assert.deepEqual(await iris.sql('SELECT * FROM external_port_allocation'), []);
      assert.deepEqual(await visOnSwitches(iris), []);
    });

    it('leads to the machines of a VI, also after a restart, and nowhere when the VI is over', async () => {
      const engine = await iris.startEngine();
      const vi = await build({ ...request(), autoProvision: false });
      const dest = stpOf(viStpId(vi.connectionId));
      const service = await build(now({ source: stpOf('lan1', '100'), dest }));
      assert.deepEqual(arrivals('lan1', 100), machinesOf(vi));

      await engine.stop();
      const network = createFakeNetworkDriver(iris.site);
      await iris.startEngine({ network });
      await eventually('frames cross again', async () =>
        arrivals('lan1', 100, network).length === machinesOf(vi).length ? true : undefined,
      );
      await end(vi.connectionId);
      assert.deepEqual(arrivals('lan1', 100, network), []);
      await end(service.connectionId);
      assert.deepEqual(await iris.sql('SELECT * FROM stp_allocation'), []);
    });
  });
});
