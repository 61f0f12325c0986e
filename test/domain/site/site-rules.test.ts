/** Each rule of the table refuses one site file that breaks it and no other, at one place, in these words. */
import assert from 'node:assert/strict';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { siteRules } from '../../../src/domain/site/site-rules.js';
import { sampleSite } from '../../support/domain-samples.js';

const [gw, n1, ...others] = sampleSite().nodes;
const nsaId = 'urn:ogf:network:aggregator.example:2020:nsa';
const withRequesters = (...requesters: object[]) => ({
  nsi: { nsaId, networkId: 'urn:ogf:network:osaka.example:2026:iris', requesters },
});
const withFirst = (changes: object) => ({ nodes: [{ ...gw, ...changes }, n1, ...others] });

interface Broken {
  changes: object;
  path: string;
  message: string;
}

const broken: Record<string, Broken> = {
  namesAreUnique: {
    changes: { tenants: [{ name: 'alpha' }, { name: 'beta' }, { name: 'alpha' }] },
    path: 'tenants.2.name',
    message: "'alpha' is named twice",
  },
  nodesHaveSomethingLeft: {
    changes: { nodes: [gw, { ...n1, compute: { ...n1!.compute, reserve: { cpus: 8 } } }, ...others] },
    path: 'nodes.1.compute.reserve.cpus',
    message: 'leaves nothing of 8 for VMs',
  },
  openflowIsSafe: {
    changes: withFirst({ network: { ...gw!.network, controller: 'tcp:10.0.0.254:6653' } }),
    path: 'nodes.0.network.controller',
    message:
      "'tcp:10.0.0.254:6653' is not on loopback and OpenFlow is spoken without TLS: take unix:PATH, or ssl:HOST:PORT (see ssl), or say listen.insecureOpenFlow: true",
  },
  ovsdbIsSafe: {
    changes: withFirst({ network: { ...gw!.network, ovsdb: 'tcp:10.0.0.1:6640' } }),
    path: 'nodes.0.network.ovsdb',
    message:
      "'tcp:10.0.0.1:6640' is not on loopback and OVSDB is spoken without TLS: take unix:PATH, or ssl:HOST:PORT (see ssl), or say insecureOvsdb: true",
  },
  sslIsCertified: {
    changes: withFirst({ network: { ...gw!.network, ovsdb: 'ssl:gw.example:6640' } }),
    path: 'nodes.0.network.ovsdb',
    message: "'ssl:gw.example:6640' needs `ssl` at the top of the file: privateKey, certificate, caCert",
  },
  externalPortsAreAtGateways: {
    changes: { externalPorts: [{ name: 'lan1', node: 'n1', interface: 'lan1', vlans: [0] }] },
    path: 'externalPorts.0.node',
    message: "'n1' is not a node with a gateway",
  },
  credentialsAreTenants: {
    changes: { users: [{ name: 'ann', password: 'secret', tenant: 'gamma' }] },
    path: 'users.0.tenant',
    message: "'gamma' is not among the tenants",
  },
  requestersAreUnique: {
    changes: withRequesters({ nsaId, tenant: 'alpha' }, { nsaId, tenant: 'beta' }),
    path: 'nsi.requesters.1.nsaId',
    message: `'${nsaId}' is named twice`,
  },
  requestersAreTenants: {
    changes: withRequesters({ nsaId, tenant: 'gamma' }),
    path: 'nsi.requesters.0.tenant',
    message: "'gamma' is not among the tenants",
  },
  requestersAreKnownOneWay: {
    changes: withRequesters({ nsaId, tenant: 'alpha', certificate: 'CN=aggregator', withoutCredential: true }),
    path: 'nsi.requesters.0.withoutCredential',
    message: 'a requester that shows a certificate is not taken at its word',
  },
  segmentKeysAreARange: {
    changes: { segments: { keyFrom: 2000, keyTo: 1999 } },
    path: 'segments.keyTo',
    message: 'is below keyFrom',
  },
};

describe('rules of the site file', () => {
  it('have a sample each', () => {
    assert.deepEqual(Object.keys(broken), Object.keys(siteRules));
    assert.equal(siteFileSchema.safeParse(sampleSite()).success, true);
  });

  for (const [rule, { changes, path, message }] of Object.entries(broken))
    it(`${rule}: ${path} ${message.slice(0, 60)}`, () => {
      const { error } = siteFileSchema.safeParse({ ...sampleSite(), ...changes });
      assert.deepEqual(
        error?.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
        [{ path, message }],
      );
    });

  it('want a tenant of a credential that acts for one, and of no other', () => {
    const problemsWith = (user: object) =>
      siteFileSchema
        .safeParse({ ...sampleSite(), users: [{ name: 'ann', password: 'secret', ...user }] })
        .error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    assert.deepEqual(problemsWith({}), ['users.0.tenant: a credential of role tenant needs a tenant']);
    assert.equal(problemsWith({ role: 'operator' }), undefined);
  });
});
