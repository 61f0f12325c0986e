/** What pg says of sessions that cannot be had in time, from pg itself: it has no codes for it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { Overload } from '../../src/domain/errors/overload.js';
import { toOverload } from '../../src/store/database-errors.js';

describe('a session that cannot be had in time', () => {
  it('is an overload, where a new one is not made by a server that is too busy', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'nobody', max: 1, connectionTimeoutMillis: 50 });
    try {
      const error = await pool.connect().then(
        () => assert.fail('nobody answers'),
        (reason: unknown) => reason,
      );
      assert.ok(toOverload(error) instanceof Overload, String(error));
    } finally {
      await pool.end();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});
