/** A daemon that ends without having been told to: what it leaves behind does not keep its process. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from '../../src/cli/exit-codes.js';
import { runIris, writeSiteFile } from '../cli/running-site.js';
import { testDatabase } from '../support/postgres.js';

const names = { site: 'fake', gateway: '198.51.100.1', peer: 'elsewhere', peerGateway: '198.51.100.2' };
/** So long each call on a node hangs, and would keep a process that waits for it. */
const latencyMs = 60_000;

describe('a daemon that ends by itself', function () {
  this.timeout(120_000);

  it('is gone at once, whatever its nodes have not answered', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iris-test-end-'));
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    try {
      const more = `simulation: { latencyMs: ${latencyMs} }\nreservations: { stopSeconds: 1 }\n`;
      const config = await writeSiteFile(folder, { ...names, more });
      const listen = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
      const log = join(folder, 'iris.log');
      const startedMs = performance.now();
      const args = ['serve', '--config', config, '--log', log, '--listen', listen];
      const { code, stderr } = await runIris(args, { DATABASE_URL: await testDatabase() });
      assert.match(stderr, /the address is in use/);
      assert.equal(code, exitCodes.failed);
      assert.ok(performance.now() - startedMs < latencyMs, 'it has waited for a node');
    } finally {
      taken.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
