/** A circuit that was reserved over NSI, asked for over rms: what rms has words for is told, and its schema holds. */
import assert from 'node:assert/strict';
import { createRmsClient } from '../../../src/client/rms-client.js';
import { toPointToPointCriteria } from '../../../src/domain/p2p/point-to-point-criteria.js';
import { call, request } from '../../services/site-under-test.js';
import { startNsi } from './nsi-service.js';

const network = 'urn:ogf:network:osaka.example:2026:iris';

describe('a circuit over rms', () => {
  it('is shown with its external ports, its peer and its segment, and is terminated there as well', async () => {
    const iris = await startNsi({ peers: [{ site: 'tokyo', gateways: ['192.0.2.2'], vlans: ['1000-1999'] }] });
    const rms = createRmsClient({ url: iris.url, user: 'alice', password: 'wonderland' });
    try {
      const criteria = toPointToPointCriteria(
        {},
        {
          source: `${network}:lan1?vlan=100`,
          dest: `${network}:peer+tokyo?vlan=1234`,
          capacityMbit: 10,
          directionality: 'Bidirectional',
        },
      );
      const { connectionId } = await iris.provider.reserve(call(), { ...request(), criteria });
      const { reservation, segmentMtu } = await rms.getReservation({ connectionId });
      assert.deepEqual(reservation.held!.externalPorts, [{ name: 'lan1', node: 'gw', vlans: [100] }]);
      assert.deepEqual(reservation.held!.peers, [{ site: 'tokyo', gateway: '192.0.2.2' }]);
      assert.deepEqual(reservation.held!.segment, { key: 1234, encapsulation: 'gre' });
      assert.deepEqual(reservation.held!.vms, []);
      assert.ok(segmentMtu! > 1000);
      const { reservations } = await rms.listReservations({ reservationStates: [], lifecycleStates: [] });
      assert.deepEqual(
        reservations.map((listed) => listed.connectionId),
        [connectionId],
      );
      await rms.commit({ correlationId: call().correlationId, connectionId });
      await rms.terminate({ correlationId: call().correlationId, connectionId });
      assert.deepEqual(await iris.sql('SELECT * FROM stp_allocation'), []);
    } finally {
      rms.close();
      await iris.close();
    }
  });
});
