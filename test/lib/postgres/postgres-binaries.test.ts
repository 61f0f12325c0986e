/** The links that the package's install script would have made: npm may not have run it. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureLinks } from '../../../src/lib/postgres/postgres-binaries.js';

describe('the binaries of embedded PostgreSQL', () => {
  it('get the links between their libraries that are missing, and keep those that are there', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'iris-test-links-'));
    try {
      const root = join(parent, 'native');
      await mkdir(join(root, 'lib'), { recursive: true });
      await writeFile(join(root, 'lib', 'libx.so.1.2'), 'library');
      const links = ['native/lib/libx.so', 'native/lib/libx.so.1'].map((target) => ({
        source: 'native/lib/libx.so.1.2',
        target,
      }));
      await writeFile(join(root, 'pg-symlinks.json'), JSON.stringify(links));
      await Promise.all([ensureLinks(root), ensureLinks(root)]);
      await ensureLinks(root);
      assert.equal(await readFile(join(root, 'lib', 'libx.so'), 'utf8'), 'library');
      assert.equal(await readlink(join(root, 'lib', 'libx.so.1')), 'libx.so.1.2');
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  });
});
