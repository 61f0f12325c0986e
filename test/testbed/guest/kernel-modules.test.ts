/** The order in which modules can be loaded, from what each says that it needs. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleDependencies, orderModules } from '../../../src/testbed/guest/kernel-modules.js';

const moduleWith = (depends: string): Buffer =>
  Buffer.from(`\x7fELF\0license=GPL\0depends=${depends}\0name=any\0`, 'latin1');

describe('kernel modules', () => {
  it('name what they need', () => {
    assert.deepEqual(moduleDependencies(moduleWith('mrp,garp')), ['mrp', 'garp']);
    assert.deepEqual(moduleDependencies(moduleWith('')), []);
    assert.deepEqual(moduleDependencies(Buffer.from('\x7fELF, built without .modinfo')), []);
  });

  it('come after what they need, once, and what is built in is passed over', () => {
    const folder = mkdtempSync(join(tmpdir(), 'iris-modules-'));
    try {
      const needs = { kvm: 'irqbypass', 'kvm-amd': 'kvm,ccp', irqbypass: '', virtio_net: 'net_failover', unwanted: '' };
      const files = Object.entries(needs).map(([name, depends]) => {
        const file = join(folder, `${name}.ko`);
        writeFileSync(file, moduleWith(depends));
        return file;
      });
      const names = orderModules(['kvm_amd', 'kvm', 'virtio-net', 'ext4'], files).map(({ name }) => name);
      assert.deepEqual(names, ['irqbypass', 'kvm', 'kvm-amd', 'virtio_net']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
