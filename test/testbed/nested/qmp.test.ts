/** The monitor of a QEMU behind a serial line, where others speak too and QEMU may be replaced by another. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitUntil } from '../../../src/lib/wait-until.js';
import { connectQmp, type Qmp } from '../../../src/testbed/nested/qmp.js';

describe('the monitor of a level-2 VM', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iris-qmp-'));
  const path = join(folder, 'monitor');
  let server: Server;
  let line: Socket;
  let monitor: Qmp;
  let isThere = true;

  const answers: Record<string, object> = {
    qmp_capabilities: { return: {} },
    'query-status': { return: { status: 'running' } },
    cont: { error: { class: 'GenericError', desc: 'not now' } },
  };

  before(async () => {
    server = createServer((socket) => {
      line = socket;
      socket.write('login: {"half an');
      createInterface({ input: socket }).on('line', (text) => {
        const { execute, id } = JSON.parse(text);
        if (isThere) socket.write(`\r\n${JSON.stringify({ ...answers[execute], id })}\r\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    monitor = await connectQmp(path);
  });
  after(() => {
    monitor?.close();
    line?.destroy();
    server?.close();
    rmSync(folder, { recursive: true });
  });

  it('answers, and says what it refuses', async () => {
    await monitor.greet();
    assert.deepEqual(await monitor.execute('query-status'), { status: 'running' });
    await assert.rejects(monitor.execute('cont'), /^Error: cont: not now$/);
  });

  it('is asked until there is one', async () => {
    isThere = false;
    const greeted = monitor.greet();
    setTimeout(() => {
      isThere = true;
    }, 1_200);
    await greeted;
    assert.ok(isThere);
  });

  it('tells events with the time at which they came', async () => {
    const before = Date.now();
    line.write('{"timestamp": {"seconds": 1}, "event": "STOP"}\r\n');
    const stop = await waitUntil(() => monitor.events.find(({ event }) => event === 'STOP'), {
      ...{ what: 'the event', timeoutMs: 10_000, intervalMs: 10 },
    });
    assert.ok(stop.atMs >= before);
  });
});
