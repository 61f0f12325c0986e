/** NSI requests to a site under test. */
import type { NsiContext, NsiReserveRequest } from '../../../src/domain/ports/nsi-provider.js';
import type { Requester } from '../../../src/domain/reservation/reservation.js';
import type { Criteria } from '../../../src/domain/vi/criteria.js';
import { sampleCriteria } from '../../support/domain-samples.js';
import { call } from '../site-under-test.js';

export const requesterNSA = 'urn:ogf:network:aggregator.example:2020:nsa';

/** Of the site file. */
export const nsiSection = {
  nsaId: 'urn:ogf:network:osaka.example.net:2026:nsa',
  networkId: 'urn:ogf:network:osaka.example.net:2026:iris',
};

export const nsiCall = (replyTo?: string, changes: Partial<Requester> = {}): NsiContext => ({
  ...call(changes),
  nsi: { requesterNSA, ...(replyTo === undefined ? {} : { replyTo }) },
});

export const nsiRequest = (
  criteria: Partial<Criteria> = {},
  changes: Partial<NsiReserveRequest> = {},
): NsiReserveRequest => ({
  serviceType: 'http://services.example/VI',
  criteria: sampleCriteria(criteria),
  ...changes,
});
