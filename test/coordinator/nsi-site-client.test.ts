/** What the coordinator makes of what an NSI provider tells of a reservation. */
import assert from 'node:assert/strict';
import type { NotificationTold, NsiClient } from '../../src/client/nsi/nsi-client.js';
import { createNsiSiteClient } from '../../src/coordinator/nsi-site-client.js';

const connectionId = 'c-1';
const said = { connectionId, timeStamp: new Date(0) };
const failed = (notificationId: number): NotificationTold => ({
  kind: 'errorEvent',
  value: {
    ...{ ...said, notificationId, event: 'activateFailed', originatingConnectionId: '', originatingNsa: '' },
    additionalInfo: { attributes: [{ type: 'permanent', values: ['true'], feedback: [], others: [] }] },
  },
});
const dataPlane = (notificationId: number, active: boolean, versionConsistent: boolean): NotificationTold => ({
  kind: 'dataPlaneStateChange',
  value: { ...said, notificationId, dataPlaneStatus: { active, version: 1, versionConsistent } },
});

describe('what keeps a reservation, as an NSI provider tells it', () => {
  let tell: (told: NotificationTold) => void;
  const site = () => {
    const dataPlaneStatus = { active: false, version: 1, versionConsistent: false };
    const connectionStates = { reservationState: 'ReserveStart', lifecycleState: 'Created', dataPlaneStatus };
    const client = {
      send: async () => ({ reservations: [{ connectionId, connectionStates, criteria: [{ version: 0 }] }] }),
      follow: (_: string, listener: typeof tell) => {
        tell = listener;
        return () => {};
      },
    } as unknown as NsiClient;
    return createNsiSiteClient({ name: 'x', client, nsaId: 'urn:x', autoProvision: true, terminateOnRelease: true });
  };

  it('a refusal for good stays one when the data plane goes down with it, until the infrastructure stands', async () => {
    const asked = site();
    const problem = async () => (await asked.getReservation({ connectionId })).reservation.errorEvent?.permanent;
    assert.equal(await problem(), undefined);
    tell(failed(1));
    assert.equal(await problem(), true);
    tell(dataPlane(2, false, false));
    assert.equal(await problem(), true);
    tell(dataPlane(3, true, false));
    assert.equal(await problem(), true);
    tell(dataPlane(4, true, true));
    assert.equal(await problem(), undefined);
  });
});
