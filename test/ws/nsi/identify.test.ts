import assert from 'node:assert/strict';
import type { Requester } from '../../../src/domain/reservation/reservation.js';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { identify } from '../../../src/ws/nsi/identify.js';
import type { Credential } from '../../../src/ws/security/authenticate.js';
import { sampleSite } from '../../support/domain-samples.js';

const own = 'urn:ogf:network:own.example:2020:nsa';
const open = 'urn:ogf:network:open.example:2020:nsa';
const trusted = 'urn:ogf:network:trusted.example:2020:nsa';
const nobody = 'urn:ogf:network:nobody.example:2020:nsa';

const { nsi } = siteFileSchema.parse({
  ...sampleSite(),
  nsi: {
    nsaId: 'urn:ogf:network:osaka.example:2026:nsa',
    networkId: 'urn:ogf:network:osaka.example:2026:iris',
    requesters: [
      { nsaId: own, tenant: 'alpha', certificate: 'CN=own, O=Example' },
      { nsaId: open, tenant: 'alpha' },
      { nsaId: trusted, tenant: 'beta', withoutCredential: true },
    ],
  },
});

const alice: Requester = { subject: 'alice', tenant: 'alpha', role: 'tenant' };
const bob: Requester = { subject: 'bob', tenant: 'beta', role: 'tenant' };
const root: Requester = { subject: 'root', role: 'operator' };
const user = (requester: Requester): Credential => ({ kind: 'user', requester });
const shown = (subject: string, requester?: Requester): Credential => ({ kind: 'certificate', subject, requester });

/** Who is taken for whom: the requester, or the error's id. */
const cases: [what: string, credential: Credential | undefined, nsa: string, isPrivate: boolean, expected: string][] = [
  ['the certificate of the site file', shown('CN=own,O=Example'), own, true, 'CN=own,O=Example of alpha'],
  ["another requester's certificate", shown('CN=own,O=Example'), open, true, '00302'],
  ['a certificate of the tenant, where none is named', shown('CN=a', alice), open, true, 'CN=a of alpha'],
  ['a certificate of another tenant', shown('CN=b', bob), open, true, '00302'],
  ['a certificate of the tenant, where another is named', shown('CN=a', alice), own, true, '00302'],
  ['a certificate that nobody knows', shown('CN=x'), open, true, '00301'],
  ['a certificate that nobody knows, for an NSA that nobody knows', shown('CN=x'), nobody, true, '00301'],
  ['a token of the tenant, where no certificate is named', user(alice), open, true, 'alice of alpha'],
  ['a token of another tenant', user(bob), open, true, '00302'],
  ['a token, where a certificate is named', user(alice), own, true, '00301'],
  ['an NSA that nobody knows', user(alice), nobody, true, '00302'],
  ['an operator, who then is no more than the NSA', user(root), open, true, 'root of alpha'],
  ['no credential', undefined, open, true, '00301'],
  ['no credential, and an NSA that nobody knows', undefined, nobody, true, '00301'],
  ['no credential, where none is asked for', undefined, trusted, true, `${trusted} of beta`],
  ['no credential where none is asked for, but others can listen', undefined, trusted, false, '00301'],
  ['a token of another tenant, where none is asked for', user(alice), trusted, true, '00302'],
];

describe('nsi: who asks', () => {
  for (const [what, credential, nsa, isPrivate, expected] of cases)
    it(`${what}: ${expected}`, () => {
      let outcome: string;
      try {
        const { subject, tenant, role } = identify(nsi!, credential, nsa, isPrivate);
        assert.equal(role, 'tenant');
        outcome = `${subject} of ${tenant}`;
      } catch (error) {
        outcome = (error as { kind: { id: string } }).kind.id;
      }
      assert.equal(outcome, expected);
    });
});
