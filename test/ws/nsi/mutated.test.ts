/**
 * Messages changed at random, thousands of them (IRIS_MUTATIONS, IRIS_SEED): each is answered as it should be — done, or a fault that says why —
 * and afterwards the service is healthy, what was refused has changed nothing, and memory is what it was.
 */
import assert from 'node:assert/strict';
import type { WireOf } from '../../../src/wire/nsi/connection-types.js';
import { domainsOn, snapshot } from '../../services/site-under-test.js';
import { digestToken, security } from '../support/post.js';
import { exchange } from './exchange.js';
import { mutate } from './mutate.js';
import { envelope, type Fault, type Heard, hear, newId, nsiHeader, write } from './nsi-messages.js';
import { circuit, reserveOf, vi } from './nsi-requests.js';
import { type NsiService, startNsi } from './nsi-service.js';

const count = Number(process.env.IRIS_MUTATIONS ?? 2000);
const firstSeed = Number(process.env.IRIS_SEED ?? 1);
/** From no credential at all, so that a mutation is judged by what it is and not by a spoilt digest. */
const trusted = 'urn:ogf:network:trusted.example:2020:nsa';
const atOnce = 8;
const tooLarge: Fault = { code: 'soap:Client', string: 'too large', detail: undefined, exception: undefined };

interface Seen extends Heard {
  status: number;
  seed: number;
}

describe(`nsi: ${count} mutated messages`, function () {
  this.timeout(Math.max(240_000, count * 60));
  let nsi: NsiService;
  let corpus: string[];
  const seen = { served: 0, refused: 0, garbled: 0 };

  before(async () => {
    nsi = await startNsi();
    const { connectionId } = await nsi.ask('reserve', reserveOf([vi()]), { requesterNsa: trusted });
    const some = { connectionIds: [connectionId], globalReservationIds: [] };
    const said = (body: string, more = '') => envelope(nsiHeader({ requesterNsa: trusted }) + more, body);
    corpus = [
      said(
        write(
          'reserve',
          reserveOf([vi({ segment: { key: 8, encapsulation: 'gre' } })], {
            schedule: { startTime: null, endTime: new Date('2040-01-01T00:00:00Z') },
          }),
        ),
      ),
      said(write('reserve', reserveOf([circuit()]))),
      said(write('reserve', reserveOf([], { version: 4 }, { connectionId }))),
      said(write('reserveCommit', { connectionId })),
      said(write('reserveAbort', { connectionId: 'nowhere' })),
      said(write('provision', { connectionId }), security(digestToken())),
      said(write('querySummarySync', some)),
      said(write('querySummary', some)),
      said(
        write('queryRecursive', { connectionIds: [], globalReservationIds: ['urn:g'], ifModifiedSince: new Date(0) }),
      ),
      said(write('queryNotificationSync', { connectionId, startNotificationId: 1, endNotificationId: 5 })),
      said(write('queryResultSync', { connectionId, startResultId: 1 })),
    ];
  });
  after(() => nsi.close());

  async function send(seed: number): Promise<Seen> {
    const { status, text } = await exchange(new URL('/nsi/provider', nsi.url), mutate(seed, corpus));
    const heard = text === '' ? { header: undefined, element: 'Fault', body: undefined, fault: tooLarge } : hear(text);
    return { seed, status, ...heard };
  }

  function judge({ seed, status, fault }: Seen): void {
    const where = `IRIS_SEED=${seed} IRIS_MUTATIONS=1`;
    if (fault === undefined) {
      assert.equal(status, 200, where);
      seen.served += 1;
      return;
    }
    // 413 for what has grown too large; never a fault of our own.
    assert([500, 413].includes(status), `${where}: HTTP ${status}`);
    assert.notEqual(fault.exception?.errorId, '00500', `${where}: ${fault.string}`);
    assert.notEqual(fault.code, 'soap:Server', `${where}: ${fault.string}`);
    if (fault.exception === undefined) seen.garbled += 1;
    else seen.refused += 1;
  }

  it('each is served, or refused with a fault of the requester’s', async () => {
    for (let seed = firstSeed; seed < firstSeed + count; seed += atOnce) {
      const seeds = Array.from({ length: Math.min(atOnce, firstSeed + count - seed) }, (_, index) => seed + index);
      for (const answer of await Promise.all(seeds.map(send))) judge(answer);
    }
    if (count > 100) assert(seen.served > count / 400 && seen.refused > count / 4, JSON.stringify(seen));
  });

  it('what is refused changes nothing', async () => {
    let before = await snapshot(nsi);
    for (let seed = firstSeed; seed < firstSeed + Math.min(count, 40); seed += 1) {
      const { fault } = await send(seed);
      const after = await snapshot(nsi);
      if (fault !== undefined) assert.equal(after, before, `IRIS_SEED=${seed}`);
      before = after;
    }
  });

  it('afterwards the service is healthy and does what it is asked', async () => {
    assert.equal((await fetch(new URL('/health', nsi.url))).status, 200);
    const said = { requesterNsa: trusted, correlationId: newId() };
    const made = await nsi.ask(
      'reserve',
      reserveOf([vi({ segment: { key: 99, encapsulation: 'gre' }, vms: [] })]),
      said,
    );
    await nsi.ask('reserveCommit', made, { requesterNsa: trusted });
    const some = { connectionIds: [made.connectionId], globalReservationIds: [] };
    const found: WireOf<'querySummarySyncConfirmed'> = await nsi.ask('querySummarySync', some, {
      requesterNsa: trusted,
    });
    assert.equal(found.reservations.length, 1);
    assert.deepEqual(await domainsOn(nsi), []);
  });

  // With few, what node keeps for itself weighs more than what a leak would.
  const manyEnough = count >= 10_000;
  (manyEnough ? it : (_what: string, _run: () => Promise<void>) => {})('and memory is what it was', async () => {
    const measure = async (seeds: number): Promise<number> => {
      for (let seed = 1; seed <= seeds; seed += atOnce)
        await Promise.all(Array.from({ length: atOnce }, (_, index) => send(seed + index)));
      return process.memoryUsage().rss;
    };
    await measure(4000);
    const [before, after] = [await measure(2000), await measure(8000)];
    assert(after < before * 1.2 + (64 << 20), `${before} → ${after} bytes`);
  });
});
