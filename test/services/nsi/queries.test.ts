/** Queries of very many reservations, on a store that has them. */
import assert from 'node:assert/strict';
import type { IrisError } from '../../../src/domain/errors/iris-error.js';
import type { ReservationFilter, Store } from '../../../src/domain/ports/store.js';
import type { Reservation } from '../../../src/domain/reservation/reservation.js';
import { querySummary } from '../../../src/services/nsi/queries.js';
import type { SiteContext } from '../../../src/services/site-context.js';
import { sampleSite } from '../../support/domain-samples.js';
import { nsiCall, nsiSection } from './nsi-calls.js';

function contextWith(count: number): SiteContext {
  const all = Array.from({ length: count }, (_, index) => ({ updatedAt: new Date(index) }) as Reservation);
  const listReservations = async (
    _filter: ReservationFilter,
    { limit, after = '0' }: { limit: number; after?: string },
  ) => {
    const from = Number(after);
    const next = from + limit < count ? { next: String(from + limit) } : {};
    return { reservations: all.slice(from, from + limit), ...next };
  };
  const store = { listReservations } as Pick<Store, 'listReservations'> as Store;
  return { site: sampleSite({ nsi: nsiSection }), store } as SiteContext;
}

describe('querySummary', () => {
  it('answers with all there are, and when the newest changed', async () => {
    const { reservations, lastModified } = await querySummary(contextWith(10_000), nsiCall(), {});
    assert.deepEqual([reservations.length, lastModified], [10_000, new Date(9_999)]);
  });

  it('refuses more than fit into one answer, and says how to ask for less', async () => {
    await assert.rejects(
      querySummary(contextWith(20_000), nsiCall(), {}),
      (error: IrisError) => error.kind.id === '00600' && /ifModifiedSince/.test(error.message),
    );
  });
});
