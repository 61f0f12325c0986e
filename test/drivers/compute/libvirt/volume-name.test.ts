import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromVolumeName, toVolumeName } from '../../../../src/drivers/compute/libvirt/volume-name.js';

describe('volume name', () => {
  it('bears connection id and VM name', () => {
    assert.equal(toVolumeName({ connectionId: '3f2a-77', vmName: 'web-1' }, 'disk'), '3f2a-77_web-1.qcow2');
    assert.equal(toVolumeName({ connectionId: 'urn:x', vmName: 'a_b/c' }, 'seed'), 'urn%3Ax_a%5Fb%2Fc.seed.iso');
  });

  it('is a plain file name that reads back as what it was made of', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('disk', 'seed', 'console'),
        (connectionId, vmName, kind) => {
          const name = toVolumeName({ connectionId, vmName }, kind);
          assert.match(name, /^[A-Za-z0-9%._-]+$/);
          assert.deepEqual(fromVolumeName(name), { connectionId, vmName, kind });
        },
      ),
    );
  });

  it('is not seen in names that are not ours', () => {
    for (const name of ['disk.qcow2', 'a_b_c.qcow2', 'a_b.img', 'a_%.qcow2', ''])
      assert.equal(fromVolumeName(name), undefined, name);
  });
});
