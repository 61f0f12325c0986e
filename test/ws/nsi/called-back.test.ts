import assert from 'node:assert/strict';
import type { WireOf } from '../../../src/wire/nsi/connection-types.js';
import { createCallbackWriter } from '../../../src/ws/nsi/callback-writer.js';
import { eventually } from '../../support/eventually.js';
import { aggregator, newId, ourNsa } from './nsi-messages.js';
import { reserveOf, vi } from './nsi-requests.js';
import { type NsiService, type Said, startNsi } from './nsi-service.js';
import { type Requester, startRequester } from './requester.js';

describe('nsi: a requester that is called back', () => {
  let nsi: NsiService;
  let requester: Requester;
  before(async () => {
    nsi = await startNsi();
    await nsi.startEngine({ callbackWriter: createCallbackWriter(ourNsa) });
    requester = await startRequester();
  });
  after(async () => {
    await nsi.close();
    await requester.close();
  });

  const kinds = (): string[] => requester.told.map(({ element }) => element);
  const heard = (element: string) =>
    eventually(`the requester hears ${element}`, async () => requester.told.find((told) => told.element === element));
  const asking = (): Said & { correlationId: string } => ({ replyTo: requester.replyTo, correlationId: newId() });

  it('hears every outcome under the id of its request, and what happens meanwhile, in order', async () => {
    const ids: Record<string, string> = {};
    const tell = async (outcome: string, send: (said: Said) => Promise<unknown>) => {
      const said = asking();
      ids[outcome] = said.correlationId;
      const answer = await send(said);
      await heard(outcome);
      return answer;
    };
    const wanted = reserveOf([
      vi({ vms: [{ name: 'vm', cpus: 1, memoryMiB: 256, diskGiB: 1, image: 'small', nics: [{}] }] }),
    ]);
    const request = (await tell('reserveConfirmed', (said) =>
      nsi.ask('reserve', wanted, said),
    )) as WireOf<'reserveResponse'>;
    await tell('reserveCommitConfirmed', (said) => nsi.ask('reserveCommit', request, said));
    await tell('provisionConfirmed', (said) => nsi.ask('provision', request, said));
    await tell('releaseConfirmed', (said) => nsi.ask('release', request, said));
    await tell('terminateConfirmed', (said) => nsi.ask('terminate', request, said));
    assert.deepEqual(
      kinds().filter((kind) => kind !== 'dataPlaneStateChange'),
      Object.keys(ids),
    );
    assert.equal(kinds().filter((kind) => kind === 'dataPlaneStateChange').length, 2);
    for (const { element, header, soapAction } of requester.told) {
      if (ids[element] !== undefined) assert.equal(header?.correlationId, ids[element]);
      assert.equal(header?.requesterNsa, aggregator);
      assert.equal(header?.providerNsa, ourNsa);
      assert.equal(soapAction, `"http://schemas.ogf.org/nsi/2013/12/connection/service/${element}"`);
    }
    const { results } = await nsi.ask('queryResultSync', request);
    assert.deepEqual(
      results.map(({ outcome, correlationId }) => [outcome.element, correlationId]),
      Object.entries(ids),
    );
  });

  it('gets the answers to its queries that way, too', async () => {
    const none = { connectionIds: [], globalReservationIds: [] };
    const said = asking();
    await nsi.ask('querySummary', none, said);
    const summary = await heard('querySummaryConfirmed');
    assert.equal(summary.header?.correlationId, said.correlationId);
    const { reservations } = summary.body as WireOf<'querySummaryConfirmed'>;
    assert.equal(reservations.length, 1);
    const { connectionId } = reservations[0]!;
    await nsi.ask('queryRecursive', none, asking());
    await heard('queryRecursiveConfirmed');
    await nsi.ask('queryNotification', { connectionId }, asking());
    const { notifications } = (await heard('queryNotificationConfirmed')).body as WireOf<'queryNotificationConfirmed'>;
    assert.equal(notifications.length, 2);
    await nsi.ask('queryResult', { connectionId }, asking());
    const { results } = (await heard('queryResultConfirmed')).body as WireOf<'queryResultConfirmed'>;
    assert.equal(results.length, 5);
  });
});
