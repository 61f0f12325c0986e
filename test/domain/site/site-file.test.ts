import assert from 'node:assert/strict';
import { siteFileSchema } from '../../../src/domain/site/site-file.js';
import { sampleSite } from '../../support/domain-samples.js';

describe('site file', () => {
  const problemsWith = (controller: string, listen: object = {}): [string, string][] => {
    const { nodes, ...site } = sampleSite();
    const [first, ...others] = nodes;
    const changed = { ...first!, network: { ...first!.network, controller } };
    const result = siteFileSchema.safeParse({ ...site, listen, nodes: [changed, ...others] });
    return result.success ? [] : result.error.issues.map(({ path, message }) => [path.join('.'), message]);
  };

  it('lets switches come by a socket or over loopback, and from elsewhere only if that is said to be insecure', () => {
    for (const controller of ['unix:/run/ovs/iris.ctl', 'tcp:127.0.0.1:6653', 'tcp:[::1]:6653'])
      assert.deepEqual(problemsWith(controller), []);
    for (const controller of ['tcp:0.0.0.0:6653', 'tcp:10.0.0.254:6653', 'tcp:[fd00::1]:6653']) {
      const [[path, message] = ['', ''], ...others] = problemsWith(controller);
      assert.equal(path, 'nodes.0.network.controller');
      assert.match(message, /loopback.*listen\.insecureOpenFlow/);
      assert.deepEqual(others, []);
      assert.deepEqual(problemsWith(controller, { insecureOpenFlow: true }), []);
    }
  });

  it('refuses a requester that shows a certificate and needs none', () => {
    const nsaId = 'urn:ogf:network:aggregator.example:2020:nsa';
    const requester = { nsaId, tenant: 'alpha', certificate: 'CN=aggregator', withoutCredential: true };
    const nsi = { nsaId, networkId: 'urn:ogf:network:osaka.example:2026:iris', requesters: [requester] };
    const result = siteFileSchema.safeParse({ ...sampleSite(), nsi });
    assert.deepEqual(
      result.error?.issues.map(({ path }) => path.join('.')),
      ['nsi.requesters.0.withoutCredential'],
    );
  });

  it('lets a LAN have all machines that a segment may have, unless it says otherwise', () => {
    const perLan = (registry?: object) => siteFileSchema.parse({ ...sampleSite(), registry }).registry.macsPerLan;
    assert.equal(perLan(), 4096);
    assert.equal(perLan({ macsPerSegment: 10_000 }), 10_000);
    assert.equal(perLan({ macsPerSegment: 10_000, macsPerLan: 100 }), 100);
  });

  it('refuses a channel that there is not, before anything is started', () => {
    assert.deepEqual(problemsWith('pssl:6653'), [
      ['nodes.0.network.controller', 'unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT'],
    ]);
  });

  const ssl = { privateKey: 'iris.key', certificate: 'iris.pem', caCert: 'switchca.pem' };
  const withNetwork = (...networks: object[]) => {
    const { nodes, ...site } = sampleSite();
    return {
      ...site,
      nodes: nodes.map((node, index) => ({ ...node, network: { ...node.network, ...networks[index] } })),
    };
  };
  const problemsOf = (site: object): string[] => {
    const result = siteFileSchema.safeParse(site);
    return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  };

  it('takes a database or a controller over TLS, not only on loopback, where the site has a certificate of its own', () => {
    const secure = withNetwork(
      { ovsdb: 'ssl:n1.example:6640' },
      { ovsdb: 'ssl:[fd00::1]:6640', controller: 'ssl:10.0.0.254:6653', certificateName: 'n2' },
    );
    assert.deepEqual(problemsOf({ ...secure, ssl }), []);
    assert.deepEqual(
      problemsOf(secure).map((problem) => problem.replace(/ needs `ssl` .*/, ' needs')),
      [
        "nodes.0.network.ovsdb: 'ssl:n1.example:6640' needs",
        "nodes.1.network.ovsdb: 'ssl:[fd00::1]:6640' needs",
        "nodes.1.network.controller: 'ssl:10.0.0.254:6653' needs",
      ],
    );
    assert.deepEqual(problemsOf({ ...withNetwork({ ovsdb: 'ssl:6640' }), ssl }), [
      'nodes.0.network.ovsdb: unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT',
    ]);
  });

  it('asks a node for its database by a socket or over loopback, and elsewhere without TLS only if that is said to be insecure', () => {
    for (const ovsdb of ['unix:/run/ovs/db.sock', 'tcp:127.0.0.1:6640', 'tcp:[::1]:6640'])
      assert.deepEqual(problemsOf(withNetwork({ ovsdb })), []);
    for (const ovsdb of ['tcp:10.0.0.1:6640', 'tcp:n1.example:6640', 'tcp:[fd00::1]:6640']) {
      const [problem = '', ...others] = problemsOf(withNetwork({ ovsdb }));
      assert.match(problem, /^nodes\.0\.network\.ovsdb: .*loopback.*insecureOvsdb/);
      assert.deepEqual(others, []);
      assert.deepEqual(problemsOf({ ...withNetwork({ ovsdb }), insecureOvsdb: true }), []);
    }
  });

  it('lets no two nodes have one name over TLS', () => {
    const [first] = sampleSite().nodes;
    const doubled = withNetwork(
      { ovsdb: 'ssl:10.0.0.1:6640' },
      { ovsdb: 'ssl:10.0.0.2:6640', certificateName: first!.network.datapathId.toUpperCase() },
    );
    assert.deepEqual(problemsOf({ ...doubled, ssl }), [
      `nodes.1.network.certificateName: the certificate of node '${first!.name}' bears the name '${first!.network.datapathId}', too`,
    ]);
  });
});
