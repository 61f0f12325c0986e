/** Clients that take their time take nobody else's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import net from 'node:net';
import { Overload } from '../../src/domain/errors/overload.js';
import { commit, envelope, post } from './support/post.js';
import { type RunningService, startService } from './support/running-service.js';

describe('clients that are slow', () => {
  let running: RunningService;
  const sockets: net.Socket[] = [];
  beforeEach(async () => {
    running = await startService({ limits: { maxInside: 1, bodyTimeoutMs: 60_000 } });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await running.service.stop();
  });

  it('hold no place while their message comes, and are answered when it has come', async () => {
    const messages = Array.from({ length: 20 }, () => envelope(commit));
    const slow: ClientRequest[] = [];
    const answers = messages.map((message) =>
      post(running.url, message, {
        headers: { 'Content-Length': Buffer.byteLength(message) },
        write: (request) => {
          slow.push(request);
          request.write(message.slice(0, 100));
        },
      }),
    );
    assert.equal((await post(running.url, envelope(commit))).status, 200, 'there is one place, and it is free');
    for (const [index, request] of slow.entries()) {
      request.end(messages[index]!.slice(100));
      assert.equal((await answers[index]!).status, 200);
    }
  });

  it('or silent cost nothing', async () => {
    const { hostname, port } = new URL(running.url);
    for (let count = 0; count < 200; count += 1) sockets.push(net.connect(Number(port), hostname));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    assert.equal((await post(running.url, envelope(commit))).status, 200);
  });

  it('are told, as all are, when what they ask for cannot be had in time', async () => {
    running.provider.before = async () => {
      throw new Overload('the request could not be served in time; try again shortly');
    };
    const { fault, headers } = await post(running.url, envelope(commit));
    assert.deepEqual([fault?.faultCode, fault?.errorId, headers['retry-after']], ['soap:Server', '00600', '1']);
  });
});
