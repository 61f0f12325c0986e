/** One connection to a database server, over TLS or not: requests with deadlines, echo both ways, and one end of life told once. */
import { X509Certificate } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { complainAboutName } from '../../../lib/certificate-name.js';
import { describeTlsError } from '../../../lib/tls-error.js';
import { oldestTls } from '../../../lib/tls-server.js';
import { createJsonFramer } from '../../../wire/ovsdb/json-framing.js';
import { type RpcId, type RpcMessage, toRpcMessage } from '../../../wire/ovsdb/messages.js';
import type { PeerTrust } from './node-trust.js';
import type { OvsdbEndpoint } from './ovsdb-endpoint.js';

const messageLimitBytes = 64 << 20;
const echoEveryMs = 5_000;

/** The server answered with an error of JSON-RPC, not of an operation. */
export class OvsdbRpcError extends Error {
  override name = 'OvsdbRpcError';
}

/** The connection ended, or an answer did not come in time: whether the request was served is not known. */
export class OvsdbLost extends Error {
  override name = 'OvsdbLost';
}

export interface OvsdbConnection {
  request(method: string, params: unknown[], timeoutMs: number): Promise<unknown>;
  close(): void;
}

export interface ConnectionEvents {
  up(): void;
  notification(method: string, params: unknown[]): void;
  /** Exactly once, whatever ended it. */
  down(reason: string): void;
}

interface Outstanding {
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** Open vSwitch's certificates name no host: the server is who its certificate's name says, wherever it listens. */
function connectSecurely(address: OvsdbEndpoint['address'], { material, name }: PeerTrust): Socket {
  return connectTls({
    ...address,
    ...material(),
    ...oldestTls,
    checkServerIdentity(_host, certificate) {
      const complaint = complainAboutName(new X509Certificate(certificate.raw), name);
      return complaint === undefined ? undefined : new Error(complaint);
    },
  });
}

/** Without `trust` nothing is reached by `ssl:`. Throws Error where TLS is to be spoken and our own files cannot be used. */
export function connectOvsdb(
  { address, ssl }: OvsdbEndpoint,
  events: ConnectionEvents,
  trust?: PeerTrust,
): OvsdbConnection {
  if (ssl && trust === undefined)
    throw new Error('the site file has no `ssl`: private key, certificate, CA certificate');
  const socket = ssl ? connectSecurely(address, trust!) : connect(address);
  const framer = createJsonFramer(messageLimitBytes);
  const outstanding = new Map<RpcId, Outstanding>();
  let nextId = 0;
  let ended = false;

  const send = (message: object): void => {
    socket.write(JSON.stringify(message));
  };

  function end(reason: string): void {
    if (ended) return;
    ended = true;
    clearInterval(echo);
    socket.destroy();
    for (const [, { reject, timer }] of outstanding) {
      clearTimeout(timer);
      reject(new OvsdbLost(reason));
    }
    outstanding.clear();
    events.down(reason);
  }

  function request(method: string, params: unknown[], timeoutMs: number): Promise<unknown> {
    if (ended) return Promise.reject(new OvsdbLost('the database connection is closed'));
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        outstanding.delete(id);
        reject(new OvsdbLost(`no answer to ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      outstanding.set(id, { resolve, reject, timer });
      send({ method, params, id });
    });
  }

  function handleReply({ id, result, error }: Extract<RpcMessage, { kind: 'reply' }>): void {
    const waiting = outstanding.get(id);
    if (waiting === undefined) return;
    outstanding.delete(id);
    clearTimeout(waiting.timer);
    if (error === null) waiting.resolve(result);
    else waiting.reject(new OvsdbRpcError(JSON.stringify(error)));
  }

  function handle(message: RpcMessage): void {
    if (message.kind === 'reply') handleReply(message);
    else if (message.kind === 'notification') events.notification(message.method, message.params);
    else if (message.method === 'echo') send({ id: message.id, result: message.params, error: null });
    else send({ id: message.id, result: null, error: { error: 'unknown method' } });
  }

  const echo = setInterval(() => {
    request('echo', [], echoEveryMs).catch((error: Error) => end(error.message));
  }, echoEveryMs);
  echo.unref();

  socket.on(ssl ? 'secureConnect' : 'connect', () => events.up());
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const object of framer.push(chunk)) handle(toRpcMessage(object));
    } catch (error) {
      end((error as Error).message);
    }
  });
  socket.on('error', (error) => end(ssl ? describeTlsError(error) : error.message));
  socket.on('close', () => end('the database server closed the connection'));

  return { request, close: () => end('closed by us') };
}
