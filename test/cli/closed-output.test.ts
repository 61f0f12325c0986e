import assert from 'node:assert/strict';
import { packageFile } from '../../src/lib/package-root.js';
import { runCommand } from '../../src/lib/run-command.js';

describe('iris, when nobody reads its output any more', () => {
  it('ends without a stack trace', async () => {
    const pipeline = `"${process.execPath}" "${packageFile('bin', 'iris')}" --help | true`;
    assert.equal((await runCommand('sh', ['-c', pipeline])).stderr, '');
  });
});
