import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNsiClient, ofConnection } from '../../../src/client/nsi/nsi-client.js';
import { certificatesIn } from '../../support/certificates.js';
import { envelope, type Heard, hear, nsiHeader, ourNsa, write } from './nsi-messages.js';
import { type NsiService, startNsi } from './nsi-service.js';

const red = 'urn:ogf:network:red.example:2020:nsa';
const blue = 'urn:ogf:network:blue.example:2020:nsa';

describe('nsi: client certificates', () => {
  let folder: string;
  let nsi: NsiService;
  const file = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iris-nsi-tls-'));
    const { authority, serverCertificate, clientCertificate } = certificatesIn(folder);
    await authority('ca');
    await authority('other-ca');
    await serverCertificate('server', '/CN=osaka', 'ca');
    await clientCertificate('red', '/O=Red/CN=aggregator', 'ca');
    await clientCertificate('stranger', '/CN=stranger', 'ca');
    await clientCertificate('forged', '/O=Red/CN=aggregator', 'other-ca');
    const tls = { cert: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') };
    nsi = await startNsi({
      listen: { soap: '127.0.0.1:0', tls },
      nsi: {
        nsaId: ourNsa,
        networkId: 'urn:ogf:network:osaka.example:2026:iris',
        requesters: [
          { nsaId: red, tenant: 'alpha', certificate: 'CN=aggregator, O=Red' },
          { nsaId: blue, tenant: 'beta', certificate: 'CN=other' },
        ],
      },
    });
  });
  after(async () => {
    await nsi.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (requesterNsa: string, certificate?: string): Promise<Heard> =>
    new Promise((resolve, reject) => {
      const own =
        certificate === undefined
          ? {}
          : { cert: readFileSync(file(`${certificate}.pem`)), key: readFileSync(file(`${certificate}.key`)) };
      const request = https.request(
        new URL('/nsi/provider', nsi.url),
        {
          method: 'POST',
          agent: false,
          ca: readFileSync(file('ca.pem')),
          ...own,
          headers: { 'Content-Type': 'text/xml' },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('end', () => resolve(hear(Buffer.concat(chunks).toString())));
        },
      );
      request.on('error', reject);
      const query = write('querySummarySync', { connectionIds: [], globalReservationIds: [] });
      request.end(envelope(nsiHeader({ requesterNsa }), query));
    });

  it('the certificate of a requester is that requester', async () => {
    assert.equal((await ask(red, 'red')).element, 'querySummarySyncConfirmed');
  });

  it('our own requester shows its certificate, and asks nobody whose certificate it cannot check', async () => {
    const read = (name: string): string => readFileSync(file(name), 'utf8');
    const query = async (tls: { cert?: string; key?: string; ca: string }) => {
      const url = new URL('/nsi/provider', nsi.url).href;
      const client = createNsiClient({ url, provider: { nsaId: ourNsa }, requesterNsa: red, tls });
      try {
        return await client.query('querySummary', ofConnection('nowhere'));
      } finally {
        client.close();
      }
    };
    const own = { cert: read('red.pem'), key: read('red.key'), ca: read('ca.pem') };
    assert.deepEqual((await query(own)).reservations, []);
    await assert.rejects(query({ ca: own.ca }), { name: 'NsiFault', errorId: '00301' });
    await assert.rejects(query({ ...own, ca: read('other-ca.pem') }), { name: 'NsiConnectionError' });
  });

  const refused: [what: string, nsa: string, certificate: string | undefined, errorId: string][] = [
    ['a certificate that is not that of the requester in the header', blue, 'red', '00302'],
    ['a certificate that is nobody’s', red, 'stranger', '00301'],
    ['a certificate of the right name from another authority', red, 'forged', '00301'],
    ['no certificate', red, undefined, '00301'],
  ];
  /** As far as an authority of ours has signed it. */
  const subjects: Record<string, string> = { red: 'CN=aggregator,O=Red', stranger: 'CN=stranger' };
  for (const [what, nsa, certificate, errorId] of refused)
    it(`${what}: ${errorId}, and recorded`, async () => {
      nsi.refused.length = 0;
      assert.equal((await ask(nsa, certificate)).fault?.exception?.errorId, errorId);
      const [recorded, ...others] = nsi.refused;
      assert.deepEqual(others, []);
      const { what: told, correlationId, ...who } = recorded!;
      assert.deepEqual(who, {
        ...{ errorId, path: '/nsi/provider', operation: 'querySummarySync', address: '127.0.0.1' },
        ...{ requesterNSA: nsa, providerNSA: undefined },
        ...(subjects[certificate ?? ''] === undefined ? {} : { certificate: subjects[certificate ?? ''] }),
      });
      assert.match(`${correlationId} ${told}`, /^urn:uuid:\S+ \S+/);
    });

  it('a document that is asked for with a wrong password is recorded, too; one that is given is not', async () => {
    nsi.refused.length = 0;
    const get = (headers = {}) =>
      new Promise((resolve, reject) => {
        const options = { agent: false as const, ca: readFileSync(file('ca.pem')), headers };
        https
          .get(new URL('/nsi/topology.xml', nsi.url), options, (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode));
          })
          .on('error', reject);
      });
    assert.equal(await get(), 200);
    assert.deepEqual(nsi.refused, []);
    assert.equal(await get({ Authorization: `Basic ${Buffer.from('alice:wrong').toString('base64')}` }), 401);
    const { errorId, path, address } = nsi.refused[0]!;
    assert.deepEqual([errorId, path, address], ['00301', '/nsi/topology.xml', '127.0.0.1']);
  });
});
