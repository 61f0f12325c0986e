import assert from 'node:assert/strict';
import { IrisError } from '../../../src/domain/errors/iris-error.js';
import type { ExternalPortSpec } from '../../../src/domain/vi/criteria.js';
import { checkExternalPortMtus } from '../../../src/domain/vi/external-port-mtu.js';
import { sampleCriteria, sampleSite } from '../../support/domain-samples.js';

describe('MTU of external ports', () => {
  const check = (port: Partial<ExternalPortSpec>, segmentMtu: number) => () =>
    checkExternalPortMtus(
      sampleCriteria({ externalPorts: [{ name: 'lan3', vlans: [0], ...port }] }),
      sampleSite(),
      segmentMtu,
    );

  it('may be the segment’s or less', () => {
    check({}, 1500)();
    check({ hostsUseSegmentMtu: false }, 1501)();
  });

  it('may be larger only where the hosts are said to use the segment’s', () => {
    for (const port of [{}, { hostsUseSegmentMtu: false }])
      assert.throws(check(port, 1499), (error) => {
        assert.ok(error instanceof IrisError);
        assert.equal(error.kind.id, '00700');
        assert.deepEqual({ ...error.variables }, { externalPort: 'lan3', mtu: '1500', segmentMtu: '1499' });
        return true;
      });
    check({ hostsUseSegmentMtu: true }, 1499)();
  });
});
