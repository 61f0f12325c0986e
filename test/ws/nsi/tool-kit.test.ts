/** The life cycle by a SOAP tool kit that knows nothing but the WSDL from the running service. */
import assert from 'node:assert/strict';
import { type Client, createClientAsync } from 'soap';
import { providerProtocol } from '../../../src/wire/nsi/namespaces.js';
import { newId, ourNsa } from './nsi-messages.js';
import { type NsiService, startNsi } from './nsi-service.js';

describe('nsi: a SOAP tool kit', () => {
  let nsi: NsiService;
  let client: Client;
  before(async () => {
    nsi = await startNsi();
    const address = new URL('/nsi/provider', nsi.url).href;
    client = await createClientAsync(`${address}?wsdl`, { disableCache: true }, address);
  });
  after(() => nsi.close());

  async function call(operation: string, request: object): Promise<Record<string, unknown>> {
    const header = {
      protocolVersion: providerProtocol,
      correlationId: newId(),
      requesterNSA: 'urn:ogf:network:trusted.example:2020:nsa',
      providerNSA: ourNsa,
    };
    const namespace = 'http://schemas.ogf.org/nsi/2013/12/framework/headers';
    client.clearSoapHeaders();
    client.addSoapHeader({ nsiHeader: header }, '', 'head', namespace);
    const [answer] = await client[`${operation}Async`](request, { proxy: false });
    return answer as Record<string, unknown>;
  }

  it('reserves, commits, terminates, queries, and reads a fault', async () => {
    const infrastructure = {
      attributes: { 'xmlns:vi': 'urn:iris:vi:1' },
      segment: { key: 4711, encapsulation: 'gre' },
      vm: [{ name: 'a', cpus: 1, memoryMiB: 512, diskGiB: 1, image: 'small', nic: [{}] }],
    };
    const criteria = { attributes: { version: 1 }, serviceType: 's', 'vi:infrastructure': infrastructure };
    const { connectionId } = (await call('reserve', { description: 'by tool kit', criteria })) as {
      connectionId: string;
    };
    assert.match(connectionId, /^[0-9a-f-]{36}$/);
    await call('reserveCommit', { connectionId });
    const found = (await call('querySummarySync', { connectionId: [connectionId] })) as {
      reservation: { connectionStates: { reservationState: string; provisionState: string } }[];
    };
    assert.deepEqual(found.reservation[0]?.connectionStates.reservationState, 'ReserveStart');
    await call('terminate', { connectionId });
    await assert.rejects(call('provision', { connectionId }), /00204 CONNECTION_GONE/);
    await assert.rejects(call('queryResultSync', { connectionId: 'nowhere' }), /00203 RESERVATION_NONEXISTENT/);
  });
});
