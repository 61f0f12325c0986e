/** The archive that makes a hypervisor of the small guest: whole, in an order in which it can be unpacked, at a place where the kernel looks for it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { runCommand } from '../../../src/lib/run-command.js';
import { ensureGuestImage } from '../../../src/testbed/guest/guest-image.js';
import { ensureNestedImage } from '../../../src/testbed/guest/nested-image.js';

describe('the nested image', function () {
  this.timeout(300_000);

  it('is the small guest’s initramfs and an archive behind it, which cpio unpacks', async () => {
    const [small, nested] = [await ensureGuestImage(), await ensureNestedImage()];
    const [first, both] = [readFileSync(small.initrd), readFileSync(nested.initrd)];
    assert.deepEqual(both.subarray(0, first.length), first);
    const behind = (first.length + 3) & ~3;
    assert.equal(both.length % 4, 0);
    const { stdout } = await runCommand('busybox', ['cpio', '-t'], { input: both.subarray(behind) });
    const paths = stdout.trim().split('\n');
    for (const path of ['usr/bin/qemu-system-x86_64', 'usr/share/qemu/bios-256k.bin', 'nested/serve', 'nested/vmlinuz'])
      assert.ok(paths.includes(path), path);
    assert.ok(
      paths.some((path) => path.includes('ld-linux')),
      'no loader',
    );
    const order = paths.filter((path) => path.endsWith('.ko')).map((path) => path.replace(/.*\//, ''));
    assert.ok(order.includes('tun.ko') && order.indexOf('llc.ko') < order.indexOf('bridge.ko'), `${order}`);
    for (const [index, path] of paths.entries()) {
      const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
      assert.ok(folder === '' || paths.indexOf(folder) < index, path);
    }
  });

  it('is kept under a name that any other content would change', async () => {
    const { initrd } = await ensureNestedImage();
    const digest = createHash('sha256').update(readFileSync(initrd)).digest('hex');
    assert.equal(basename(dirname(initrd)), `nested-${digest.slice(0, 12)}`);
  });
});
