import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toDomainName, toDomainUuid } from '../../../src/drivers/compute/domain-name.js';

const owner = { instance: 'a', connectionId: '3f2a9c1e-77b0-4c1e-9d3e-000000000001' };

describe('domain name', () => {
  it('abbreviates a UUID as people do, and ends with the name of the VM', () => {
    assert.equal(toDomainName(owner, 'web-1'), 'iris-3f2a9c1e-web-1');
    assert.equal(
      toDomainName({ ...owner, connectionId: `urn:uuid:${owner.connectionId}` }, 'web-1'),
      'iris-3f2a9c1e-web-1',
    );
  });

  it('tells UUIDs apart that were made at one time', () => {
    const names = ['9d3e00000001', '9d3e0000002A'].map((last) =>
      toDomainName({ ...owner, connectionId: `017f22e2-79b0-7cc3-98c4-${last}` }, 'vm'),
    );
    assert.deepEqual(names, ['iris-00000001-vm', 'iris-0000002a-vm']);
  });

  it('tells connection ids that are no UUIDs apart', () => {
    const names = ['connection-1', 'connection-2'].map((connectionId) =>
      toDomainName({ ...owner, connectionId }, 'vm'),
    );
    assert.notEqual(names[0], names[1]);
  });

  it('is one that libvirt takes, whatever the VM is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (vmName) => {
        assert.match(toDomainName(owner, vmName), /^iris-3f2a9c1e-[A-Za-z0-9%._~!()-]*$/);
      }),
    );
  });

  it('UUIDs are well formed, stable, and differ when anything differs', () => {
    const variants = [
      toDomainUuid(owner, 'vm1'),
      toDomainUuid(owner, 'vm2'),
      toDomainUuid({ ...owner, instance: 'b' }, 'vm1'),
      toDomainUuid({ ...owner, connectionId: 'c' }, 'vm1'),
    ];
    assert.equal(new Set(variants).size, variants.length);
    for (const uuid of variants)
      assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(toDomainUuid(owner, 'vm1'), variants[0]);
  });
});
