/** `npm run demo`, stopped by Ctrl-C half way: says so, ends with an error, and has cleaned up. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runsDirectory } from '../../src/testbed/run-directory.js';
import { leftoversOf } from '../testbed/support/leftovers.js';

const demoProgram = fileURLToPath(new URL('../../src/testbed/demo/main.js', import.meta.url));

describe('the demo, interrupted', function () {
  this.timeout(400_000);

  it('ends what it began', async () => {
    const demo = spawn(process.execPath, [demoProgram], { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(demo, 'close') as Promise<[number | null]>;
    const lines: string[] = [];
    for await (const line of createInterface({ input: demo.stdout })) {
      lines.push(line);
      // The second step is done: switches and libvirts run, and the third is under way.
      if (line.includes('there before Iris')) demo.kill('SIGINT');
    }
    const [exitCode] = await closed;
    const output = lines.join('\n');
    assert.equal(exitCode, 1, output);
    assert.match(output, /was stopped by SIGINT/);
    const id = /namespace iris-([0-9a-f]{4})-/.exec(output)?.[1];
    assert.ok(id !== undefined, output);
    assert.deepEqual(await leftoversOf({ id, directory: join(runsDirectory, id) }), []);
  });
});
