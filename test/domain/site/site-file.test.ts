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

  it('refuses a channel that there is not, before anything is started', () => {
    assert.deepEqual(problemsWith('ssl:127.0.0.1:6653'), [
      ['nodes.0.network.controller', 'unix:PATH or tcp:HOST:PORT'],
    ]);
  });
});
