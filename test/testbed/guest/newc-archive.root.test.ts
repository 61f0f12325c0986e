/** What we pack, busybox unpacks. Among the tests as root, which see to it that busybox is there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  directoryMode,
  fileMode,
  linkMode,
  programMode,
  toNewcArchive,
} from '../../../src/testbed/guest/newc-archive.js';

function unpack(archive: Buffer, folder: string): void {
  execFileSync('busybox', ['cpio', '-i'], { cwd: folder, input: archive, stdio: ['pipe', 'pipe', 'pipe'] });
}

describe('a newc archive', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'iris-newc-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives back folders, files of any length, programs and links', () => {
    const lengths = [0, 1, 2, 3, 4, 5, 4095];
    const entries = [
      { path: 'bin', mode: directoryMode },
      { path: 'bin/tool', mode: programMode, content: Buffer.from('#!/bin/sh\n') },
      { path: 'bin/link', mode: linkMode, content: Buffer.from('tool') },
      ...lengths.map((length) => ({ path: `f${length}`, mode: fileMode, content: Buffer.alloc(length, length) })),
    ];
    unpack(toNewcArchive(entries), folder);
    assert.equal(statSync(join(folder, 'bin/tool')).mode & 0o777, 0o755);
    assert.equal(readlinkSync(join(folder, 'bin/link')), 'tool');
    for (const length of lengths)
      assert.deepEqual(readFileSync(join(folder, `f${length}`)), Buffer.alloc(length, length));
  });

  it('is aligned to four bytes after every entry, whatever the name and the content', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,40}$/), fc.uint8Array({ maxLength: 100 }), (path, content) => {
        const archive = toNewcArchive([{ path, mode: fileMode, content: Buffer.from(content) }]);
        assert.equal(archive.length % 4, 0);
        assert.ok(archive.subarray(-124).includes('TRAILER!!!'));
      }),
    );
  });
});
